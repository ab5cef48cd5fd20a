//! Migrates the database to the schema that this version of Velox needs, and exits.

use anyhow::Context as _;
use clap::Parser as _;
use migrate::config::Config;
use sqlx::PgPool;
use std::time::{Duration, Instant};

/// The time to wait for a database server that is starting.
const PATIENCE: Duration = Duration::from_secs(30);

const RETRY_INTERVAL: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pool = Config::parse().database.pool();
    wait_for(&pool).await?;
    if let Some(problem) = service::pooler_problem(&pool.connect_options()).await? {
        anyhow::bail!(problem);
    }
    let before = applied(&pool).await;
    sqlx::migrate!("../../migrations").run(&pool).await.context("the migrations failed")?;
    println!("migrations: {} applied, {before} already applied", applied(&pool).await - before);
    Ok(())
}

async fn wait_for(pool: &PgPool) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        match pool.acquire().await {
            Ok(_) => return Ok(()),
            Err(error) if started.elapsed() >= PATIENCE => {
                return Err(error).context("PostgreSQL does not answer; check DATABASE_URL");
            }
            Err(_) => tokio::time::sleep(RETRY_INTERVAL).await,
        }
    }
}

/// Returns the number of applied migrations; 0 if the database has no record of any.
async fn applied(pool: &PgPool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from _sqlx_migrations where success");
    count.fetch_one(pool).await.unwrap_or(0)
}
