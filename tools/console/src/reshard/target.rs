//! The new shards: their streams and snapshots.

use super::source::Source;
use crate::archive::{Manifest, StreamCopy};
use crate::context::Context;
use crate::history::{Replay, stand_in};
use crate::restore::{restore_keys, restore_stream};
use anyhow::{Context as _, Result};
use exchange::Exchange;
use messages::{EntryId, MAIL_STREAM, UPLOADER_STREAM};
use std::path::Path;
use streams::{Entry, Redis, StreamInfo};

/// The number of entries written together.
const PAGE_LEN: usize = 1_000;

/// zstd's level of snapshots, as the engine has it.
const COMPRESSION_LEVEL: i32 = 1;

/// Writes the streams of the new shards, and those that belong to none.
pub async fn write_streams(
    context: &Context,
    manifest: &Manifest,
    dir: &Path,
    source: &Source,
) -> Result<()> {
    for copy in &manifest.streams {
        if let Some(name) = carried_over(&context.redis, &copy.name) {
            restore_stream(&context.redis, &StreamCopy { name, ..copy.clone() }, dir).await?;
        }
    }
    restore_keys(&context.redis, manifest).await?;
    for context in context.each() {
        begin_requests(&context, source.end).await?;
        write_events(&context, source).await?;
    }
    Ok(())
}

/// The name that a stream that belongs to no shard has on the new servers.
fn carried_over(redis: &Redis, name: &str) -> Option<String> {
    let kept = [UPLOADER_STREAM, MAIL_STREAM].into_iter().find(|kept| name.contains(kept))?;
    Some(if name == kept { kept.to_owned() } else { redis.dead_letters(kept) })
}

/// Begins `request:stream` of a shard with the entry with which its snapshot ends.
async fn begin_requests(context: &Context, end: EntryId) -> Result<()> {
    let requests = context.requests();
    let first = Entry { id: end, fields: stand_in("RESHARDED", end.ms, "{}") };
    context.redis.refill(&requests, &[first]).await?;
    // More than the length, because this is not the beginning of history.
    Ok(context.redis.continue_as(&requests, &info(1, 2, end)).await?)
}

/// Writes the events of the shard's accounts that the database may not have. A worker that finds no
/// group reads all of them; those that are in the database already have no effect.
async fn write_events(context: &Context, source: &Source) -> Result<()> {
    let (shards, responses) = (context.redis.shards(), context.responses());
    let own = source.events.iter().filter(|(account, _)| shards.of(*account) == context.shard);
    let own: Vec<Entry> = own.map(|(_, event)| event.clone()).collect();
    for page in own.chunks(PAGE_LEN) {
        context.redis.refill(&responses, page).await?;
    }
    let length = own.len() as u64;
    // All outputs up to the snapshot were written.
    let last = source.end.output(u32::MAX);
    Ok(context.redis.continue_as(&responses, &info(length, length, last)).await?)
}

const fn info(length: u64, entries_added: u64, last_generated_id: EntryId) -> StreamInfo {
    StreamInfo {
        length,
        last_generated_id,
        entries_added,
        first_entry_id: None,
        max_deleted_entry_id: EntryId::MIN,
    }
}

/// Replaces the snapshots by those of the new shards.
pub async fn store(context: &Context, states: &[Exchange]) -> Result<()> {
    let shards = context.redis.shards();
    let mut transaction = context.pool.begin().await.context("PostgreSQL")?;
    let epoch = sqlx::query_scalar!(r#"select coalesce(max(epoch), 0) as "epoch!" from snapshots"#)
        .fetch_one(&mut *transaction)
        .await
        .context("PostgreSQL")?;
    sqlx::query!("delete from snapshots").execute(&mut *transaction).await.context("PostgreSQL")?;
    for (shard, state) in shards.all().zip(states) {
        let encoded = state.freeze().encode();
        let mut data = serde_json::to_value(&encoded.summary)?;
        data["stateHash"] = encoded.hash.into();
        sqlx::query!(
            r#"insert into snapshots ("lastStreamId", data, state, epoch, shard, shards)
               values ($1, $2, $3, $4, $5, $6)"#,
            state.last_id().to_string(),
            data,
            zstd::bulk::compress(&encoded.bytes, COMPRESSION_LEVEL)?,
            epoch,
            i32::from(shard.number()),
            i32::from(shards.count()),
        )
        .execute(&mut *transaction)
        .await
        .context("PostgreSQL")?;
    }
    transaction.commit().await.context("PostgreSQL")
}

/// Computes the states as the engines will.
pub async fn read_back(context: &Context) -> Result<Vec<Exchange>> {
    let mut states = Vec::new();
    for context in context.each() {
        states.push(Replay::to_the_end(&context).await?.exchange);
    }
    Ok(states)
}
