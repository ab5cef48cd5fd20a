mod pending;
mod reading;

use crate::backoff::doubled;
use crate::connection::Redis;
use crate::entry::Entry;
use crate::error::Error;
use messages::{EntryId, dead_letter_stream};
use redis::Cmd;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// An entry that fails at its fifth delivery is given up.
pub const DELIVERIES_MAX: u64 = 5;
/// When an entry that failed comes again; doubled with every delivery, so that five take 3 s.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How many failed entries are remembered for coming again soon; any beyond these come when they
/// have been idle for long enough.
const RETRIES_MAX: usize = 10_000;
/// How many entries in hand are known. A caller that drops more than this without a word gets some
/// of them once more after Redis was away.
const IN_HAND_MAX: usize = 100_000;
/// How much of an error text goes with a dead letter.
const ERROR_CHARS_MAX: usize = 1_000;

/// One member of a consumer group: every entry of the stream goes to one of the members, and
/// comes again until one acknowledges it.
pub struct Group {
    /// For reading, which blocks.
    reading: Redis,
    /// For everything else.
    redis: Redis,
    stream: String,
    config: GroupConfig,
    /// Set while what this consumer has in Redis is looked through: at the start, and when a
    /// reply may have been lost.
    own_after: Option<EntryId>,
    /// Delivered by this value and neither acknowledged nor failed yet.
    in_hand: BTreeSet<EntryId>,
    /// Failed, and when they come again.
    retries: BTreeMap<EntryId, Instant>,
    /// When to look for what was left idle, and after which entry.
    claim_at: Instant,
    claim_after: EntryId,
    /// A read was sent and its reply not yet taken.
    is_reading: bool,
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// The group's name.
    pub group: String,
    /// This member's name, the same after a restart and no one else's at the same time.
    pub consumer: String,
    /// After how long without an acknowledgement an entry is taken to be left behind and goes to
    /// whoever asks; longer than the work on one batch takes.
    pub claim_idle: Duration,
}

/// An entry to be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The entry.
    pub entry: Entry,
    /// How often it was delivered, this time included, to any member.
    pub deliveries: u64,
}

/// What becomes of an entry that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It comes again.
    WillRetry,
    /// It has failed often enough: it is in `{stream}:dead` and doesn't come again.
    DeadLettered,
}

impl Group {
    /// Becomes a member. The group is made if it isn't there, to start with the oldest entry;
    /// so is the stream.
    pub async fn join(redis: &Redis, stream: &str, config: GroupConfig) -> Result<Self, Error> {
        let group = Self {
            reading: redis.dedicated("group"),
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

    /// Waits up to `block` (zero: not at all) for entries to handle, at most `count`: those that
    /// this consumer left unacknowledged before, those that failed and are due again, those that
    /// anyone left for longer than `claim_idle`, and otherwise new ones.
    ///
    /// An outage is an error within two seconds, spaced so that the caller may ask again at once.
    ///
    /// May be cancelled; at worst an entry then comes after `claim_idle`. To wake up now and then,
    /// a short `block` is cheaper than cancelling, which costs a new connection.
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

    /// Tells Redis that these entries are done with, once what came of them is safe.
    /// Doing it twice does no harm.
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

    /// Says that an entry can't be handled. It comes again a little later, without holding up the
    /// others; when it fails at its fifth delivery, it is moved to `{stream}:dead`, with its
    /// fields and `error`, `failedAt`, `originalId` and `group`.
    ///
    /// After an error the entry comes again as well.
    pub async fn fail(&mut self, delivery: &Delivery, error: &str) -> Result<Failure, Error> {
        if delivery.deliveries < DELIVERIES_MAX {
            self.retry_later(delivery.entry.id, delivery.deliveries);
            return Ok(Failure::WillRetry);
        }
        self.give_up(delivery, error).await?;
        Ok(Failure::DeadLettered)
    }

    /// Says that an entry fails however often it is tried: it is moved to `{stream}:dead` at its
    /// first delivery as [`Group::fail`] does at the fifth.
    ///
    /// After an error the entry comes again.
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
        batch.append(&dead_letter_stream(&self.stream), &fields);
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

    /// The stream was deleted, and the group with it: whatever comes is new.
    async fn recreate(&mut self) -> Result<(), Error> {
        self.create().await?;
        tracing::warn!(
            redis.stream = self.stream,
            redis.group = self.config.group,
            "The consumer group was gone and was made again, to read from the oldest entry"
        );
        self.own_after = None;
        self.in_hand.clear();
        self.retries.clear();
        Ok(())
    }

    async fn attempt(&mut self, count: usize, deadline: Instant) -> Result<Vec<Delivery>, Error> {
        if std::mem::take(&mut self.is_reading) {
            // The last call was cancelled; its blocking read would hold up this one.
            self.reading.disconnect();
            self.own_after = Some(EntryId::MIN);
        }
        let connection = self.reading.connection().await?;
        self.is_reading = true;
        let outcome = self.read(&connection, count, deadline).await;
        self.is_reading = false;
        match &outcome {
            Ok(deliveries) => {
                if self.in_hand.len() > IN_HAND_MAX {
                    self.in_hand.clear();
                }
                self.in_hand.extend(deliveries.iter().map(|d| d.entry.id));
            }
            // Redis may have delivered something that never arrived here.
            Err(_) => self.own_after = Some(EntryId::MIN),
        }
        outcome
    }
}

/// The group or its stream was deleted, perhaps in the middle of a blocking read.
fn is_group_gone(error: &Error) -> bool {
    error.is_refusal("NOGROUP") || error.is_refusal("UNBLOCKED")
}
