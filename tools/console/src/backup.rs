//! `velox backup`.
//!
//! The order of the copies decides whether database and streams fit together. While all services
//! run:
//!
//! 1. The newest snapshot S of the engine is chosen. All outputs of its entries are in
//!    `response:stream`, because the engine stores a snapshot only then.
//! 2. The streams that workers read are copied, after the positions of their groups. Entries that a
//!    group has acknowledged are committed to the database, and are covered by step 3.
//! 3. A snapshot of the database is taken, from which the dump is made, however long that takes.
//! 4. `request:stream` is copied, from before S up to an entry W after step 3.
//!
//! After a restore the engine continues from S (newer snapshots in the dump are deleted: they may
//! contain entries whose outputs were not copied in step 2), applies everything up to W, and writes
//! the missing outputs under their original ids. Every row in the dump comes from an entry before
//! W, because W is later than the dump; writing it again has no effect.
//!
//! W must not be too late either: a user who signed up after step 3 has no row in `users`, and an
//! account that was opened then has none in `accounts`. The copy ends before the first account that was
//! created after step 2 and is not in the dump. As the row is written before the engine's entry, that
//! is after step 3 as well.

use crate::archive::{
    DUMP, EntryWriter, FORMAT, FileMark, GroupCopy, Manifest, ShardCopy, StreamCopy, file_name,
};
use crate::context::{Context, Verdict};
use crate::dead_letters;
use crate::history::{Origin, Replay, state_hash};
use crate::postgres_programs;
use crate::words::{now_ms, size, time};
use anyhow::{Context as _, Result, bail, ensure};
use messages::{
    EntryId, MAIL_STREAM, Request, RequestEntry, StreamMessage as _, UPLOADER_STREAM, UserId,
    last_price_key,
};
use service::DatabaseArgs;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use streams::{GroupInfo, PendingEntry, Redis, StreamInfo};

/// The number of entries read per page.
const PAGE_LEN: usize = 1_000;

/// The expiry (ms) of a key that has none any more when it is read.
const KEY_EXPIRY_MS: u64 = 60_000;

const EXAMPLES: &str = "\
Examples:
  velox backup /var/backups/velox/$(date +%F)
  velox backup /mnt/backup/velox --pg-bin /usr/lib/postgresql/17/bin

The services can keep running. docs/backup.md describes backups and how to restore them.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The folder to write to: empty, or not existing yet.
    dir: PathBuf,
    /// The folder of `pg_dump`, if it is not in a usual place.
    #[arg(long, env = "PG_BIN", value_name = "DIR")]
    pg_bin: Option<PathBuf>,
}

/// The database's properties at the time of the dump.
struct Database {
    snapshot: String,
    version: String,
    timescaledb: bool,
}

/// A shard that is copied.
struct Place {
    context: Context,
    replay: Replay,
    /// The last entry before the view of the database was taken.
    before_dump: EntryId,
}

impl Place {
    fn copied(&self) -> ShardCopy {
        ShardCopy {
            shard: self.context.shard.number(),
            watermark: self.replay.read,
            state_hash: state_hash(&self.replay.exchange),
            snapshot: match self.replay.origin {
                Origin::Snapshot(id) => Some(id),
                Origin::Beginning => None,
            },
        }
    }
}

/// The view of the database that `pg_dump` dumps.
struct Dumped<'a> {
    transaction: &'a mut PgConnection,
    /// The last entry of `request:stream` before this view was taken.
    began_after: EntryId,
}

pub async fn run(
    arguments: &Arguments,
    context: &Context,
    database: &DatabaseArgs,
) -> Result<Verdict> {
    let dir = &arguments.dir;
    let pg_dump = postgres_programs::find("pg_dump", arguments.pg_bin.as_deref())?;
    prepare(dir)?;
    let redis = &context.redis;
    let mut places = Vec::new();
    for context in context.each() {
        let replay = Replay::before(&context, EntryId::new(u64::MAX, u64::MAX)).await?;
        places.push(Place { context, replay, before_dump: EntryId::MIN });
    }
    let mut streams = Vec::new();
    let responses = places.iter().map(|place| place.context.responses());
    let names: Vec<String> =
        responses.chain([UPLOADER_STREAM, MAIL_STREAM].map(str::to_owned)).collect();
    for name in names {
        streams.extend(copy(redis, &name, dir).await?);
    }
    for stream in dead_letters::streams(redis) {
        streams.extend(copy(redis, &redis.dead_letters(&stream), dir).await?);
    }
    for place in &mut places {
        place.before_dump = redis.last_id(&place.context.requests()).await?;
    }
    let mut transaction = context.pool.begin().await.context("PostgreSQL")?;
    let described = describe(&mut transaction).await.context("PostgreSQL")?;
    for place in &mut places {
        check_that_it_has(place.replay.origin, &mut transaction).await?;
        let dumped = Dumped { transaction: &mut transaction, began_after: place.before_dump };
        streams.extend(copy_requests(&place.context, dir, &mut place.replay, dumped).await?);
    }
    let keys = keys(redis).await?;
    let file = dir.join(DUMP).display().to_string();
    let snapshot = format!("--snapshot={}", described.snapshot);
    let name = database.database_url.get_database().unwrap_or("postgres");
    let dump_arguments =
        ["--format=custom", "--no-owner", "--no-privileges", &snapshot, "--file", &file, name];
    postgres_programs::run(&pg_dump, &database.database_url, &dump_arguments).await?;
    transaction.commit().await.context("PostgreSQL")?;

    let manifest = Manifest {
        format: FORMAT,
        velox: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: time(now_ms()),
        redis: redis.server_version().await?,
        postgres: described.version,
        timescaledb: described.timescaledb,
        shards: places.iter().map(Place::copied).collect(),
        files: marks(dir, &streams)?,
        streams,
        keys,
    };
    manifest.write(dir)?;
    print(context, dir, &manifest)?;
    Ok(Verdict::Well)
}

