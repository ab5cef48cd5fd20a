//! The price poller's process.

use anyhow::Context as _;
use clap::Parser as _;
use price_poller::config::Config;
use service::Health;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let redis = config.redis.open().context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    price_poller::run(config, redis, health, shutdown).await
}
