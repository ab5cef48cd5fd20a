//! The channel from a source of trades to the publisher, and the feed's status.

use messages::{DisputeReason, DisputedPrice, Feed, FeedStatus, MarkPrice, Symbol, Trade};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};
use streams::Backoff;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The number of trades that can wait while Redis is away: over a minute at peak rates.
const LIVE_BUFFER_LEN: usize = 200_000;

/// A replay waits for its consumer instead: large enough that single batches do not stall it.
const REPLAY_BUFFER_LEN: usize = 1_000;

/// The delays between attempts at a venue that does not answer; the second attempt is immediate.
pub const VENUE_BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(1), limit: Duration::from_mins(1) };

/// A trade and its time of arrival.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub trade: Trade,
    pub at: Instant,
    /// The time of the price, by the feed's clock (Unix ms): the venue's time on a live feed, the
    /// due time on a replay.
    pub made_at_ms: u64,
}

/// A message from a source to the publisher.
#[derive(Clone, Copy, Debug)]
pub enum Arrival {
    /// The source starts; the trades that follow are its own.
    Started(Feed),
    /// The source's ids and times of this symbol start over.
    Restarted(Symbol),
    /// The symbol has another name at the venue from here on, with other ids.
    Renamed(Symbol),
    /// A trade.
    Trade(Arrived),
    /// A mark price of the venue.
    Mark(MarkPrice),
}

/// The sending half of the channel to the publisher.
#[derive(Clone)]
pub struct Trades {
    sender: mpsc::Sender<Arrival>,
}

/// The publisher is gone, because the process is stopping.
pub struct Stopped;

impl Trades {
    /// A channel for a source that can't wait: trades that do not fit are dropped and counted.
    pub fn live() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(LIVE_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// A channel for a source that can wait.
    pub fn paced() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(REPLAY_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// Announces a source, before its first trade and each time it starts from its first trade.
    pub async fn start(&self, feed: Feed) -> Result<(), Stopped> {
        self.sender.send(Arrival::Started(feed)).await.map_err(|_| Stopped)
    }

    /// Announces that a live source has reset a symbol's trade ids.
    pub fn restart(&self, symbol: Symbol) -> Result<(), Stopped> {
        self.try_send(Arrival::Restarted(symbol))
    }

    /// Announces that a symbol has another name at the venue.
    pub fn rename(&self, symbol: Symbol) -> Result<(), Stopped> {
        self.try_send(Arrival::Renamed(symbol))
    }

    /// Sends a trade that was due at `due`, waiting for room.
    pub async fn deliver(&self, trade: Trade, due: Instant) -> Result<(), Stopped> {
        let late_ms = u64::try_from(due.elapsed().as_millis()).unwrap_or(u64::MAX);
        let made_at_ms = unix_ms().saturating_sub(late_ms);
        let arrived = Arrived { trade, at: Instant::now(), made_at_ms };
        self.sender.send(Arrival::Trade(arrived)).await.map_err(|_| Stopped)
    }

    /// Sends a live trade if there is room.
    pub fn offer(&self, trade: Trade) -> Result<(), Stopped> {
        // A venue's clock that runs ahead must not make a price look newer.
        let made_at_ms = (trade.time_us / 1_000).min(unix_ms());
        self.try_send(Arrival::Trade(Arrived { trade, at: Instant::now(), made_at_ms }))
    }

    /// Sends a mark price of the venue if there is room.
    pub fn offer_mark(&self, mark: MarkPrice) -> Result<(), Stopped> {
        self.try_send(Arrival::Mark(mark))
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

/// The feed's status. Cheap to clone.
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

    /// Sets the problems found in the files of a recording.
    pub fn set_recording(&self, problems: Option<String>) {
        self.lock().recording = problems;
    }

    /// Returns the current status, with the instruments whose prices are disputed among all
    /// `listed`.
    pub fn status(&self, disputed: Vec<DisputedPrice>, listed: usize) -> FeedStatus {
        let mut status = self.lock().clone();
        status.timestamp_ms = unix_ms();
        for DisputedPrice { symbol, reason, .. } in &disputed {
            status.message = format!("{}; {symbol}: {reason}", status.message);
        }
        if status.feed == Feed::Binance && listed > 0 && disputed.len() == listed {
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
