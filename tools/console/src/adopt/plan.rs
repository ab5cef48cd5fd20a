//! The plan of `velox adopt`: the damage, and the snapshot to continue from.

use super::records::Contradicting;
use crate::context::Context;
use crate::history::{self, Snapshot};
use crate::words::{now_ms, span};
use anyhow::Result;
use messages::{
    CLOCK_LEAD_MAX_MS, EntryId, REQUEST_STREAM, RESPONSE_STREAM, RequestEntry, StreamMessage as _,
};
use streams::Entry;

/// The number of entries read per page.
pub const PAGE_LEN: usize = 1_000;

/// The planned changes.
pub struct Plan {
    /// The newest sound snapshot that does not end in the future.
    pub snapshot: Snapshot,
    pub requests: Requests,
    /// The rows that contradict the adopted history.
    pub contradicting: Contradicting,
    /// The end of `response:stream`, if no request produced it.
    pub foreign_output: Option<EntryId>,
    /// The time of the plan (Unix ms).
    pub made_at: u64,
}

/// The state of `request:stream` relative to the snapshot.
pub struct Requests {
    /// True if the stream holds the entry with which the snapshot ends.
    pub is_held: bool,
    /// The highest entry after the snapshot that was deleted individually.
    pub deleted: Option<EntryId>,
    /// The number of entries after the snapshot that are kept.
    pub kept: u64,
    /// The last of these entries, or else the snapshot's.
    pub end: EntryId,
    /// The first id in the future; all later ids are in the future as well.
    pub first_of_future: Option<EntryId>,
    /// The number of entries with ids in the future.
    pub future: u64,
    /// The number of commands of traders and operators among those.
    pub future_commands: u64,
    /// The number of entries ever added.
    pub added: u64,
    /// True if the stream exists.
    pub exists: bool,
    /// The last id that was generated.
    pub last_generated: EntryId,
}

impl Requests {
    async fn look(context: &Context, snapshot: EntryId, latest_ms: u64) -> Result<Self> {
        let (redis, stream) = (&context.redis, context.requests());
        let info = redis.stream_info(&stream).await?;
        let deleted = info.map_or(EntryId::MIN, |info| info.max_deleted_entry_id);
        let mut requests = Self {
            is_held: redis.contains(&stream, snapshot).await?,
            deleted: (deleted > snapshot).then_some(deleted),
            kept: 0,
            end: snapshot,
            first_of_future: None,
            future: 0,
            future_commands: 0,
            added: info.map_or(0, |info| info.entries_added),
            exists: info.is_some(),
            last_generated: info.map_or(EntryId::MIN, |info| info.last_generated_id),
        };
        let mut after = snapshot;
        loop {
            let page = redis.read_range(&stream, after, PAGE_LEN).await?;
            for entry in &page {
                if entry.id.ms > latest_ms {
                    requests.first_of_future.get_or_insert(entry.id);
                    requests.future += 1;
                    requests.future_commands += u64::from(is_command(entry));
                } else {
                    (requests.kept, requests.end) = (requests.kept + 1, entry.id);
                }
            }
            match page.last() {
                Some(last) => after = last.id,
                None => break,
            }
        }
        if requests.last_generated.ms > latest_ms {
            requests.first_of_future.get_or_insert(requests.last_generated);
        }
        Ok(requests)
    }

    pub const fn is_damaged(&self) -> bool {
        !self.is_held || self.deleted.is_some() || self.first_of_future.is_some()
    }
}

impl Plan {
    /// Makes the plan; returns none if there is no snapshot to continue from.
    pub async fn make(context: &Context) -> Result<Option<Self>> {
        let made_at = now_ms();
        let latest_ms = made_at.saturating_add(CLOCK_LEAD_MAX_MS);
        let mut found = None;
        for snapshot in history::snapshots(context).await? {
            if snapshot.last_id.ms > latest_ms {
                eprintln!("velox: snapshot {} ends in the future and is skipped", snapshot.id);
                continue;
            }
            match history::load(&context.pool, snapshot.id).await {
                Ok(_) => {
                    found = Some(snapshot);
                    break;
                }
                Err(error) => eprintln!("velox: snapshot {} is skipped: {error:#}", snapshot.id),
            }
        }
        let Some(snapshot) = found else { return Ok(None) };
        let requests = Requests::look(context, snapshot.last_id, latest_ms).await?;
        let written = context.redis.last_id(&context.responses()).await?;
        let is_foreign = written.ms > latest_ms
            || requests.is_held && written.origin() > requests.last_generated;
        let foreign_output = is_foreign.then_some(written);
        let contradicting = if requests.is_damaged() {
            Contradicting::find(context, requests.end).await?
        } else {
            Contradicting::default()
        };
        Ok(Some(Self { snapshot, requests, contradicting, foreign_output, made_at }))
    }

    pub const fn is_sound(&self) -> bool {
        !self.requests.is_damaged() && self.foreign_output.is_none()
    }

    /// Returns a sentence for each problem.
    pub fn problems(&self) -> Vec<String> {
        let shard = self.snapshot.shard;
        let (request_stream, response_stream) =
            (shard.key(REQUEST_STREAM), shard.key(RESPONSE_STREAM));
        let (last, requests) = (self.snapshot.last_id, &self.requests);
        let mut problems = Vec::new();
        if !requests.exists {
            problems.push(format!("{request_stream} is gone"));
        } else if !requests.is_held {
            problems.push(format!(
                "{request_stream} does not hold entry {last}, with which the snapshot ends (it ends \
                 with {})",
                requests.last_generated
            ));
        }
        if let Some(deleted) = requests.deleted {
            problems.push(format!("entry {deleted} of {request_stream} was deleted by hand"));
        }
        if let Some(first) = requests.first_of_future {
            let ahead = span(first.ms.saturating_sub(self.made_at));
            problems.push(format!("{request_stream} has id {first}, {ahead} ahead of the clock"));
        }
        if let Some(written) = self.foreign_output {
            problems.push(format!(
                "{response_stream} ends with {written}, which no request produced: Redis refuses \
                 every output below it"
            ));
        }
        problems
    }
}

/// Returns whether a sender was told the outcome: true for all but prices and the engine's own
/// entries.
fn is_command(entry: &Entry) -> bool {
    RequestEntry::decode(&entry.fields).is_ok_and(|entry| entry.request_id.is_some())
}
