//! Connections to Binance's streams, each made again whenever it ends.

use crate::binance_frame::{Frame, parse};
use crate::feed::{Stopped, VENUE_BACKOFF, unix_ms};
use crate::subscriptions::{StreamKind, Subscriptions};
use futures_util::{SinkExt as _, StreamExt as _};
use markets::{Followed, Markets};
use messages::Symbol;
use std::fmt::Display;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// A trade's frame has about 200 bytes.
const FRAME_LEN_MAX: usize = 64 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Binance cuts connections after 24 hours; the poller reconnects shortly before.
const CONNECTION_AGE_MAX: Duration = Duration::from_mins(23 * 60 + 50);

/// The interval between requests for streams: Binance cuts a connection that sends more than five
/// frames a second.
const REQUEST_INTERVAL: Duration = Duration::from_millis(300);

/// The first malformed frame is logged, and then one in this many.
const MALFORMED_LOG_INTERVAL: u64 = 1_000;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The receiver of what a connection reads.
pub trait Reader {
    /// Learns that a connection was made.
    async fn connected(&mut self) -> Result<(), Stopped>;

    /// Learns that a connection ended, or that none could be made.
    fn disconnected(&mut self, ended: &Ended);

    /// Learns that an instrument has another name at the venue.
    fn renamed(&mut self, symbol: Symbol) -> Result<(), Stopped>;

    /// Takes a frame.
    fn take(&mut self, frame: Frame, streams: &mut Subscriptions) -> Result<Taken, Stopped>;
}

/// The use of a frame.
pub enum Taken {
    /// A new frame: the connection works.
    New,
    /// A frame that was seen before.
    Repeated,
    /// A frame of a symbol that was not subscribed to.
    Unlisted(Symbol),
    /// A frame of a kind that was not subscribed to.
    Other,
}

/// Reads the streams of one kind until the poller stops.
pub struct Connection<R> {
    url: String,
    silence: Duration,
    followed: Followed,
    subscriptions: Subscriptions,
    reader: R,
    failures: u32,
    malformed: u64,
}

/// The reason a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    #[error("no connection: {0}")]
    Connect(String),
    #[error("{0}")]
    Broken(#[from] tungstenite::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server is about to shut down")]
    ServerShutdown,
    #[error("nothing of {0} for {1:?}")]
    Silence(String, Duration),
    #[error("the connection is nearly 24 hours old")]
    Old,
    #[error("no instrument needs it")]
    Unneeded,
    #[error("the poller is stopping")]
    Stopped,
}

impl From<Stopped> for Ended {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl<R: Reader> Connection<R> {
    pub fn new(
        kind: StreamKind,
        url: &str,
        silence: Duration,
        followed: Followed,
        reader: R,
    ) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            silence,
            followed,
            subscriptions: Subscriptions::new(kind, silence),
            reader,
            failures: 0,
            malformed: 0,
        }
    }

    /// Connects, reads, and connects again, until the poller stops.
    pub async fn run(mut self) {
        loop {
            let ended = self.read_one_connection().await;
            match ended {
                Ended::Stopped => return,
                Ended::Unneeded => continue,
                _ => self.reader.disconnected(&ended),
            }
            sleep(VENUE_BACKOFF.delay(self.failures)).await;
            self.failures += 1;
        }
    }

    async fn read_one_connection(&mut self) -> Ended {
        match self.connect().await {
            Ok(socket) => match self.read(socket).await {
                Err(ended) => ended,
                Ok(never) => match never {},
            },
            Err(ended) => ended,
        }
    }

    async fn connect(&mut self) -> Result<Socket, Ended> {
        let mut listed = self.followed.ready().await;
        self.follow(&listed)?;
        while self.subscriptions.is_empty() {
            listed = self.followed.changed().await;
            self.follow(&listed)?;
        }
        let streams = self.subscriptions.connect();
        let url = format!("{}/stream?streams={streams}", self.url);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(FRAME_LEN_MAX))
            .max_frame_size(Some(FRAME_LEN_MAX));
        let connecting = connect_async_with_config(url, Some(limits), true);
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(Ended::Connect(error.to_string())),
            Err(_) => Err(Ended::Connect(format!("not within {CONNECT_TIMEOUT:?}"))),
        }
    }

    async fn read(&mut self, mut socket: Socket) -> Result<std::convert::Infallible, Ended> {
        self.reader.connected().await?;
        let connected = Instant::now();
        self.subscriptions.connected(connected);
        let mut requests = interval(REQUEST_INTERVAL);
        requests.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Only data shows that the feed works; pings and other frames do not count.
            let silent_at = self.subscriptions.silent_at();
            let message = tokio::select! {
                message = timeout_at(silent_at, socket.next()) => message,
                listed = self.followed.changed() => {
                    self.follow(&listed)?;
                    if self.subscriptions.is_empty() {
                        return Err(Ended::Unneeded);
                    }
                    continue;
                }
                _ = requests.tick(), if self.subscriptions.has_requests() => {
                    self.request(&mut socket).await?;
                    continue;
                }
            };
            let Ok(message) = message else { return Err(self.silence()) };
            match message.ok_or(Ended::Closed)?? {
                Message::Text(text) => self.take(&text)?,
                // The library queues the pong; the flush sends it at once.
                Message::Ping(_) => socket.flush().await?,
                Message::Close(_) => return Err(Ended::Closed),
                Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
            if connected.elapsed() > CONNECTION_AGE_MAX {
                return Err(Ended::Old);
            }
        }
    }

    fn take(&mut self, text: &str) -> Result<(), Ended> {
        let frame = match parse(text, unix_ms()) {
            Ok(Frame::ServerShutdown) => return Err(Ended::ServerShutdown),
            Ok(frame) => frame,
            Err(error) => {
                self.count_malformed(&error);
                return Ok(());
            }
        };
        match self.reader.take(frame, &mut self.subscriptions)? {
            Taken::New => self.failures = 0,
            Taken::Repeated => {
                metrics::counter!("velox_feed_trades_repeated_total").increment(1);
            }
            Taken::Unlisted(symbol) => {
                self.count_malformed(&format_args!("{symbol} is not subscribed to"));
            }
            Taken::Other => {}
        }
        Ok(())
    }

    fn count_malformed(&mut self, error: &dyn Display) {
        metrics::counter!("velox_feed_frames_malformed_total").increment(1);
        if self.malformed.is_multiple_of(MALFORMED_LOG_INTERVAL) {
            tracing::warn!(%error, count = self.malformed + 1, "a frame can't be read");
        }
        self.malformed += 1;
    }

    /// Takes over a list of instruments.
    fn follow(&mut self, listed: &Markets) -> Result<(), Ended> {
        for symbol in self.subscriptions.follow(listed, Instant::now()) {
            self.reader.renamed(symbol)?;
        }
        Ok(())
    }

    /// Sends the next request for streams.
    async fn request(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        if let Some(request) = self.subscriptions.next_request() {
            tracing::info!(request, "streams are requested");
            socket.send(Message::text(request)).await?;
        }
        Ok(())
    }

    fn silence(&mut self) -> Ended {
        Ended::Silence(self.subscriptions.silence(Instant::now()), self.silence)
    }
}
