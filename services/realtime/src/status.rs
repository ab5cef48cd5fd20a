//! Status of the price feed, as sent to clients.

use crate::board::{Board, Topic};
use crate::protocol;
use messages::{FEED_STATUS, Feed, FeedStatus};
use service::Health;
use std::sync::Mutex;
use std::time::Duration;
use streams::Redis;

/// The interval at which the price feed's status is read.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The feed name sent to clients when no prices arrive.
const STALE: &str = "stale";

/// The known status of the feed.
pub struct Status {
    /// Held for an assignment, never across an await.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    is_heard: bool,
    feed: Option<FeedStatus>,
    posted: Option<String>,
}

impl Status {
    pub fn new() -> Self {
        Self { known: Mutex::default() }
    }

    /// The source of prices, or `stale` when none arrive.
    pub fn feed(&self) -> &'static str {
        self.known.lock().expect("nothing panics while it holds this lock").name()
    }

    /// Sets whether messages from Redis are received.
    pub fn set_heard(&self, is_heard: bool, board: &Board) {
        self.change(board, |known| known.is_heard = is_heard);
    }

    /// Polls the price feed's status, forever.
    pub async fn watch(&self, redis: &Redis, board: &Board, health: &Health) {
        let mut interval = tokio::time::interval(LOOK_INTERVAL);
        loop {
            interval.tick().await;
            // While Redis is away the subscription reports it.
            if let Ok(json) = redis.get(FEED_STATUS).await {
                let feed = json.and_then(|json| serde_json::from_str(&json).ok());
                self.change(board, |known| known.feed = feed);
                health.set_remark("feed", self.problem());
            }
        }
    }

    /// The reason no prices arrive, if none do.
    fn problem(&self) -> Option<String> {
        let known = self.known.lock().expect("nothing panics while it holds this lock");
        (known.name() == STALE).then(|| known.message().to_owned())
    }

    fn change(&self, board: &Board, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().expect("nothing panics while it holds this lock");
        change(&mut known);
        let text = protocol::status(known.name(), known.message());
        if known.posted.as_ref() != Some(&text) {
            board.post(Topic::Status, text.clone());
            board.announce();
            known.posted = Some(text);
        }
    }
}

impl Known {
    fn name(&self) -> &'static str {
        match &self.feed {
            Some(FeedStatus { feed, connected: true, .. }) if self.is_heard => Feed::as_str(*feed),
            _ => STALE,
        }
    }

    fn message(&self) -> &str {
        match &self.feed {
            _ if !self.is_heard => "prices can't be received right now",
            Some(feed) => &feed.message,
            None => "the price feed is not running",
        }
    }
}
