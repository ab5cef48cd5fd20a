//! The WebSocket server's process.

use anyhow::Context as _;
use clap::Parser as _;
use realtime::config::Config;
use service::Health;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let listener = service::listen(&config.ws_host, config.ws_port, "WS_PORT")?;
    let redis = config.redis.open().context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    tracing::info!(ws.address = %listener.local_addr()?, "serving the WebSocket");
    realtime::run(config, redis, listener, health, shutdown).await
}
