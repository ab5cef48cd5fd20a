//! The uploader's process.

use anyhow::Context as _;
use batch_uploader::config::Config;
use clap::Parser as _;
use service::{DatabaseNeed, Health};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let redis = config.redis.open().context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    let pool = config.database.pool();
    service::watch_database(pool.clone(), health.clone(), DatabaseNeed::Required, shutdown.clone());
    batch_uploader::run(&config, &redis, &pool, &health, shutdown).await;
    Ok(())
}
