//! `velox restore`.

use crate::archive::{DUMP, Manifest, ShardCopy, StreamCopy, read_pages};
use crate::context::{Context, Verdict, absent};
use crate::history::{Replay, state_hash};
use crate::{postgres_programs, timescale};
use anyhow::{Context as _, Result, bail, ensure};
use messages::{ENGINE_STATUS, SERVICE_KEYS, Shard};
use serde_json::json;
use service::DatabaseArgs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use streams::Redis;

/// The key of the engine's lease.
pub const ENGINE_LEASE: &str = "engine:lease";

const EXAMPLES: &str = "\
Examples:
  REDIS_URL=redis://127.0.0.1:6380 velox restore /var/backups/velox/2026-11-24
  velox restore /mnt/backup/velox --force     replaces the existing data

Stop all services first. Redis and the database must be empty, unless --force allows their \
contents to be deleted.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    backup: BackupArgs,
}

/// The arguments of commands that fill servers from a backup.
#[derive(clap::Args)]
pub struct BackupArgs {
    /// The backup's folder.
    pub dir: PathBuf,
    /// Delete everything in Redis and in the database first.
    #[arg(long)]
    pub force: bool,
    /// The folder of `pg_restore`, if it is not in a usual place.
    #[arg(long, env = "PG_BIN", value_name = "DIR")]
    pg_bin: Option<PathBuf>,
}

impl BackupArgs {
    /// Finds `pg_restore`, and opens the backup.
    ///
    /// # Errors
    /// When the program or the folder is not there, or the folder's files are not those of a backup.
    pub fn open(&self) -> Result<(PathBuf, Manifest)> {
        let pg_restore = postgres_programs::find("pg_restore", self.pg_bin.as_deref())?;
        if !self.dir.is_dir() {
            return Err(absent(format!("{} is not a folder", self.dir.display())));
        }
        Ok((pg_restore, Manifest::open(&self.dir)?))
    }
}

pub async fn run(
    arguments: &Arguments,
    context: &Context,
    database: &DatabaseArgs,
) -> Result<Verdict> {
    let BackupArgs { dir, force, .. } = &arguments.backup;
    let (pg_restore, manifest) = arguments.backup.open()?;
    check_shards(context, &manifest)?;
    check_that_nothing_runs(context, context.redis.shards().all()).await?;
    make_room(context, *force).await?;
    let workers_run = restore_database(context, database, &manifest, dir, &pg_restore).await?;
    restore_streams(&context.redis, &manifest, dir).await?;
    let problem = "the restored state differs from the backup";
    for copied in &manifest.shards {
        check(&context.named(Some(copied.shard))?, copied).await.context(problem)?;
    }
    print(context, &manifest, workers_run)?;
    Ok(Verdict::of(workers_run))
}

/// Checks that the backup is that of as many shards as the settings have.
fn check_shards(context: &Context, manifest: &Manifest) -> Result<()> {
    let (found, wanted) = (manifest.shards.len(), context.redis.shards().count());
    ensure!(
        found == usize::from(wanted),
        "the backup is that of {found} shards, and SHARDS is {wanted}: restore it with \
         SHARDS={found}, or divide its accounts anew with `velox reshard`"
    );
    let requests = context.requests();
    ensure!(
        manifest.streams.is_empty()
            || manifest.streams.iter().any(|stream| stream.name == requests),
        "the backup has no stream {requests}: one of a single server can't be restored into a cluster, \
         nor one of a cluster into a single server"
    );
    Ok(())
}

