//! Where the engine starts: the newest sound snapshot, if `request:stream` goes on from there.

use crate::snapshots::{self, SnapshotError};
use exchange::Exchange;
use messages::{EntryId, REQUEST_STREAM};
use sqlx::PgPool;
use streams::{Redis, StreamInfo};

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
    /// The stream lost the entry that the running engine had applied last.
    #[error(
        "entry {applied} was applied and is gone from {REQUEST_STREAM}: the stream was trimmed or \
         rewound while the engine ran"
    )]
    HistoryLost {
        /// The entry.
        applied: EntryId,
    },
}

/// Why there is no state to start from yet.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Redis or PostgreSQL is away: trying again helps.
    #[error("{0}")]
    NotYet(String),
    /// It does not.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A state to go on from, and how far the stream reaches now.
pub struct Recovered {
    pub exchange: Exchange,
    pub stream_end: EntryId,
}

/// Reads the newest sound snapshot and checks that the stream goes on from it without a gap.
pub async fn recover(redis: &Redis, pool: &PgPool) -> Result<Recovered, RecoveryError> {
    let exchange = match snapshots::newest(pool).await {
        Ok(snapshot) => snapshot.unwrap_or_default(),
        Err(SnapshotError::Database(error)) => {
            return Err(RecoveryError::NotYet(format!("waiting for PostgreSQL: {error}")));
        }
        Err(error) => return Err(Refusal::SnapshotsDamaged(error.to_string()).into()),
    };
    let not_yet = |error| RecoveryError::NotYet(format!("waiting for Redis: {error}"));
    let info = redis.stream_info(REQUEST_STREAM).await.map_err(not_yet)?;
    let stream_end = info.as_ref().map_or(EntryId::MIN, |info| info.last_generated_id);
    let snapshot = exchange.last_id();
    if snapshot == EntryId::MIN {
        check_beginning(info.as_ref())?;
    } else if !redis.contains(REQUEST_STREAM, snapshot).await.map_err(not_yet)? {
        return Err(Refusal::SnapshotNotInStream { snapshot, stream_end }.into());
    }
    Ok(Recovered { exchange, stream_end })
}

fn check_beginning(info: Option<&StreamInfo>) -> Result<(), Refusal> {
    let missing = info.map_or(0, |info| info.entries_added.saturating_sub(info.length));
    if missing > 0 { Err(Refusal::BeginningMissing { missing }) } else { Ok(()) }
}
