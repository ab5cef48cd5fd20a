//! The engine's process.

use anyhow::Context as _;
use clap::Parser as _;
use engine::config::Config;
use service::Health;
use std::time::Duration;
use tokio::time::timeout;

/// The time the process waits for its key in Redis to be removed. After that, the key expires.
const DEREGISTER_MAX: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let redis = config.redis.open().context("REDIS_URL")?;
    let announced =
        streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    let pool = config.database.pool();
    let ended = engine::run(&config, redis, pool, health, shutdown.clone()).await;
    // An engine that refuses to trade must not be listed as running, for example by `velox adopt`.
    shutdown.cancel();
    let _ = timeout(DEREGISTER_MAX, announced).await;
    ended.context("the engine has stopped")
}