fn prepare(dir: &Path) -> Result<()> {
    // The backup holds emails and password hashes, so only its owner may read it.
    let private = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    private.with_context(|| format!("{} can't be created", dir.display()))?;
    let mut found = fs::read_dir(dir).with_context(|| format!("{}", dir.display()))?;
    ensure!(found.next().is_none(), "{} is not empty; use another folder", dir.display());
    Ok(())
}

/// Copies a stream and the state of its consumer groups; returns none if it does not exist.
async fn copy(redis: &Redis, name: &str, dir: &Path) -> Result<Option<StreamCopy>> {
    let groups = groups(redis, name).await?;
    let Some(info) = redis.stream_info(name).await? else { return Ok(None) };
    let file = file_name(name);
    let mut writer = EntryWriter::create(&dir.join(&file))?;
    // Entries added during the copy count as well.
    let (mut last_generated, mut entries_added) = (info.last_generated_id, info.entries_added);
    let mut after = EntryId::MIN;
    loop {
        let page = redis.read_range(name, after, PAGE_LEN).await?;
        for entry in &page {
            writer.write(entry)?;
            if entry.id > last_generated {
                (last_generated, entries_added) = (entry.id, entries_added + 1);
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE_LEN => after = last.id,
            _ => break,
        }
    }
    let (name, entries) = (name.to_owned(), writer.finish()?);
    Ok(Some(StreamCopy { name, file, entries, last_generated, entries_added, groups }))
}

async fn groups(redis: &Redis, stream: &str) -> Result<Vec<GroupCopy>> {
    let mut groups = Vec::new();
    for group in redis.groups(stream).await? {
        let pending = pending(redis, stream, &group).await?;
        groups.push(GroupCopy::of(&group, pending));
    }
    Ok(groups)
}

async fn pending(redis: &Redis, stream: &str, group: &GroupInfo) -> Result<Vec<PendingEntry>> {
    let mut all: Vec<PendingEntry> = Vec::new();
    loop {
        let after = all.last().map_or(EntryId::MIN, |last| last.id);
        let page = redis.pending_entries(stream, &group.name, after, PAGE_LEN).await?;
        let is_last = page.len() < PAGE_LEN;
        // Entries delivered after the group's position was read will be delivered again.
        all.extend(page.into_iter().filter(|pending| pending.id <= group.last_delivered));
        if is_last {
            return Ok(all);
        }
    }
}

/// Fixes the view of the transaction, and exports it for `pg_dump`.
async fn describe(transaction: &mut PgConnection) -> Result<Database, sqlx::Error> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(&mut *transaction)
        .await?;
    let snapshot = sqlx::query_scalar!(r#"select pg_export_snapshot() as "snapshot!""#)
        .fetch_one(&mut *transaction)
        .await?;
    let version = sqlx::query_scalar!(r#"select current_setting('server_version') as "version!""#)
        .fetch_one(&mut *transaction)
        .await?;
    let timescaledb = sqlx::query_scalar!(
        r#"select exists (select from pg_extension where extname = 'timescaledb') as "exists!""#
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(Database { snapshot, version, timescaledb })
}

/// Checks that the chosen snapshot still exists: if workers are far behind, their streams take long
/// to copy, and the engine deletes old snapshots in the meantime.
async fn check_that_it_has(origin: Origin, transaction: &mut PgConnection) -> Result<()> {
    let Origin::Snapshot(id) = origin else { return Ok(()) };
    let exists = sqlx::query_scalar!(
        r#"select exists (select from snapshots where id = $1) as "exists!""#,
        id
    );
    let exists = exists.fetch_one(transaction).await.context("PostgreSQL")?;
    ensure!(exists, "snapshot {id} was deleted meanwhile; try again with a higher SNAPSHOTS_KEPT");
    Ok(())
}

/// Copies `request:stream` up to the watermark, and applies its entries to `replay`.
async fn copy_requests(
    context: &Context,
    dir: &Path,
    replay: &mut Replay,
    mut dumped: Dumped<'_>,
) -> Result<Option<StreamCopy>> {
    let (redis, stream) = (&context.redis, context.requests());
    let begins_with = replay.read;
    let Some((info, mut page)) = begin_requests(redis, &stream).await? else { return Ok(None) };
    let file = file_name(&stream);
    let mut writer = EntryWriter::create(&dir.join(&file))?;
    'copy: loop {
        for entry in &page {
            if entry.id > info.last_generated_id {
                break 'copy;
            }
            if dumped.misses_the_owner(entry).await? {
                break 'copy;
            }
            if entry.id > begins_with {
                // An unreadable entry is copied as well; the engine moves it to the dead letters
                // again.
                let _ = replay.apply(entry);
            }
            writer.write(entry)?;
        }
        let Some(last) = page.last().filter(|_| page.len() == PAGE_LEN) else { break };
        page = match redis.read_on(&stream, last.id, PAGE_LEN).await? {
            Some(page) => page,
            None => bail!("{stream} was trimmed while it was being copied; try again"),
        };
    }
    let watermark = writer.last.unwrap_or(EntryId::MIN);
    ensure!(watermark >= begins_with, "{stream} lost its end while it was being copied");
    let entries = writer.finish()?;
    Ok(Some(StreamCopy {
        groups: groups(redis, &stream).await?,
        name: stream,
        file,
        entries,
        last_generated: watermark,
        // Without the entries after the watermark.
        entries_added: info.entries_added - info.length + entries,
    }))
}

/// Reads the first page and the end of the stream, with no trimming in between.
async fn begin_requests(
    redis: &Redis,
    stream: &str,
) -> Result<Option<(StreamInfo, Vec<streams::Entry>)>> {
    loop {
        let Some(info) = redis.stream_info(stream).await? else { return Ok(None) };
        let page = redis.read_range(stream, EntryId::MIN, PAGE_LEN).await?;
        if page.first().map(|first| first.id) == info.first_entry_id {
            return Ok(Some((info, page)));
        }
    }
}

impl Dumped<'_> {
    /// Returns whether an entry creates an account that was opened after the dump: the first one of a
    /// user who signed up, or another one. An earlier account without an owner stays: the user was
    /// deleted by hand.
    async fn misses_the_owner(&mut self, entry: &streams::Entry) -> Result<bool> {
        if entry.id <= self.began_after {
            return Ok(false);
        }
        let Ok(RequestEntry { request: Request::RegisterUser(user_id, _), .. }) =
            RequestEntry::decode(&entry.fields)
        else {
            return Ok(false);
        };
        let UserId(id) = user_id;
        let known = sqlx::query_scalar!(
            r#"select exists (select from users where id = $1)
                   or exists (select from accounts where account_id = $1) as "exists!""#,
            id
        );
        Ok(!known.fetch_one(&mut *self.transaction).await.context("PostgreSQL")?)
    }
}

/// The last prices, from which a simulation continues. Sessions, tickets, limits and leases are not
/// kept: users have to sign in again.
async fn keys(redis: &Redis) -> Result<BTreeMap<String, (String, u64)>> {
    let mut keys = BTreeMap::new();
    for key in markets::published(redis).await?.symbols().map(last_price_key) {
        let Some(value) = redis.get(&key).await? else { continue };
        let expiry = redis.expires_in(&key).await?;
        let expiry = expiry.and_then(|expiry| u64::try_from(expiry.as_millis()).ok());
        keys.insert(key, (value, expiry.unwrap_or(KEY_EXPIRY_MS)));
    }
    Ok(keys)
}

fn marks(dir: &Path, streams: &[StreamCopy]) -> Result<BTreeMap<String, FileMark>> {
    let files = streams.iter().map(|stream| stream.file.clone()).chain([DUMP.to_owned()]);
    files.map(|file| FileMark::of(&dir.join(&file)).map(|mark| (file, mark))).collect()
}

fn print(context: &Context, dir: &Path, manifest: &Manifest) -> Result<()> {
    if context.output.is_json() {
        return context.output.document(manifest);
    }
    let rows = manifest.streams.iter().map(|stream| {
        let mark = &manifest.files[&stream.file];
        [stream.name.clone(), stream.entries.to_string(), size(mark.bytes), stream.file.clone()]
    });
    let dump =
        ["database".to_owned(), "–".to_owned(), size(manifest.files[DUMP].bytes), DUMP.to_owned()];
    context.output.table(["what", ">entries", ">size", "file"], rows.chain([dump]))?;
    context.output.say("")?;
    context.output.facts(&[("backup", dir.display().to_string())])?;
    for ShardCopy { shard, watermark, state_hash, .. } in &manifest.shards {
        if context.shard.is_tagged() {
            context.output.heading(&format!("Shard {shard}"))?;
        }
        context.output.facts(&[
            ("of", format!("entry {watermark}, {}", time(watermark.ms))),
            ("state hash", state_hash.clone()),
        ])?;
    }
    Ok(())
}
