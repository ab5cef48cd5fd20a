//! Between a source of trades and the publisher.

use messages::{DisputeReason, DisputedPrice, Feed, FeedStatus, Symbol, Trade};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many trades wait while Redis is away: more than a minute of the busiest hours.
const LIVE_BUFFER_LEN: usize = 200_000;

/// A recording waits for its consumer instead: enough that it is not held up by single batches.
const REPLAY_BUFFER_LEN: usize = 1_000;

/// A trade, and when it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub trade: Trade,
    pub at: Instant,
    /// When its price was made, by the feed's clock (Unix ms): the venue's time on a live feed, the
    /// moment when it was due on a replay.
    pub made_at_ms: u64,
}

/// What a source sends to the publisher, in order.
#[derive(Clone, Copy, Debug)]
pub enum Arrival {
    /// The source starts: the trades that follow are its own.
    Started(Feed),
    /// The source's ids and times of this symbol start over.
    Restarted(Symbol),
    /// A trade.
    Trade(Arrived),
}

/// The way for trades to the publisher.
#[derive(Clone)]
pub struct Trades {
    sender: mpsc::Sender<Arrival>,
}

/// The publisher is gone: the process stops.
pub struct Stopped;

impl Trades {
    /// For a source that can't wait: what does not fit is dropped and counted.
    pub fn live() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(LIVE_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// For a source that can.
    pub fn paced() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(REPLAY_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// Announces a source, before its first trade and each time it starts from its first trade.
    pub async fn start(&self, feed: Feed) -> Result<(), Stopped> {
        self.sender.send(Arrival::Started(feed)).await.map_err(|_| Stopped)
    }

    /// Announces that a live source counts a symbol's trades anew.
    pub fn restart(&self, symbol: Symbol) -> Result<(), Stopped> {
        self.try_send(Arrival::Restarted(symbol))
    }

    /// Hands a trade over that was due at `due`, waiting until there is room.
    pub async fn deliver(&self, trade: Trade, due: Instant) -> Result<(), Stopped> {
        let late_ms = u64::try_from(due.elapsed().as_millis()).unwrap_or(u64::MAX);
        let made_at_ms = unix_ms().saturating_sub(late_ms);
        let arrived = Arrived { trade, at: Instant::now(), made_at_ms };
        self.sender.send(Arrival::Trade(arrived)).await.map_err(|_| Stopped)
    }

    /// Hands a live trade over if there is room.
    pub fn offer(&self, trade: Trade) -> Result<(), Stopped> {
        // A venue's clock that is ahead of ours makes no price younger than it is.
        let made_at_ms = (trade.time_us / 1_000).min(unix_ms());
        self.try_send(Arrival::Trade(Arrived { trade, at: Instant::now(), made_at_ms }))
    }

    fn try_send(&self, arrival: Arrival) -> Result<(), Stopped> {
        match self.sender.try_send(arrival) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                metrics::counter!("velox_trades_dropped_total").increment(1);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Stopped),
        }
    }
}

/// What the feed says of itself. Cheap to clone.
#[derive(Clone)]
pub struct FeedState {
    /// Held for an assignment, never across an await.
    shared: Arc<Mutex<FeedStatus>>,
}

impl FeedState {
    pub fn new(feed: Feed) -> Self {
        let message = "starting".to_owned();
        let (disputed, recording) = (Vec::new(), None);
        let timestamp_ms = unix_ms();
        let status =
            FeedStatus { feed, connected: false, timestamp_ms, message, disputed, recording };
        Self { shared: Arc::new(Mutex::new(status)) }
    }

    pub fn switch_to(&self, feed: Feed) {
        self.lock().feed = feed;
    }

    pub fn connected(&self, message: &str) {
        self.say(true, message);
    }

    pub fn disconnected(&self, message: &str) {
        self.say(false, message);
    }

    /// Tells what was wrong with the files of a recording.
    pub fn set_recording(&self, problems: Option<String>) {
        self.lock().recording = problems;
    }

    /// The status as of now, with the symbols whose prices are disputed.
    pub fn status(&self, disputed: Vec<DisputedPrice>) -> FeedStatus {
        let mut status = self.lock().clone();
        status.timestamp_ms = unix_ms();
        for DisputedPrice { symbol, reason, .. } in &disputed {
            status.message = format!("{}; {symbol}: {reason}", status.message);
        }
        if status.feed == Feed::Binance && disputed.len() == Symbol::ALL.len() {
            let is_silent = |price: &DisputedPrice| price.reason == DisputeReason::Silent;
            status.connected &= !disputed.iter().all(is_silent);
        }
        status.disputed = disputed;
        status
    }

    fn say(&self, connected: bool, message: &str) {
        let mut status = self.lock();
        status.connected = connected;
        message.clone_into(&mut status.message);
        tracing::info!(feed = status.feed.as_str(), connected, "{message}");
    }

    fn lock(&self) -> MutexGuard<'_, FeedStatus> {
        self.shared.lock().expect("nothing panics while it holds this lock")
    }
}

pub fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_millis()).expect("the next 500 million years fit")
}
