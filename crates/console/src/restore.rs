//! `velox restore`.

use crate::archive::{DUMP, Manifest, read_pages};
use crate::context::{Context, Verdict, absent};
use crate::history::{Replay, state_hash};
use crate::{postgres_programs, timescale};
use anyhow::{Context as _, Result, bail, ensure};
use messages::{ENGINE_STATUS, EntryId, SERVICE_KEYS};
use serde_json::json;
use service::DatabaseArgs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use streams::Redis;

/// The key of the engine's lease.
const ENGINE_LEASE: &str = "engine:lease";

const EXAMPLES: &str = "\
Examples:
  REDIS_URL=redis://127.0.0.1:6380 velox restore /var/backups/velox/2026-11-24
  velox restore /mnt/backup/velox --force     replaces what is there

Stop all services first. Redis and the database must be empty, unless --force says that what is in \
them may go.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The backup's folder.
    dir: PathBuf,
    /// Remove everything that Redis and the database hold now.
    #[arg(long)]
    force: bool,
    /// Where `pg_restore` is, if it is not where it usually is.
    #[arg(long, env = "PG_BIN", value_name = "DIR")]
    pg_bin: Option<PathBuf>,
}

pub async fn run(
    arguments: &Arguments,
    context: &Context,
    database: &DatabaseArgs,
) -> Result<Verdict> {
    let dir = &arguments.dir;
    let pg_restore = postgres_programs::find("pg_restore", arguments.pg_bin.as_deref())?;
    if !dir.is_dir() {
        return Err(absent(format!("{} is no folder", dir.display())));
    }
    let manifest = Manifest::open(dir)?;
    check_that_nothing_runs(&context.redis).await?;
    make_room(context, arguments.force).await?;
    restore_database(context, database, &manifest, dir, &pg_restore).await?;
    let workers_run = !manifest.timescaledb || timescale::start_workers(&context.pool).await?;
    restore_streams(&context.redis, &manifest, dir).await?;
    let problem = "what was restored is not what was backed up";
    let hash = check(context, &manifest).await.context(problem)?;
    print(context, &manifest, &hash, workers_run)?;
    Ok(Verdict::of(workers_run))
}

/// A service that runs would work on half of a backup.
pub async fn check_that_nothing_runs(redis: &Redis) -> Result<()> {
    let running = redis.keys(&format!("{SERVICE_KEYS}*"), None).await?;
    if !running.is_empty() {
        bail!(
            "services run on this Redis ({}): stop them; what was killed is forgotten after 15 s",
            running.join(", ")
        );
    }
    for key in [ENGINE_LEASE, ENGINE_STATUS] {
        let found = redis.get(key).await?;
        // The last words of an engine that was stopped are no reason.
        let is_alive = found.is_some_and(|value| !value.contains(r#""SHUTDOWN""#));
        ensure!(!is_alive, "an engine runs on this Redis ({key} is there): stop it");
    }
    Ok(())
}

async fn make_room(context: &Context, force: bool) -> Result<()> {
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
        "there is something already: {keys} keys in Redis, {tables} tables in the database. A \
         backup is restored into empty servers, or with --force in place of what is there"
    );
    context.redis.remove_everything().await?;
    sqlx::raw_sql("drop schema public cascade; create schema public")
        .execute(&context.pool)
        .await
        .context("the database can't be emptied")?;
    Ok(())
}

async fn restore_database(
    context: &Context,
    database: &DatabaseArgs,
    manifest: &Manifest,
    dir: &Path,
    pg_restore: &Path,
) -> Result<()> {
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
        // TimescaleDB's own tables are filled in more than one.
        arguments.insert(0, "--single-transaction");
    }
    postgres_programs::run(pg_restore, &database.database_url, &arguments).await?;
    if manifest.timescaledb {
        sqlx::raw_sql("select timescaledb_post_restore()").execute(pool).await?;
    }
    // The streams do not go on from newer ones.
    sqlx::query!("delete from snapshots where id > $1", manifest.snapshot.unwrap_or_default())
        .execute(pool)
        .await
        .context("PostgreSQL")?;
    Ok(())
}

async fn restore_streams(redis: &Redis, manifest: &Manifest, dir: &Path) -> Result<()> {
    for stream in &manifest.streams {
        for page in read_pages(&dir.join(&stream.file))? {
            let page = page.with_context(|| stream.file.clone())?;
            redis.refill(&stream.name, &page).await?;
        }
        redis.continue_as(&stream.name, &stream.info()).await?;
        for group in &stream.groups {
            let (info, pending) = group.group();
            redis.continue_group(&stream.name, &info, &pending).await?;
        }
    }
    for (key, (value, expiry_ms)) in &manifest.keys {
        redis.set_expiring(key, value, Duration::from_millis(*expiry_ms)).await?;
    }
    Ok(())
}

/// Does what the engine will do, and compares.
async fn check(context: &Context, manifest: &Manifest) -> Result<String> {
    let mut replay = Replay::before(context, EntryId::new(u64::MAX, u64::MAX)).await?;
    replay.run(&context.redis, EntryId::new(u64::MAX, u64::MAX), |_, _| Ok(())).await?;
    let (read, hash) = (replay.read, state_hash(&replay.exchange));
    ensure!(read == manifest.watermark, "history ends with {read}, not {}", manifest.watermark);
    ensure!(hash == manifest.state_hash, "the state is {hash}, not {}", manifest.state_hash);
    Ok(hash)
}

fn print(context: &Context, manifest: &Manifest, hash: &str, workers_run: bool) -> Result<()> {
    if context.output.is_json() {
        return context.output.document(&json!({
            "watermark": manifest.watermark, "stateHash": hash, "createdAt": manifest.created_at,
            "backgroundWorkersRun": workers_run,
        }));
    }
    context.output.facts(&[
        ("restored to", format!("entry {}", manifest.watermark)),
        ("backed up", manifest.created_at.clone()),
        ("state hash", format!("{hash}, as it was")),
    ])?;
    if !workers_run {
        context.output.say(format_args!(
            "{} TimescaleDB's background workers do not run, so candles are not stored and trades \
             neither compressed nor dropped: restart PostgreSQL",
            context.output.bad("!")
        ))?;
    }
    context.output.say(
        "\nNext:\n  \
         1. start the engine alone, and wait until `velox status --services engine` says READY\n  \
         2. start the other services; `velox status` says when all is well\n  \
         3. everybody has to sign in again; mails that waited then are sent now",
    )
}