/// Checks that no service runs, and no engine of these shards: it would work on an incomplete restore.
pub async fn check_that_nothing_runs(
    context: &Context,
    shards: impl Iterator<Item = Shard>,
) -> Result<()> {
    let redis = &context.redis;
    let running = redis.keys(&format!("{SERVICE_KEYS}*"), None).await?;
    if !running.is_empty() {
        bail!(
            "services are running on this Redis ({}): stop them; killed ones disappear after 15 s",
            running.join(", ")
        );
    }
    for key in shards.flat_map(|shard| [ENGINE_LEASE, ENGINE_STATUS].map(|name| shard.key(name))) {
        let found = redis.get(&key).await?;
        // The final status of a stopped engine does not count.
        let is_alive = found.is_some_and(|value| !value.contains(r#""SHUTDOWN""#));
        ensure!(!is_alive, "an engine is running on this Redis ({key} exists): stop it");
    }
    Ok(())
}

/// Checks that the servers are empty, or empties them.
pub async fn make_room(context: &Context, force: bool) -> Result<()> {
    let keys = context.redis.key_count().await?;
    let tables = sqlx::query_scalar!(
        r#"select count(*) as "count!" from pg_class
           join pg_namespace on pg_namespace.oid = relnamespace
           where relkind in ('r', 'p', 'v', 'm') and nspname = 'public'
               and not exists (
                   select from pg_depend where objid = pg_class.oid and deptype = 'e'
               )"#
    )
    .fetch_one(&context.pool)
    .await
    .context("PostgreSQL")?;
    if keys == 0 && tables == 0 {
        return Ok(());
    }
    ensure!(
        force,
        "the servers are not empty: {keys} keys in Redis, {tables} tables in the database. Restore \
         into empty servers, or replace their contents with --force"
    );
    context.redis.remove_everything().await?;
    sqlx::raw_sql("drop schema public cascade; create schema public")
        .execute(&context.pool)
        .await
        .context("the database can't be emptied")?;
    Ok(())
}

/// Restores the database, without the snapshots from which the streams do not continue. Returns whether
/// TimescaleDB's background workers run, if it needs them.
pub async fn restore_database(
    context: &Context,
    database: &DatabaseArgs,
    manifest: &Manifest,
    dir: &Path,
    pg_restore: &Path,
) -> Result<bool> {
    let pool = &context.pool;
    if manifest.timescaledb {
        sqlx::raw_sql(
            "create extension if not exists timescaledb; select timescaledb_pre_restore()",
        )
        .execute(pool)
        .await
        .context("the backup needs TimescaleDB")?;
    }
    let name = format!("--dbname={}", database.database_url.get_database().unwrap_or("postgres"));
    let file = dir.join(DUMP).display().to_string();
    let mut arguments = vec!["--exit-on-error", "--no-owner", "--no-privileges", &name, &file];
    if !manifest.timescaledb {
        // TimescaleDB's own tables can't be restored in a single transaction.
        arguments.insert(0, "--single-transaction");
    }
    postgres_programs::run(pg_restore, &database.database_url, &arguments).await?;
    if manifest.timescaledb {
        sqlx::raw_sql("select timescaledb_post_restore()").execute(pool).await?;
    }
    // The streams do not continue from newer snapshots.
    for ShardCopy { shard, snapshot, .. } in &manifest.shards {
        sqlx::query!(
            "delete from snapshots where id > $1 and shard = $2",
            snapshot.unwrap_or_default(),
            i32::from(*shard),
        )
        .execute(pool)
        .await
        .context("PostgreSQL")?;
    }
    Ok(!manifest.timescaledb || timescale::start_workers(pool).await?)
}

async fn restore_streams(redis: &Redis, manifest: &Manifest, dir: &Path) -> Result<()> {
    for stream in &manifest.streams {
        restore_stream(redis, stream, dir).await?;
    }
    restore_keys(redis, manifest).await
}

/// Restores a stream and its groups.
pub async fn restore_stream(redis: &Redis, stream: &StreamCopy, dir: &Path) -> Result<()> {
    for page in read_pages(&dir.join(&stream.file))? {
        let page = page.with_context(|| stream.file.clone())?;
        redis.refill(&stream.name, &page).await?;
    }
    redis.continue_as(&stream.name, &stream.info()).await?;
    for group in &stream.groups {
        let (info, pending) = group.group();
        redis.continue_group(&stream.name, &info, &pending).await?;
    }
    Ok(())
}

/// Restores the keys that are no streams.
pub async fn restore_keys(redis: &Redis, manifest: &Manifest) -> Result<()> {
    for (key, (value, expiry_ms)) in &manifest.keys {
        redis.set_expiring(key, value, Duration::from_millis(*expiry_ms)).await?;
    }
    Ok(())
}

/// Replays the history as the engine will, and compares the state with the backup's.
async fn check(context: &Context, copied: &ShardCopy) -> Result<()> {
    let replay = Replay::to_the_end(context).await?;
    let (read, hash) = (replay.read, state_hash(&replay.exchange));
    ensure!(read == copied.watermark, "the history ends with {read}, not {}", copied.watermark);
    ensure!(hash == copied.state_hash, "the state hash is {hash}, not {}", copied.state_hash);
    Ok(())
}

fn print(context: &Context, manifest: &Manifest, workers_run: bool) -> Result<()> {
    if context.output.is_json() {
        return context.output.document(&json!({
            "shards": manifest.shards, "createdAt": manifest.created_at,
            "backgroundWorkersRun": workers_run,
        }));
    }
    context.output.facts(&[("backed up", manifest.created_at.clone())])?;
    for ShardCopy { shard, watermark, state_hash, .. } in &manifest.shards {
        if context.shard.is_tagged() {
            context.output.heading(&format!("Shard {shard}"))?;
        }
        context.output.facts(&[
            ("restored to", format!("entry {watermark}")),
            ("state hash", format!("{state_hash}, as in the backup")),
        ])?;
    }
    if !workers_run {
        context.output.say(format_args!(
            "{} TimescaleDB's background workers are not running, so candles are not stored and \
             trades are neither compressed nor dropped: restart PostgreSQL",
            context.output.bad("!")
        ))?;
    }
    context.output.say(
        "\nNext:\n  \
         1. start only the engine, and wait until `velox status --services engine` shows READY\n  \
         2. start the other services, and check with `velox status`\n  \
         3. every user has to sign in again; mails that were waiting are sent now",
    )
}
