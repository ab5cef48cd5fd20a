//! The lines that db-worker has not written yet.

use crate::context::Context;
use anyhow::{Context as _, Result};
use messages::{EntryId, Event, Income, RESPONSE_STREAM, StreamMessage as _};
use std::collections::BTreeMap;
use streams::Entry;

/// The group that writes the lines.
const GROUP: &str = "db-worker";

/// The number of entries read per page.
const PAGE_LEN: usize = 1_000;

/// The lines of the events that are not acknowledged.
pub struct Unwritten {
    /// The lines, by the ids of their events.
    lines: BTreeMap<EntryId, Vec<Income>>,
    /// The last event that the engine had written.
    last: EntryId,
}

impl Unwritten {
    /// Reads the events that the group has not acknowledged.
    pub async fn read(context: &Context) -> Result<Self> {
        let (redis, stream) = (&context.redis, context.responses());
        let last = redis.last_id(&stream).await?;
        let groups = redis.groups(&stream).await?;
        let group = groups.iter().find(|group| group.name == GROUP);
        let mut unwritten = Self { lines: BTreeMap::new(), last };
        if group.is_some() {
            unwritten.add_pending(context).await?;
        }
        // Nobody acknowledges anything before there is a group.
        let mut after = group.map_or(EntryId::MIN, |group| group.last_delivered);
        loop {
            let page = redis.read_range(&stream, after, PAGE_LEN).await?;
            let Some(end) = page.last() else { return Ok(unwritten) };
            after = end.id;
            for entry in &page {
                unwritten.add_entry(entry)?;
            }
        }
    }

    async fn add_pending(&mut self, context: &Context) -> Result<()> {
        let (redis, stream) = (&context.redis, context.responses());
        let mut after = EntryId::MIN;
        loop {
            let page = redis.pending_entries(&stream, GROUP, after, PAGE_LEN).await?;
            let Some(end) = page.last() else { return Ok(()) };
            after = end.id;
            for pending in page {
                // One that is gone was acknowledged in the meantime.
                if let Some(entry) = redis.entry(&stream, pending.id).await? {
                    self.add_entry(&entry)?;
                }
            }
        }
    }

    fn add_entry(&mut self, entry: &Entry) -> Result<()> {
        let event = Event::decode(&entry.fields);
        let event = event.with_context(|| format!("{} of {RESPONSE_STREAM}", entry.id))?;
        self.lines.insert(entry.id, event.income(entry.id));
        Ok(())
    }

    /// Adds an event of a replay, if the engine had not written it yet.
    pub fn add_if_later(&mut self, id: EntryId, event: &Event) {
        if id > self.last {
            self.lines.insert(id, event.income(id));
        }
    }

    /// Returns the lines of the events of all entries up to `until`.
    pub fn into_lines(self, until: EntryId) -> Vec<Income> {
        let events = self.lines.into_iter().take_while(|(id, _)| id.origin() <= until);
        events.flat_map(|(_, lines)| lines).collect()
    }
}
