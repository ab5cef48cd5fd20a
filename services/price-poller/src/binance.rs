//! Binance's live trades, read over a WebSocket that reconnects whenever it ends.

use crate::binance_frame::{Frame, parse};
use crate::config::Config;
use crate::feed::{FeedState, Stopped, Trades, VENUE_BACKOFF};
use crate::history::Backfill;
use crate::subscriptions::{Heard, Subscriptions};
use futures_util::{SinkExt as _, StreamExt as _};
use markets::{Followed, Markets};
use messages::{Feed, Trade};
use std::fmt::Display;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
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

/// Reads trades until the publisher is gone.
pub struct Binance<'a> {
    pub config: &'a Config,
    pub trades: &'a Trades,
    pub state: &'a FeedState,
    /// Notified of the first trade.
    pub first_trade: Option<oneshot::Sender<()>>,
    /// Notified of the first trade of each symbol.
    pub history: Option<Backfill>,
    followed: Followed,
    subscriptions: Subscriptions,
    is_started: bool,
    failures: u32,
    malformed: u64,
}

/// The reason a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("no connection: {0}")]
    Connect(String),
    #[error("{0}")]
    Broken(#[from] tungstenite::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server is about to shut down")]
    ServerShutdown,
    #[error("no trade of {0} for {1:?}")]
    Silence(String, Duration),
    #[error("the connection is nearly 24 hours old")]
    Old,
    #[error("the poller is stopping")]
    Stopped,
}

impl From<Stopped> for Ended {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl<'a> Binance<'a> {
    pub fn new(
        config: &'a Config,
        followed: Followed,
        trades: &'a Trades,
        state: &'a FeedState,
    ) -> Self {
        Self {
            config,
            trades,
            state,
            first_trade: None,
            history: None,
            followed,
            subscriptions: Subscriptions::new(config.binance_silence()),
            is_started: false,
            failures: 0,
            malformed: 0,
        }
    }

    /// Connects, reads, and connects again, until the poller stops.
    pub async fn run(mut self) {
        loop {
            let ended = self.read_one_connection().await;
            if matches!(ended, Ended::Stopped) {
                return;
            }
            self.state.disconnected(&format!("Binance: {ended}"));
            metrics::counter!("velox_feed_reconnects_total").increment(1);
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
        let listed = self.followed.ready().await;
        self.follow(&listed)?;
        let streams = self.subscriptions.connect();
        let base = self.config.binance_url.trim_end_matches('/');
        let url = format!("{base}/stream?streams={streams}");
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
        if !std::mem::replace(&mut self.is_started, true) {
            self.trades.start(Feed::Binance).await?;
        }
        self.state.connected("live trades from Binance");
        let connected = Instant::now();
        self.subscriptions.connected(connected);
        let mut requests = interval(REQUEST_INTERVAL);
        requests.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Only trades show that the feed works; pings and other frames do not count.
            let silent_at = self.subscriptions.silent_at();
            let message = tokio::select! {
                message = timeout_at(silent_at, socket.next()) => message,
                listed = self.followed.changed() => {
                    self.follow(&listed)?;
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
        match parse(text) {
            Ok(Frame::Trade(trade)) => self.forward(trade)?,
            Ok(Frame::ServerShutdown) => return Err(Ended::ServerShutdown),
            Ok(Frame::Other) => {}
            Err(error) => self.count_malformed(&error),
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

    /// Takes over a list of instruments. An instrument with another name at the venue begins a run:
    /// the ids of its trades are others.
    fn follow(&mut self, listed: &Markets) -> Result<(), Ended> {
        for symbol in self.subscriptions.follow(listed, Instant::now()) {
            self.trades.rename(symbol)?;
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
        let silence = self.config.binance_silence();
        Ended::Silence(self.subscriptions.silence(Instant::now()), silence)
    }

    /// Forwards a new trade to the instruments that take their prices from it.
    fn forward(&mut self, trade: Trade) -> Result<(), Ended> {
        let feed_symbol = trade.symbol;
        let (followers, is_reset) = match self.subscriptions.hear(&trade, Instant::now()) {
            Heard::New { followers, is_reset } => (followers, is_reset),
            Heard::Repeated => {
                metrics::counter!("velox_feed_trades_repeated_total").increment(1);
                return Ok(());
            }
            Heard::Unlisted => {
                self.count_malformed(&format_args!("{feed_symbol} is not subscribed to"));
                return Ok(());
            }
        };
        if is_reset {
            tracing::warn!(symbol = %feed_symbol, "the venue has reset its trade ids");
        }
        for (symbol, is_first) in followers {
            if is_reset {
                self.trades.restart(symbol)?;
            }
            if let Some(history) = self.history.as_mut().filter(|_| is_first) {
                history.begin(symbol, feed_symbol, trade.time_us / 1_000_000);
            }
            self.trades.offer(Trade { symbol, ..trade })?;
        }
        self.failures = 0;
        if let Some(first) = self.first_trade.take() {
            // The receiver may have timed out.
            let _ = first.send(());
        }
        Ok(())
    }
}
