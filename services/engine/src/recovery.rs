//! Recovery of the state to start from: the newest sound snapshot, if `request:stream` continues
//! it.

use crate::integrity::{Ends, evicting};
use crate::world::{
    Clock as _, Log as _, Newest, Remembered, SnapshotStore as _, StoreError, View as _, World,
};
use exchange::Exchange;
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM};

/// The reason why the engine refuses to trade. Restarting does not help; an operator has to decide.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stream does not hold the entry with which the snapshot ends.
    #[error(
        "the newest snapshot ends with entry {snapshot}, which {REQUEST_STREAM} does not hold \
         (the stream ends with {stream_end}): entries are missing, so the state cannot be \
         computed. Restore a backup, or continue from the newest sound snapshot with `velox \
         adopt`, which lists what is lost"
    )]
    SnapshotNotInStream {
        /// The snapshot's last entry.
        snapshot: EntryId,
        /// The stream's last entry.
        stream_end: EntryId,
    },
    /// There is no snapshot, and the stream's beginning is gone.
    #[error(
        "there is no snapshot, and the first {missing} entries of {REQUEST_STREAM} are missing: \
         balances cannot be computed without them. Restore the snapshots or the stream"
    )]
    BeginningMissing {
        /// The number of entries that were added and are missing.
        missing: u64,
    },
    /// An entry that the snapshot does not include was deleted individually.
    #[error(
        "entry {deleted} of {REQUEST_STREAM} was deleted by hand (XDEL), and the newest snapshot \
         ends before it, with {snapshot}: an acknowledged order may be missing. If another engine \
         leads, wait for its next snapshot and restart this engine. Otherwise restore a backup, or \
         continue without the entry with `velox adopt`"
    )]
    EntryDeleted {
        /// The highest id that was deleted.
        deleted: EntryId,
        /// The snapshot's last entry; zero without a snapshot.
        snapshot: EntryId,
    },
    /// `response:stream` ends far above the outputs of all entries.
    #[error(
        "{RESPONSE_STREAM} ends with {written}, which is far above every output: {REQUEST_STREAM} \
         ends with {stream_end}. Redis would refuse all further outputs, and closed orders would \
         not be recorded. The entry was added by hand; `velox adopt` removes it, after listing \
         what else is wrong and what would be lost"
    )]
    ForeignOutput {
        /// The last id of `response:stream`.
        written: EntryId,
        /// The last id of `request:stream`.
        stream_end: EntryId,
    },
    /// PostgreSQL has records of a history that neither a snapshot nor the stream holds.
    #[error(
        "there is no snapshot, and {REQUEST_STREAM} does not hold the history that PostgreSQL has \
         records of: {users} accounts, {records} closed orders and adjustments from before the \
         stream begins, or snapshots that were deleted. Every account would begin anew with its \
         first deposit. Restore a backup, or, to begin anew on purpose, run `velox adopt --afresh`"
    )]
    Forgotten {
        /// Accounts from before the stream begins.
        users: u64,
        /// Closed orders and adjustments from before the stream begins.
        records: u64,
    },
    /// There are snapshots, and all of them are damaged.
    #[error("no snapshot is usable; the oldest one tried: {0}")]
    SnapshotsDamaged(String),
    /// The accounts of this deployment are divided into another number of shards.
    #[error(
        "the snapshots are those of {found} shards, and SHARDS is {wanted}: set SHARDS to {found} for \
         all services, or stop them and change the number with `velox reshard`"
    )]
    OtherShards {
        /// The number of shards of the newest snapshot.
        found: u16,
        /// The number of shards in the settings.
        wanted: u16,
    },
    /// The stream lost everything that the running engine had applied.
    #[error(
        "{REQUEST_STREAM} was deleted while the engine ran: entry {applied} was applied, but the \
         stream is empty now, and there is no snapshot to continue from. Restore a backup"
    )]
    HistoryLost {
        /// The last entry that was applied.
        applied: EntryId,
    },
}

/// The reason why there is no state to start from.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Redis or the store is unavailable, or has to change first: retry.
    #[error("{0}")]
    NotYet(String),
    /// The engine refuses to trade: retrying does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A state to continue from.
pub struct Recovered {
    pub exchange: Exchange,
    /// The last id that the stream has generated.
    pub stream_end: EntryId,
    /// The last id that `response:stream` has generated.
    pub written: EntryId,
    /// The highest id that was deleted individually from the stream.
    pub deleted: EntryId,
    /// The newest epoch of a snapshot.
    pub epoch: u64,
}

