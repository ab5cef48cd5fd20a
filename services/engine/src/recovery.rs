//! Where the engine starts: the newest sound snapshot, if `request:stream` goes on from there.

use crate::world::{Log as _, Newest, SnapshotStore as _, StoreError, View as _, World};
use exchange::Exchange;
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM};
use streams::StreamInfo;

/// Why the engine will not trade. Restarting does not help; a person has to decide.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stream does not hold the entry with which the snapshot ends.
    #[error(
        "the newest snapshot ends with entry {snapshot}, which {REQUEST_STREAM} does not hold \
         (it ends with {stream_end}): entries are missing, and trading on would be a guess. \
         Restore the stream, or delete snapshots back to one that it goes on from"
    )]
    SnapshotNotInStream {
        /// The snapshot's last entry.
        snapshot: EntryId,
        /// The stream's last entry.
        stream_end: EntryId,
    },
    /// There is no snapshot, and the stream's beginning is gone.
    #[error(
        "there is no snapshot, and the first {missing} entries of {REQUEST_STREAM} are gone: \
         balances can't be computed without them. Restore the snapshots or the stream"
    )]
    BeginningMissing {
        /// How many entries were added and are not there.
        missing: u64,
    },
    /// There are snapshots, and all of them are damaged.
    #[error("no snapshot is usable; the oldest one tried: {0}")]
    SnapshotsDamaged(String),
    /// The stream lost everything that the running engine had applied.
    #[error(
        "entry {applied} was applied, and {REQUEST_STREAM} is empty now without a snapshot to go \
         on from: the stream was deleted while the engine ran"
    )]
    HistoryLost {
        /// The last entry that was applied.
        applied: EntryId,
    },
}

/// Why there is no state to start from yet.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Redis or the store is away: trying again helps.
    #[error("{0}")]
    NotYet(String),
    /// It does not.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A state to go on from.
pub struct Recovered {
    pub exchange: Exchange,
    /// How far the stream reaches now.
    pub stream_end: EntryId,
    /// The highest id that `response:stream` has given out.
    pub written: EntryId,
    /// The newest epoch of a snapshot.
    pub epoch: u64,
}

/// Reads the newest sound snapshot and checks that the stream goes on from it without a gap.
pub async fn recover<W: World>(world: &W) -> Result<Recovered, RecoveryError> {
    let mut newest = newest(world).await?;
    loop {
        let exchange = newest.exchange.unwrap_or_default();
        let snapshot = exchange.last_id();
        match check(world, exchange, newest.epoch).await {
            Err(RecoveryError::Refused(refusal)) => {
                // The engine that leads may have trimmed the stream to newer snapshots since.
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
    let written = log.last_id(RESPONSE_STREAM).await.map_err(not_yet)?;
    let info = log.info(REQUEST_STREAM).await.map_err(not_yet)?;
    let stream_end = info.as_ref().map_or(EntryId::MIN, |info| info.last_generated_id);
    let snapshot = exchange.last_id();
    if snapshot == EntryId::MIN {
        check_beginning(info.as_ref())?;
    } else if log.entry(REQUEST_STREAM, snapshot).await.map_err(not_yet)?.is_none() {
        return Err(Refusal::SnapshotNotInStream { snapshot, stream_end }.into());
    }
    Ok(Recovered { exchange, stream_end, written, epoch })
}

fn check_beginning(info: Option<&StreamInfo>) -> Result<(), Refusal> {
    let missing = info.map_or(0, |info| info.entries_added.saturating_sub(info.length));
    if missing > 0 { Err(Refusal::BeginningMissing { missing }) } else { Ok(()) }
}
