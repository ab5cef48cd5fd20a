//! Between a source of trades and the publisher.

use messages::{Feed, FeedStatus, Trade};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many trades wait while Redis is away: more than a minute of the busiest hours.
const LIVE_BUFFER_LEN: usize = 200_000;

/// A recording waits for its consumer instead: enough that it is not held up by single batches.
const REPLAY_BUFFER_LEN: usize = 1_000;

/// A trade, and when it came.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub trade: Trade,
    pub at: Instant,
}

/// The way for trades to the publisher.
#[derive(Clone)]
pub struct Trades {
    sender: mpsc::Sender<Arrived>,
}

/// The publisher is gone: the process stops.
pub struct Stopped;

impl Trades {
    /// For a source that can't wait: what does not fit is dropped and counted.
    pub fn live() -> (Self, mpsc::Receiver<Arrived>) {
        let (sender, receiver) = mpsc::channel(LIVE_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// For a source that can.
    pub fn paced() -> (Self, mpsc::Receiver<Arrived>) {
        let (sender, receiver) = mpsc::channel(REPLAY_BUFFER_LEN);
        (Self { sender }, receiver)
    }

    /// Hands a trade over, waiting until there is room.
    pub async fn deliver(&self, trade: Trade) -> Result<(), Stopped> {
        self.sender.send(Arrived { trade, at: Instant::now() }).await.map_err(|_| Stopped)
    }

    /// Hands a trade over if there is room.
    pub fn offer(&self, trade: Trade) -> Result<(), Stopped> {
        match self.sender.try_send(Arrived { trade, at: Instant::now() }) {
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
        let status = FeedStatus { feed, connected: false, timestamp_ms: unix_ms(), message };
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

    /// The status as of now.
    pub fn status(&self) -> FeedStatus {
        FeedStatus { timestamp_ms: unix_ms(), ..self.lock().clone() }
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