/// Reads the newest sound snapshot and checks that the stream continues it without a gap.
pub async fn recover<W: World>(world: &W) -> Result<Recovered, RecoveryError> {
    let mut newest = newest(world).await?;
    loop {
        let exchange = newest.exchange.unwrap_or_default();
        let snapshot = exchange.last_id();
        match check(world, exchange, newest.epoch).await {
            Err(RecoveryError::Refused(refusal)) => {
                // The leader may have trimmed the stream to newer snapshots since.
                newest = self::newest(world).await?;
                if newest.exchange.as_ref().map_or(EntryId::MIN, Exchange::last_id) == snapshot {
                    return Err(refusal.into());
                }
            }
            checked => return checked,
        }
    }
}

async fn newest<W: World>(world: &W) -> Result<Newest, RecoveryError> {
    world.store().newest().await.map_err(|error| match error {
        StoreError::Damaged(error) => Refusal::SnapshotsDamaged(error).into(),
        StoreError::OtherShards { found, wanted } => Refusal::OtherShards { found, wanted }.into(),
        away => RecoveryError::NotYet(format!("waiting for snapshots: {away}")),
    })
}

async fn check<W: World>(
    world: &W,
    exchange: Exchange,
    epoch: u64,
) -> Result<Recovered, RecoveryError> {
    let not_yet = |error| RecoveryError::NotYet(format!("waiting for Redis: {error}"));
    let log = world.log();
    if let Some(problem) = evicting(log).await.map_err(not_yet)? {
        return Err(RecoveryError::NotYet(problem));
    }
    let ends = Ends::read(log).await.map_err(not_yet)?;
    let (snapshot, stream_end) = (exchange.last_id(), ends.stream_end());
    if snapshot == EntryId::MIN {
        check_beginning(world, &ends).await?;
    } else if log.entry(REQUEST_STREAM, snapshot).await.map_err(not_yet)?.is_none() {
        return Err(Refusal::SnapshotNotInStream { snapshot, stream_end }.into());
    }
    if ends.deleted() > snapshot {
        return Err(Refusal::EntryDeleted { deleted: ends.deleted(), snapshot }.into());
    }
    check_outputs(&ends, world.clock().now_ms())?;
    let (written, deleted) = (ends.written, ends.deleted());
    Ok(Recovered { exchange, stream_end, written, deleted, epoch })
}

/// Checks that the stream holds the whole history, which a start without a snapshot needs.
async fn check_beginning<W: World>(world: &W, ends: &Ends) -> Result<(), RecoveryError> {
    let missing = ends.requests.map_or(0, |info| info.entries_added.saturating_sub(info.length));
    if missing > 0 && ends.deleted() == EntryId::MIN {
        return Err(Refusal::BeginningMissing { missing }.into());
    }
    let first = ends.requests.and_then(|info| info.first_entry_id);
    let remembered = world.store().remembered(first.map(|id| id.ms)).await;
    let away = |error| RecoveryError::NotYet(format!("waiting for PostgreSQL: {error}"));
    let Remembered { users, records, snapshots } = remembered.map_err(away)?;
    let is_forgotten = users > 0 || records > 0 || snapshots && first.is_none();
    let not_yet = |error| RecoveryError::NotYet(format!("waiting for Redis: {error}"));
    if is_forgotten && !world.log().is_begun_afresh().await.map_err(not_yet)? {
        return Err(Refusal::Forgotten { users, records }.into());
    }
    Ok(())
}

/// Checks that `response:stream` has no id above the outputs of all entries.
fn check_outputs(ends: &Ends, now_ms: u64) -> Result<(), RecoveryError> {
    let Some(written) = ends.foreign_output() else { return Ok(()) };
    let stream_end = ends.stream_end();
    if written.ms > now_ms.saturating_add(messages::CLOCK_LEAD_MAX_MS) {
        return Err(Refusal::ForeignOutput { written, stream_end }.into());
    }
    // The next entry will be above it, and so will its outputs.
    Err(RecoveryError::NotYet(format!(
        "{RESPONSE_STREAM} ends with {written}, which is not the output of any entry of \
         {REQUEST_STREAM} (which ends with {stream_end}): it was added by hand. Waiting for an \
         entry with a higher id; `velox adopt` removes it"
    )))
}
