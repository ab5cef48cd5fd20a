//! Damage to the history that Redis itself can tell of: looked for at the start, and again and
//! again beside the loop.

use crate::run::Turn;
use crate::world::{Clock as _, Log, World};
use messages::{EntryId, REQUEST_STREAM, RESPONSE_STREAM};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use streams::{Error, StreamInfo};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often a running engine looks. What is wrong is acted upon when it is seen twice in a row.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Both streams as they stood at one moment.
pub struct Ends {
    /// `request:stream`; nothing where it isn't there.
    pub requests: Option<StreamInfo>,
    /// The highest id that `response:stream` has given out.
    pub written: EntryId,
}

impl Ends {
    /// Asks for `response:stream` first: what is written follows from entries that are there.
    pub async fn read(log: &impl Log) -> Result<Self, Error> {
        let written = log.last_id(RESPONSE_STREAM).await?;
        let ends = Self { requests: log.info(REQUEST_STREAM).await?, written };
        // A server that came back without its end in between has less of both.
        if ends.foreign_output().is_some() && log.last_id(RESPONSE_STREAM).await? < written {
            return Err(Error::not_sent(format!("{RESPONSE_STREAM} has just lost its end")));
        }
        Ok(ends)
    }

    /// The highest id that `request:stream` has given out.
    pub fn stream_end(&self) -> EntryId {
        self.requests.as_ref().map_or(EntryId::MIN, |info| info.last_generated_id)
    }

    /// The highest id of an entry of `request:stream` that was deleted by itself.
    pub fn deleted(&self) -> EntryId {
        self.requests.as_ref().map_or(EntryId::MIN, |info| info.max_deleted_entry_id)
    }

    /// The end of `response:stream`, where it follows from no entry that there is or was. Redis
    /// refuses every output below it.
    pub fn foreign_output(&self) -> Option<EntryId> {
        (self.written.origin() > self.stream_end()).then_some(self.written)
    }
}

/// What an engine knows of entries that were deleted by themselves.
///
/// An entry was applied for certain when it was there at one look, or read before it.
#[derive(Clone, Copy, Debug)]
pub struct Deletions {
    known: EntryId,
    read: EntryId,
}

impl Deletions {
    /// Of a state that includes everything up to `read`.
    pub const fn new(known: EntryId, read: EntryId) -> Self {
        Self { known, read }
    }

    /// Takes note of the highest id that is deleted now. `read` is how far the engine had read
    /// before it asked. False when nobody knows whether this engine had applied the entry.
    pub fn note(&mut self, deleted: EntryId, read: EntryId) -> bool {
        let is_applied = deleted <= self.known.max(self.read);
        *self = Self { known: deleted, read };
        is_applied
    }
}

/// Looks beside the loop until it is dropped.
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

    /// Ends the loop when something was found: the next start says what, and what to do.
    pub fn check(&self) -> Result<(), Turn> {
        self.found.get().map_or(Ok(()), |reason| Err(Turn::StartOver(reason)))
    }
}

async fn keep_looking<W: World>(world: W, found: Arc<OnceLock<&'static str>>) {
    let mut suspicion = None;
    loop {
        world.clock().sleep(LOOK_INTERVAL).await;
        // While Redis is away there is nothing to be seen.
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
        return Ok(Some("response:stream has an id that is above every output"));
    }
    Ok(evicting(log).await?.map(|_| "Redis may remove streams to make room"))
}

/// Why the server can't be trusted, if it tells.
pub async fn evicting(log: &impl Log) -> Result<Option<String>, Error> {
    match log.server().await {
        Ok(server) => Ok(server.eviction_problem()),
        // Some servers forbid the question.
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
