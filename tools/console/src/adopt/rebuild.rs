//! Rebuilds the streams under temporary names, and then swaps them in atomically.

use super::plan::{PAGE_LEN, Plan};
use crate::context::Context;
use crate::history::stand_in;
use anyhow::{Context as _, Result};
use messages::{EntryId, Event, REQUEST_STREAM, RESPONSE_STREAM, StreamMessage as _};
use streams::{Entry, GroupInfo, PendingEntry, Redis, StreamInfo};

/// The names under which the replaced streams are kept.
pub fn kept_as(plan: &Plan) -> Vec<String> {
    let (mut names, shard) = (Vec::new(), plan.snapshot.shard);
    if plan.requests.is_damaged() && plan.requests.exists {
        names.push(replaced(&shard.key(REQUEST_STREAM), plan.made_at));
    }
    if plan.foreign_output.is_some() {
        names.push(replaced(&shard.key(RESPONSE_STREAM), plan.made_at));
    }
    names
}

/// Rebuilds `request:stream` from the snapshot's last entry, or a placeholder, and the entries
/// after it.
pub async fn requests(context: &Context, plan: &Plan) -> Result<()> {
    let (redis, stream) = (&context.redis, context.requests());
    let snapshot = plan.snapshot.last_id;
    let adopted = adopting(redis, &stream).await?;
    let first = redis.entry(&stream, snapshot).await?;
    let first = first.unwrap_or_else(|| {
        let payload = format!("{{\"snapshot\":{}}}", plan.snapshot.id);
        Entry { id: snapshot, fields: stand_in("ADOPTED", plan.made_at, &payload) }
    });
    redis.refill(&adopted, &[first]).await?;
    let keep = |entry: &Entry| entry.id <= plan.requests.end;
    let kept = copy(redis, &stream, &adopted, snapshot, keep).await?;
    let written = redis.last_id(&context.responses()).await?;
    // Outputs of lost entries stay written, so the next entry must be above them.
    let above = if plan.foreign_output.is_none() { written.origin() } else { EntryId::MIN };
    let length = kept + 1;
    let info = StreamInfo {
        length,
        last_generated_id: plan.requests.end.max(above),
        // More than the length, because this is not the beginning of history.
        entries_added: plan.requests.added.max(length + 1),
        first_entry_id: None,
        max_deleted_entry_id: EntryId::MIN,
    };
    redis.continue_as(&adopted, &info).await?;
    replace(redis, &stream, &adopted, plan).await
}

/// Rebuilds `response:stream` without the outputs that no request produced.
pub async fn outputs(context: &Context, plan: &Plan) -> Result<()> {
    let (redis, stream) = (&context.redis, context.responses());
    let adopted = adopting(redis, &stream).await?;
    let latest_ms = plan.made_at.saturating_add(messages::CLOCK_LEAD_MAX_MS);
    let keep = |entry: &Entry| entry.id.ms <= latest_ms && Event::decode(&entry.fields).is_ok();
    copy(redis, &stream, &adopted, EntryId::MIN, keep).await?;
    let top = redis.last_entry(&adopted).await?.map_or(EntryId::MIN, |entry| entry.id);
    // All outputs up to the snapshot were written; the engine writes the rest again.
    let top = top.max(plan.snapshot.last_id.output(u32::MAX));
    let old = redis.stream_info(&stream).await?.context("response:stream has disappeared")?;
    redis.continue_as(&adopted, &StreamInfo { last_generated_id: top, ..old }).await?;
    for group in redis.groups(&stream).await? {
        let pending = pending(redis, &stream, &group, top).await?;
        let is_beyond = group.last_delivered > top;
        let group = GroupInfo {
            last_delivered: group.last_delivered.min(top),
            entries_read: if is_beyond { None } else { group.entries_read },
            ..group
        };
        redis.continue_group(&adopted, &group, &pending).await?;
    }
    replace(redis, &stream, &adopted, plan).await
}

async fn pending(
    redis: &Redis,
    stream: &str,
    group: &GroupInfo,
    top: EntryId,
) -> Result<Vec<PendingEntry>> {
    let (mut all, mut after) = (Vec::new(), EntryId::MIN);
    loop {
        let page = redis.pending_entries(stream, &group.name, after, PAGE_LEN).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.id;
        all.extend(page.into_iter().filter(|pending| pending.id <= top));
    }
}

async fn copy(
    redis: &Redis,
    from: &str,
    to: &str,
    mut after: EntryId,
    keep: impl Fn(&Entry) -> bool,
) -> Result<u64> {
    let mut count = 0;
    loop {
        let page = redis.read_range(from, after, PAGE_LEN).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.id;
        let kept: Vec<Entry> = page.into_iter().filter(&keep).collect();
        count += kept.len() as u64;
        if !kept.is_empty() {
            redis.refill(to, &kept).await?;
        }
    }
}

/// Returns the temporary name of a rebuilt stream, after removing the remains of an earlier
/// attempt.
async fn adopting(redis: &Redis, stream: &str) -> Result<String> {
    let name = format!("{stream}:adopting");
    redis.batch().remove(&name).send().await?;
    Ok(name)
}

/// The name under which a stream replaced at this time (Unix ms) is kept.
pub fn replaced(stream: &str, at_ms: u64) -> String {
    format!("{stream}:replaced:{at_ms}")
}

async fn replace(redis: &Redis, stream: &str, adopted: &str, plan: &Plan) -> Result<()> {
    let mut batch = redis.batch();
    if redis.stream_info(stream).await?.is_some() {
        batch.rename(stream, &replaced(stream, plan.made_at));
    }
    batch.rename(adopted, stream).send().await?;
    Ok(())
}
