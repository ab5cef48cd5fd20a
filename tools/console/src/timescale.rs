//! `velox timescale`, and TimescaleDB functions for other commands.

use crate::confirm::confirm;
use crate::context::{Context, Verdict};
use crate::words::unix_ms;
use anyhow::{Context as _, Result, ensure};
use messages::SERVICE_KEYS;
use serde::Serialize;
use serde_json::json;
use sqlx::{PgExecutor, PgPool};
use std::time::{Duration, Instant};

/// The time that background workers have to start.
const WORKERS_PATIENCE: Duration = Duration::from_secs(20);

const POLL_INTERVAL: Duration = Duration::from_millis(200);

const ADOPT_EXAMPLES: &str = "\
Examples:
  velox timescale adopt         shows what will be converted, and asks
  velox timescale adopt --yes   does not ask

Stop the batch uploader first; trading continues, and trades wait in their stream. Candles can't \
be read while trades are moved. If interrupted, run the same command again to finish.";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Converts a database without TimescaleDB, keeping its trades and candles.
    #[command(after_help = ADOPT_EXAMPLES)]
    Adopt {
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// A background job of the database.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub id: i32,
    pub name: String,
    /// `well`, `failing`, `overdue` or `paused`.
    pub state: String,
    /// None before the first success.
    pub last_success_ms: Option<u64>,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    match arguments.action {
        Action::Adopt { yes } => adopt(yes, context).await,
    }
}

async fn adopt(yes: bool, context: &Context) -> Result<Verdict> {
    // One connection for all steps, so that each sees the results of the one before.
    let mut connection = context.pool.acquire().await.context("PostgreSQL")?;
    let is_converted = sqlx::query_scalar!(r#"select has_timescaledb() as "has!""#)
        .fetch_one(&mut *connection)
        .await
        .context("PostgreSQL")?;
    // The jobs come last.
    if is_converted && !jobs(&mut *connection).await?.is_empty() {
        return done(context, "the database already uses TimescaleDB: nothing was changed");
    }
    let uploaders = context.redis.keys(&format!("{SERVICE_KEYS}batch-uploader:*"), None).await?;
    ensure!(
        uploaders.is_empty(),
        "the batch uploader is running ({}): stop it; a killed one disappears after 15 s",
        uploaders.join(", ")
    );
    if !is_converted {
        let trades = sqlx::query_scalar!(r#"select count(*) as "count!" from trades"#)
            .fetch_one(&mut *connection)
            .await
            .context("PostgreSQL")?;
        let question = format!(
            "{trades} trades are moved into a TimescaleDB table, and candles are rebuilt from \
             them. Only a backup can undo this."
        );
        confirm(yes, &question)?;
        sqlx::raw_sql("create extension if not exists timescaledb")
            .execute(&mut *connection)
            .await
            .context("the server must have TimescaleDB, and preload it")?;
        sqlx::query!("select adopt_timescaledb()")
            .execute(&mut *connection)
            .await
            .context("nothing was changed")?;
    }
    let again = "the conversion is not finished: run the same command again";
    sqlx::query!("call refresh_candles(now(), now())")
        .execute(&mut *connection)
        .await
        .context(again)?;
    sqlx::query!("select set_market_data_policies()")
        .execute(&mut *connection)
        .await
        .context(again)?;
    done(context, "the database now uses TimescaleDB")
}

fn done(context: &Context, text: &str) -> Result<Verdict> {
    if context.output.is_json() {
        context.output.document(&json!({ "done": text }))?;
    } else {
        context.output.say(text)?;
    }
    Ok(Verdict::Well)
}

/// Reads the background jobs; there are none if the database does not use TimescaleDB.
pub async fn jobs(pool: impl PgExecutor<'_>) -> Result<Vec<Job>> {
    let rows = sqlx::query!(
        r#"select id as "id!", name as "name!", state as "state!", last_success
           from timescaledb_jobs()"#
    )
    .fetch_all(pool)
    .await
    .context("TimescaleDB's jobs")?;
    let jobs = rows.into_iter().map(|row| Job {
        id: row.id,
        name: row.name,
        state: row.state,
        last_success_ms: row.last_success.map(unix_ms),
    });
    Ok(jobs.collect())
}

/// Starts the background workers after a restore, and returns whether they run.
///
/// `timescaledb_post_restore()` starts them too, but before its transaction ends: a fast worker
/// sees a database that is still being restored, and exits for good.
pub async fn start_workers(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("select _timescaledb_functions.restart_background_workers()")
        .execute(pool)
        .await?;
    let started = Instant::now();
    loop {
        let runs = sqlx::query_scalar!(
            r#"select exists (
                   select from pg_stat_activity
                   where datname = current_database()
                       and backend_type = 'TimescaleDB Background Worker Scheduler'
               ) as "exists!""#
        )
        .fetch_one(pool)
        .await?;
        if runs || started.elapsed() >= WORKERS_PATIENCE {
            return Ok(runs);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
