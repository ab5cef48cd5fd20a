mod pending;
mod reading;

use crate::backoff::doubled;
use crate::connection::Redis;
use crate::entry::Entry;
use crate::error::Error;
use messages::EntryId;
use redis::Cmd;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The number of deliveries after which a failing entry is dead-lettered.
pub const DELIVERIES_MAX: u64 = 5;
/// The first delay before a failed entry is delivered again; doubled with every delivery, so that
/// five take 3 s.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// The number of failed entries kept in memory for a quick retry; any more are delivered again
/// when they have been idle for `claim_idle`.
const RETRIES_MAX: usize = 10_000;
/// The number of delivered entries kept in memory. A caller that drops more than this, neither
/// acknowledged nor failed, may get some of them again after an outage of Redis.
const IN_HAND_MAX: usize = 100_000;
/// The longest error text stored with a dead letter.
const ERROR_CHARS_MAX: usize = 1_000;

/// A member of a consumer group: every entry of the stream is delivered to one of the members, and
/// again until a member acknowledges it.
pub struct Group {
    /// The connection for reading, which blocks.
    reading: Redis,
    /// The connection for everything else.
    redis: Redis,
    stream: String,
    config: GroupConfig,
    /// Set while this consumer's pending entries are scanned: at the start, and when a reply may
    /// have been lost.
    own_after: Option<EntryId>,
    /// Entries delivered by this value and neither acknowledged nor failed yet.
    in_hand: BTreeSet<EntryId>,
    /// Failed entries, with the times at which they are due again.
    retries: BTreeMap<EntryId, Instant>,
    /// The time of the next scan for idle entries, and the entry after which it continues.
    claim_at: Instant,
    claim_after: EntryId,
    /// A read was sent and its reply not received yet.
    is_reading: bool,
}

/// The identity and settings of a group's member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// The group's name.
    pub group: String,
    /// The name of this member, kept across restarts and unique at any time.
    pub consumer: String,
    /// The time without an acknowledgement after which any member may claim an entry; longer than
    /// the work on one batch takes.
    pub claim_idle: Duration,
    /// Whether entries are delivered only when as many replicas have them as answers wait for: what a
    /// failover may still take back is not handled.
    pub confirmed: bool,
}

/// An entry to handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The entry.
    pub entry: Entry,
    /// The number of deliveries to any member, including this one.
    pub deliveries: u64,
}

/// The consequence of a failure for the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The entry is delivered again.
    WillRetry,
    /// The entry was moved to `{stream}:dead` and is not delivered again.
    DeadLettered,
}

impl Group {
    /// Joins a group. Creates the stream and the group, starting with the oldest entry, if they do
    /// not exist.
    pub async fn join(redis: &Redis, stream: &str, config: GroupConfig) -> Result<Self, Error> {
        let group = Self {
            reading: redis.dedicated(stream, "group"),
            redis: redis.clone(),
            stream: stream.to_owned(),
            config,
            own_after: Some(EntryId::MIN),
            in_hand: BTreeSet::new(),
            retries: BTreeMap::new(),
            claim_at: Instant::now(),
            claim_after: EntryId::MIN,
            is_reading: false,
        };
        group.create().await?;
        Ok(group)
    }

    /// Waits up to `block` (zero: not at all) for at most `count` entries to handle: those that
    /// this consumer left unacknowledged before, those that failed and are due again, those that
    /// any member left for longer than `claim_idle`, and otherwise new ones.
    ///
    /// An outage is an error within two seconds, so that the caller may retry at once.
    ///
    /// May be cancelled; at worst an entry is then delivered after `claim_idle`. To wake up
    /// regularly, use a short `block`: cancelling costs a new connection.
    pub async fn next(&mut self, count: usize, block: Duration) -> Result<Vec<Delivery>, Error> {
        let deadline = Instant::now() + block;
        loop {
            match self.attempt(count.max(1), deadline).await {
                Ok(deliveries) if deliveries.is_empty() && Instant::now() < deadline => {}
                Err(error) if is_group_gone(&error) => self.recreate().await?,
                outcome => return outcome,
            }
        }
    }

    /// Acknowledges these entries; call it when their results are committed. Acknowledging twice
    /// has no effect.
    pub async fn acknowledge(&mut self, ids: &[EntryId]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.redis.run(&self.acknowledgement(ids)).await?;
        for id in ids {
            self.in_hand.remove(id);
            self.retries.remove(id);
        }
        Ok(())
    }

