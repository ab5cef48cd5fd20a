//! Detects damage to the history from what Redis reports: at the start, and then periodically
//! beside the main loop.

use crate::run::Turn;
use crate::world::{Clock as _, Log, World};
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use streams::{Error, StreamInfo};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The interval between checks of a running engine. It acts on a problem found twice in a row.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The ends of both streams at one moment.
pub struct Ends {
    /// The state of `request:stream`; `None` if it does not exist.
    pub requests: Option<StreamInfo>,
    /// The last id that `response:stream` has generated.
    pub written: EntryId,
}

impl Ends {
    /// Reads both ends, that of `response:stream` first: its outputs follow from entries that are
    /// already in `request:stream`.
    pub async fn read(log: &impl Log) -> Result<Self, Error> {
        let written = log.last_id(RESPONSE_STREAM).await?;
        let ends = Self { requests: log.info(REQUEST_STREAM).await?, written };
        // A server that restarted in between and lost the ends of its streams has less of both.
        if ends.foreign_output().is_some() && log.last_id(RESPONSE_STREAM).await? < written {
            return Err(Error::not_sent(format!("{RESPONSE_STREAM} has just lost entries")));
        }
        Ok(ends)
    }

    /// Returns the last id that `request:stream` has generated.
    pub fn stream_end(&self) -> EntryId {
        self.requests.as_ref().map_or(EntryId::MIN, |info| info.last_generated_id)
    }

    /// Returns the highest id that was deleted individually (XDEL) from `request:stream`.
    pub fn deleted(&self) -> EntryId {
        self.requests.as_ref().map_or(EntryId::MIN, |info| info.max_deleted_entry_id)
    }

    /// Returns the last id of `response:stream` if it is not the output of any entry, present or
    /// trimmed. Redis refuses every output below it.
    pub fn foreign_output(&self) -> Option<EntryId> {
        (self.written.origin() > self.stream_end()).then_some(self.written)
    }
}

/// An engine's knowledge of individually deleted entries.
///
/// The engine has certainly applied a deleted entry if it had read the entry before a check at
/// which the entry still existed.
#[derive(Clone, Copy, Debug)]
pub struct Deletions {
    known: EntryId,
    read: EntryId,
}

impl Deletions {
    /// Starts from a state that includes every entry up to `read`.
    pub const fn new(known: EntryId, read: EntryId) -> Self {
        Self { known, read }
    }

    /// Records the highest deleted id. `read` is the last entry read before the check. Returns
    /// false if it is uncertain whether this engine has applied the deleted entry.
    pub fn note(&mut self, deleted: EntryId, read: EntryId) -> bool {
        let is_applied = deleted <= self.known.max(self.read);
        *self = Self { known: deleted, read };
        is_applied
    }
}

/// Periodic checks beside the main loop, until it is dropped.
pub struct Watch {
    found: Arc<OnceLock<&'static str>>,
    _over: DropGuard,
}

impl Watch {
    pub fn begin<W: World>(world: &W) -> Self {
        let (found, over) = (Arc::new(OnceLock::new()), CancellationToken::new());
        let (looking, is_over) = (keep_looking(world.clone(), Arc::clone(&found)), over.clone());
        world.clock().spawn(async move {
            is_over.run_until_cancelled_owned(looking).await;
        });
        Self { found, _over: over.drop_guard() }
    }

    /// Returns an error if a check has found damage: the next start reports it and what to do.
    pub fn check(&self) -> Result<(), Turn> {
        self.found.get().map_or(Ok(()), |reason| Err(Turn::StartOver(reason)))
    }
}

async fn keep_looking<W: World>(world: W, found: Arc<OnceLock<&'static str>>) {
    let mut suspicion = None;
    loop {
        world.clock().sleep(LOOK_INTERVAL).await;
        // While Redis is unavailable, nothing can be checked.
        let Ok(problem) = look(world.log()).await else { continue };
        if let (Some(reason), true) = (problem, problem == suspicion) {
            found.get_or_init(|| reason);
            return;
        }
        suspicion = problem;
    }
}

async fn look(log: &impl Log) -> Result<Option<&'static str>, Error> {
    if Ends::read(log).await?.foreign_output().is_some() {
        return Ok(Some("response:stream has an id above every output"));
    }
    Ok(evicting(log).await?.map(|_| "Redis may remove streams to make room"))
}

/// Returns the reason why the server may evict streams, if it reports one.
pub async fn evicting(log: &impl Log) -> Result<Option<String>, Error> {
    match log.server().await {
        Ok(server) => Ok(server.eviction_problem()),
        // Some servers forbid the command.
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(ms: u64) -> EntryId {
        EntryId::new(ms, 0)
    }

    #[test]
    fn an_entry_that_was_read_before_the_look_at_which_it_was_still_there_is_applied() {
        let mut deletions = Deletions::new(EntryId::MIN, id(5));
        assert!(deletions.note(EntryId::MIN, id(8)));
        assert!(deletions.note(id(7), id(9)), "7 was read, and was there");
        assert!(deletions.note(id(7), id(12)));
        assert!(!deletions.note(id(13), id(14)), "13 may have gone before it was read");
    }
}
