//! Reads `response:stream` for the bearers of listen keys: one reader for all of them, which also
//! reads again what those that come back have missed.

use super::margin_question::Questions;
use super::registry::{Heard, Registry, Stage};
use messages::{
    EntryId, Event, Fields, Notification, RESPONSE_STREAM, Shard, StreamMessage as _, UserId,
};
use session::{Delivered, ListenKeys};
use std::sync::Arc;
use std::time::Duration;
use streams::{Entry, LogReader, Redis, StreamCursor, StreamInfo};
use tokio::time::{Instant, sleep};

/// The number of entries that are read at a time, so that those who catch up hold up nobody.
const READ_LEN: usize = 1_000;

/// The longest time for which a read waits, and so the delay before a newcomer is noticed.
const READ_BLOCK: Duration = Duration::from_millis(100);

/// The pause after an error.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The interval at which positions are recorded.
const NOTE_INTERVAL: Duration = Duration::from_secs(1);

/// The reader of the events of a shard.
pub struct Tail<'a> {
    pub shard: Shard,
    pub redis: &'a Redis,
    pub registry: &'a Registry,
    pub keys: &'a ListenKeys,
    pub questions: Questions,
}

impl Tail<'_> {
    /// Runs forever. Reads nothing while nobody listens.
    pub async fn run(self) {
        loop {
            self.registry.occupied(self.shard).await;
            match self.redis.stream_info(&self.stream()).await {
                Ok(info) => {
                    let heard = info.map(|info| Heard {
                        event: info.last_generated_id,
                        entries: info.entries_added,
                    });
                    self.follow(heard.unwrap_or_default()).await;
                }
                Err(_) => sleep(RETRY_INTERVAL).await,
            }
        }
    }

    /// Follows the stream from an event on until nobody listens any more.
    async fn follow(&self, mut heard: Heard) {
        let stream = self.stream();
        let cursor = StreamCursor { stream, after: heard.event, continuous: false, last: None };
        let mut log = LogReader::new(self.redis, vec![cursor]);
        let mut missed: Option<EntryId> = None;
        let mut noted = Instant::now();
        self.registry.set_heard(self.shard, heard);
        while !self.registry.is_empty(self.shard) {
            if self.registry.has_joining(self.shard)
                && let Some(oldest) = self.welcome().await
            {
                missed = Some(missed.map_or(oldest, |missed| missed.min(oldest)));
            }
            if missed.is_none() {
                missed = self.registry.resume_catching_up(self.shard);
            }
            if let Some(after) = missed {
                missed = self.catch_up(after, heard.event).await;
            }
            let block = if missed.is_some() { Duration::ZERO } else { READ_BLOCK };
            match log.next(READ_LEN, block).await {
                Ok(entries) => {
                    for (_, entry) in &entries {
                        self.hand(Stage::Live, entry);
                        heard = Heard { event: entry.id, entries: heard.entries + 1 };
                    }
                    self.registry.set_heard(self.shard, heard);
                }
                Err(error) => {
                    tracing::warn!(%error, "account events can't be read; reading again");
                    sleep(RETRY_INTERVAL).await;
                }
            }
            if noted.elapsed() >= NOTE_INTERVAL {
                noted = Instant::now();
                self.note().await;
            }
        }
        self.forget_the_others();
    }

    fn stream(&self) -> String {
        self.shard.key(RESPONSE_STREAM)
    }

    /// Ends the watch over accounts of the shard that have no connection any more.
    fn forget_the_others(&self) {
        let shards = self.redis.shards();
        let is_kept = |account| shards.of(account) != self.shard || self.registry.has(account);
        self.questions.watch.retain(is_kept);
    }

    /// Lets newcomers catch up, and returns the oldest of their positions. Without Redis they wait.
    /// The engine is asked for what their accounts hold: events after now will tell what changes.
    async fn welcome(&self) -> Option<EntryId> {
        let info = self.redis.stream_info(&self.stream()).await.ok()?;
        let lacks = |from: &Delivered, info: StreamInfo| {
            let trimmed = info.entries_added.saturating_sub(info.length);
            if let Some(entries) = from.entries {
                return trimmed > entries;
            }
            // The event itself is still there, or nothing came after it.
            let is_behind = info.last_generated_id > from.event;
            let has_gone = info.first_entry_id.is_none_or(|first| first > from.event);
            is_behind && trimmed > 0 && has_gone
        };
        let is_lost = |from: &_| info.is_some_and(|info| lacks(from, info));
        let newcomers = self.registry.begin_catching_up(self.shard, is_lost);
        for account in newcomers.accounts {
            self.questions.ask_for(account);
        }
        newcomers.oldest
    }

    /// Reads one part of what was missed up to `heard`. Returns the position from which to go on,
    /// or `None` at the end.
    async fn catch_up(&self, after: EntryId, heard: EntryId) -> Option<EntryId> {
        let Ok(entries) = self.redis.read_range(&self.stream(), after, READ_LEN).await else {
            sleep(RETRY_INTERVAL).await;
            return Some(after);
        };
        for entry in entries.iter().filter(|entry| entry.id <= heard) {
            self.hand(Stage::CatchingUp, entry);
        }
        match entries.last() {
            Some(last) if entries.len() == READ_LEN && last.id < heard => Some(last.id),
            _ => {
                self.registry.finish_catching_up(self.shard, heard);
                None
            }
        }
    }

    fn hand(&self, stage: Stage, entry: &Entry) {
        // Most accounts have no connection here: their events are not even parsed.
        let Some(account) = account_of(&entry.fields) else { return };
        let watch = &self.questions.watch;
        let is_watched = stage == Stage::Live && watch.has(account);
        if !is_watched && !self.registry.has(account) {
            return;
        }
        match Event::decode(&entry.fields) {
            Ok(event) => {
                if is_watched {
                    watch.take(&event);
                }
                self.registry.hand(stage, &Arc::new(Notification { id: entry.id, event }));
            }
            // The account's next event shows that one is missing.
            Err(error) => tracing::warn!(%error, event.id = %entry.id, "an event can't be read"),
        }
    }

    async fn note(&self) {
        self.forget_the_others();
        let changed = self.registry.take_changed(self.shard);
        if changed.is_empty() {
            return;
        }
        if let Err(error) = self.keys.note_positions(&changed).await {
            tracing::warn!(%error, "positions of listen keys can't be recorded");
        }
    }
}

fn account_of(fields: &Fields) -> Option<UserId> {
    let (_, account) = fields.iter().find(|(name, _)| *name == "userId")?;
    std::str::from_utf8(account).ok()?.parse().ok()
}