    /// Reports that handling an entry failed. It is delivered again a little later, without holding
    /// up the others; when it fails at its fifth delivery, it is moved to `{stream}:dead`, with its
    /// fields and `error`, `failedAt`, `originalId` and `group`.
    ///
    /// If this call fails, the entry is delivered again as well.
    pub async fn fail(&mut self, delivery: &Delivery, error: &str) -> Result<Failure, Error> {
        if delivery.deliveries < DELIVERIES_MAX {
            self.retry_later(delivery.entry.id, delivery.deliveries);
            return Ok(Failure::WillRetry);
        }
        self.give_up(delivery, error).await?;
        Ok(Failure::DeadLettered)
    }

    /// Reports that retrying an entry is useless: it is moved to `{stream}:dead` at once, as
    /// [`Group::fail`] does at the fifth delivery.
    ///
    /// If this call fails, the entry is delivered again.
    pub async fn give_up(&mut self, delivery: &Delivery, error: &str) -> Result<(), Error> {
        let id = delivery.entry.id;
        self.retry_later(id, delivery.deliveries);
        self.move_to_dead_letters(&delivery.entry, error).await?;
        self.retries.remove(&id);
        Ok(())
    }

    fn retry_later(&mut self, id: EntryId, deliveries: u64) {
        self.in_hand.remove(&id);
        if self.retries.len() < RETRIES_MAX {
            let times = u32::try_from(deliveries.clamp(1, DELIVERIES_MAX) - 1).expect("at most 4");
            self.retries.insert(id, Instant::now() + doubled(RETRY_AFTER, times));
        }
    }

    async fn move_to_dead_letters(&self, entry: &Entry, error: &str) -> Result<(), Error> {
        let failed_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut fields = entry.fields.clone();
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        fields.push("error", error.into_bytes());
        fields.push("failedAt", failed_at.as_millis().to_string().into_bytes());
        fields.push("originalId", entry.id.to_string().into_bytes());
        fields.push("group", self.config.group.clone().into_bytes());
        let mut batch = self.redis.batch();
        batch.append(&self.redis.dead_letters(&self.stream), &fields);
        batch.push(self.acknowledgement(&[entry.id]));
        batch.send().await.map(drop)
    }

    fn acknowledgement(&self, ids: &[EntryId]) -> Cmd {
        let mut command = redis::cmd("XACK");
        command.arg(&self.stream).arg(&self.config.group);
        for id in ids {
            command.arg(id.to_string());
        }
        command
    }

    async fn create(&self) -> Result<(), Error> {
        let mut command = redis::cmd("XGROUP");
        command.arg("CREATE").arg(&self.stream).arg(&self.config.group).arg("0").arg("MKSTREAM");
        match self.redis.run(&command).await {
            Err(error) if error.is_refusal("BUSYGROUP") => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Creates the group again after the stream was deleted; all entries are then new.
    async fn recreate(&mut self) -> Result<(), Error> {
        self.create().await?;
        tracing::warn!(
            redis.stream = self.stream,
            redis.group = self.config.group,
            "consumer group was missing; created again, reading from the oldest entry"
        );
        self.own_after = None;
        self.in_hand.clear();
        self.retries.clear();
        Ok(())
    }

    async fn attempt(&mut self, count: usize, deadline: Instant) -> Result<Vec<Delivery>, Error> {
        if std::mem::take(&mut self.is_reading) {
            // The last call was cancelled; its blocking read would delay this one.
            self.reading.disconnect();
            self.own_after = Some(EntryId::MIN);
        }
        let connection = self.reading.connection().await?;
        self.is_reading = true;
        let mut outcome = self.read(&connection, count, deadline).await;
        let replication = self.redis.replication().filter(|_| self.config.confirmed);
        if let (Some(replication), Ok([_, ..])) = (replication, outcome.as_deref()) {
            // Reading for a group is a write, so that the server waits for all that it has executed.
            let confirmed = connection.run_now(&replication.command()).await;
            let confirmed = confirmed.and_then(|reply| replication.check(&reply));
            if let Err(error) = confirmed {
                outcome = Err(error);
            }
        }
        self.is_reading = false;
        match &outcome {
            Ok(deliveries) => {
                if self.in_hand.len() > IN_HAND_MAX {
                    self.in_hand.clear();
                }
                self.in_hand.extend(deliveries.iter().map(|d| d.entry.id));
            }
            // Redis may have delivered entries whose reply was lost.
            Err(_) => self.own_after = Some(EntryId::MIN),
        }
        outcome
    }
}

/// Returns whether the group or its stream was deleted, perhaps during a blocking read.
fn is_group_gone(error: &Error) -> bool {
    error.is_refusal("NOGROUP") || error.is_refusal("UNBLOCKED")
}
