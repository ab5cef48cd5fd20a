//! The gateway's process.

use anyhow::Context as _;
use clap::Parser as _;
use http_gateway::app::App;
use http_gateway::config::Config;
use http_gateway::server;
use service::Health;
use streams::Redis;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    let address = (config.http_host.as_str(), config.http_port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("{}:{} can't be served; set HTTP_PORT to a free port", address.0, address.1)
    })?;
    let redis = Redis::new(&config.redis.url()).context("REDIS_URL")?;
    let app = App::start(&config, redis, config.database.pool(), health).await?;
    tracing::info!(http.address = %listener.local_addr()?, "serving the API");
    server::serve(app, listener, config.server_limits(), shutdown).await
}
