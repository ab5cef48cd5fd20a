//! The WebSocket server's process.

use anyhow::Context as _;
use clap::Parser as _;
use realtime::config::Config;
use service::Health;
use streams::Redis;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let address = (config.ws_host.as_str(), config.ws_port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("{}:{} can't be served; set WS_PORT to a free port", address.0, address.1)
    })?;
    let redis = Redis::new(&config.redis.url()).context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    tracing::info!(ws.address = %listener.local_addr()?, "serving the WebSocket");
    realtime::run(config, redis, listener, health, shutdown).await
}
