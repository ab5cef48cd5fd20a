//! Binance's live trades, read over a WebSocket that reconnects whenever it ends.

use crate::backoff;
use crate::binance_frame::{Frame, parse};
use crate::config::Config;
use crate::feed::{FeedState, Stopped, Trades};
use crate::history::Backfill;
use futures_util::{SinkExt as _, StreamExt as _};
use markets::{Followed, Markets};
use messages::{Feed, Instrument, Symbol, Trade};
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Display;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// A trade's frame has about 200 bytes.
const FRAME_LEN_MAX: usize = 64 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Binance cuts connections after 24 hours; the poller reconnects shortly before.
const CONNECTION_AGE_MAX: Duration = Duration::from_mins(23 * 60 + 50);

/// An old trade id with a time later than the last trade by more than this (µs) means that the
/// venue has reset its ids; otherwise the trade is a repetition.
const RESTART_GAP_US: u64 = 10_000_000;

/// The maximum number of times that the silence timeout of a symbol doubles: half an hour by
/// default.
const PATIENCE_DOUBLINGS_MAX: u32 = 6;

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
    /// The listed instruments by their names at the venue.
    heard: HashMap<Symbol, Heard>,
    is_started: bool,
    failures: u32,
    malformed: u64,
}

/// The last activity of a symbol.
#[derive(Clone, Copy)]
struct Heard {
    /// The instrument.
    symbol: Symbol,
    /// Id and time (Unix µs) of the last trade.
    last: Option<(u64, u64)>,
    /// The time at which it arrived, or at which the connection was made.
    at: Instant,
    /// The number of reconnects in a row caused by this symbol's silence alone: a symbol that is
    /// not traded must not interrupt the others every half minute.
    doublings: u32,
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
            heard: HashMap::new(),
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
            sleep(backoff::delay(self.failures)).await;
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
        self.listen_to(&listed);
        let streams: Vec<String> = self.heard.keys().map(stream_of).collect();
        let base = self.config.binance_url.trim_end_matches('/');
        let url = format!("{base}/stream?streams={}", streams.join("/"));
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
        for heard in self.heard.values_mut() {
            heard.at = connected;
        }
        loop {
            // Only trades show that the feed works; pings and other frames do not count.
            let silent_at = self.silent_at();
            let message = tokio::select! {
                message = timeout_at(silent_at, socket.next()) => message,
                listed = self.followed.changed() => {
                    self.subscribe(&listed, &mut socket).await?;
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

    /// Takes over a list of instruments. Returns the streams of those that are new, and of those
    /// that have another name at the venue now.
    fn listen_to(&mut self, listed: &Markets) -> (Vec<String>, Vec<String>) {
        let at = Instant::now();
        let mut new = Vec::new();
        for Instrument { symbol, feed_symbol, .. } in listed.all() {
            let heard = self.heard.entry(*feed_symbol);
            if matches!(heard, Entry::Vacant(_)) {
                new.push(stream_of(feed_symbol));
            }
            heard.or_insert(Heard { symbol: *symbol, last: None, at, doublings: 0 });
        }
        let mut gone = Vec::new();
        self.heard.retain(|feed_symbol, heard| {
            let listed = listed.get(heard.symbol);
            let is_current = listed.is_some_and(|listed| listed.feed_symbol == *feed_symbol);
            if !is_current {
                gone.push(stream_of(feed_symbol));
            }
            is_current
        });
        (new, gone)
    }

    /// Subscribes to the trades of new instruments on an open connection.
    async fn subscribe(&mut self, listed: &Markets, socket: &mut Socket) -> Result<(), Ended> {
        let (new, gone) = self.listen_to(listed);
        for (id, (method, streams)) in
            [("SUBSCRIBE", new), ("UNSUBSCRIBE", gone)].iter().enumerate()
        {
            if !streams.is_empty() {
                tracing::info!(streams = streams.join(", "), "{method}");
                let request = json!({ "method": method, "params": streams, "id": id });
                socket.send(Message::text(request.to_string())).await?;
            }
        }
        Ok(())
    }

    /// The time at which the connection is renewed if no trade arrives.
    fn silent_at(&self) -> Instant {
        let silence = self.config.binance_silence();
        let newest = self.heard.values().map(|heard| heard.at).max();
        let silent_at = |heard: &Heard| heard.at + silence * 2_u32.pow(heard.doublings);
        let of_a_symbol = self.heard.values().map(silent_at).min();
        let of_all = newest.map(|at| at + silence);
        of_a_symbol.into_iter().chain(of_all).min().expect("a connection begins with a list")
    }

    /// Names the silent symbols and, unless all are silent, doubles their timeouts on the next
    /// connection.
    fn silence(&mut self) -> Ended {
        let silence = self.config.binance_silence();
        let is_over = |heard: &Heard| heard.at.elapsed() >= silence;
        let all_are_silent = self.heard.values().all(is_over);
        let mut names = Vec::new();
        for heard in self.heard.values_mut().filter(|heard| is_over(heard)) {
            names.push(heard.symbol.to_string());
            if !all_are_silent {
                heard.doublings = (heard.doublings + 1).min(PATIENCE_DOUBLINGS_MAX);
            }
        }
        names.sort_unstable();
        Ended::Silence(names.join(", "), silence)
    }

    /// Forwards a trade unless its id was seen before, perhaps on the previous connection: ids rise
    /// within a symbol.
    fn forward(&mut self, trade: Trade) -> Result<(), Ended> {
        let feed_symbol = trade.symbol;
        let Some(heard) = self.heard.get_mut(&feed_symbol) else {
            self.count_malformed(&format_args!("{feed_symbol} is not subscribed to"));
            return Ok(());
        };
        let trade = Trade { symbol: heard.symbol, ..trade };
        (heard.at, heard.doublings) = (Instant::now(), 0);
        if let Some((_, last_us)) = heard.last.filter(|(last_id, _)| trade.trade_id <= *last_id) {
            if trade.time_us <= last_us.saturating_add(RESTART_GAP_US) {
                metrics::counter!("velox_feed_trades_repeated_total").increment(1);
                return Ok(());
            }
            tracing::warn!(symbol = %trade.symbol, "the venue has reset its trade ids");
            self.trades.restart(trade.symbol)?;
        }
        let is_first = heard.last.replace((trade.trade_id, trade.time_us)).is_none();
        if let Some(history) = self.history.as_mut().filter(|_| is_first) {
            history.begin(trade.symbol, feed_symbol, trade.time_us / 1_000_000);
        }
        self.failures = 0;
        if let Some(first) = self.first_trade.take() {
            // The receiver may have timed out.
            let _ = first.send(());
        }
        Ok(self.trades.offer(trade)?)
    }
}

/// Returns the name of the stream of an instrument's trades.
fn stream_of(feed_symbol: &Symbol) -> String {
    format!("{}@trade", feed_symbol.as_str().to_lowercase())
}
