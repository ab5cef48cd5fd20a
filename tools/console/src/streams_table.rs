//! `velox streams`.

use crate::context::{Context, Verdict};
use crate::words::{age, now_ms, or_dash, size};
use anyhow::Result;
use messages::EntryId;
use serde::Serialize;
use streams::{GroupInfo, Redis};

const EXAMPLES: &str = "\
Examples:
  velox streams
  velox streams --json | jq '.[] | select(.length > 100000) | .name'";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

/// The state of a stream.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    pub name: String,
    pub length: u64,
    pub entries_added: u64,
    pub first: Option<EntryId>,
    pub last: Option<EntryId>,
    pub last_generated: EntryId,
    pub bytes: u64,
    pub groups: Vec<Group>,
}

/// The state of a consumer group.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub stream: String,
    pub name: String,
    pub consumers: Vec<Consumer>,
    /// Entries not yet read.
    pub lag: Option<u64>,
    /// Entries read and not acknowledged.
    pub pending: u64,
    pub oldest_pending: Option<EntryId>,
    /// The oldest entry that is not acknowledged, read or not.
    pub oldest_unacknowledged: Option<EntryId>,
    pub oldest_unacknowledged_age_ms: Option<u64>,
}

/// A member of a group.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    pub name: String,
    pub pending: u64,
}

/// Reads the state of all streams, ordered by name.
pub async fn survey(redis: &Redis) -> Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for name in redis.keys("*", Some("stream")).await? {
        // The stream may have been removed since.
        let Some(info) = redis.stream_info(&name).await? else { continue };
        let last = redis.last_entry(&name).await?.map(|entry| entry.id);
        let bytes = redis.memory(&name).await?.unwrap_or_default();
        let mut groups = Vec::new();
        for group in redis.groups(&name).await? {
            let oldest = redis.unacknowledged(&name, &group.name, 1).await?;
            groups.push(Group::of(&name, group, oldest.first().map(|entry| entry.id)));
        }
        streams.push(Stream {
            name,
            length: info.length,
            entries_added: info.entries_added,
            first: info.first_entry_id,
            last,
            last_generated: info.last_generated_id,
            bytes,
            groups,
        });
    }
    Ok(streams)
}

pub async fn run(context: &Context) -> Result<Verdict> {
    let streams = survey(&context.redis).await?;
    if context.output.is_json() {
        context.output.document(&streams)?;
        return Ok(Verdict::Well);
    }
    if streams.is_empty() {
        context.output.say("there is no stream yet: no service has run on this Redis")?;
        return Ok(Verdict::Well);
    }
    print(context, &streams)?;
    Ok(Verdict::Well)
}

fn print(context: &Context, streams: &[Stream]) -> Result<()> {
    let names = ["stream", ">entries", ">ever", "first", ">age", "last", ">age", ">memory"];
    let rows = streams.iter().map(|stream| {
        [
            stream.name.clone(),
            stream.length.to_string(),
            stream.entries_added.to_string(),
            or_dash(stream.first),
            or_dash(stream.first.map(|id| age(id.ms))),
            or_dash(stream.last),
            or_dash(stream.last.map(|id| age(id.ms))),
            size(stream.bytes),
        ]
    });
    context.output.table(names, rows)?;
    if streams.iter().any(|stream| !stream.groups.is_empty()) {
        context.output.heading("Consumer groups")?;
        print_groups(context, streams.iter().flat_map(|stream| &stream.groups))?;
    }
    Ok(())
}

/// Prints the table of consumer groups.
pub fn print_groups<'a>(context: &Context, groups: impl Iterator<Item = &'a Group>) -> Result<()> {
    let names =
        ["stream", "group", "consumers", ">to read", ">pending", "oldest pending", ">behind"];
    let rows = groups.map(|group| {
        let consumers = group.consumers.iter();
        let consumers: Vec<_> =
            consumers.map(|consumer| format!("{} ({})", consumer.name, consumer.pending)).collect();
        [
            group.stream.clone(),
            group.name.clone(),
            consumers.join(", "),
            or_dash(group.lag),
            group.pending.to_string(),
            or_dash(group.oldest_pending),
            or_dash(group.oldest_unacknowledged.map(|id| age(id.ms))),
        ]
    });
    context.output.table(names, rows)
}

impl Group {
    fn of(stream: &str, info: GroupInfo, oldest_unacknowledged: Option<EntryId>) -> Self {
        let consumer = |(name, pending)| Consumer { name, pending };
        Self {
            stream: stream.to_owned(),
            name: info.name,
            consumers: info.consumers.into_iter().map(consumer).collect(),
            lag: info.lag,
            pending: info.pending,
            oldest_pending: info.oldest_pending,
            oldest_unacknowledged,
            oldest_unacknowledged_age_ms: oldest_unacknowledged
                .map(|id| now_ms().saturating_sub(id.ms)),
        }
    }
}
