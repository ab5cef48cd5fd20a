//! The gateway's process.

use anyhow::Context as _;
use clap::Parser as _;
use connections::{Door, FileLimit};
use http_gateway::app::{self, App};
use http_gateway::config::Config;
use http_gateway::server;
use mimalloc::MiMalloc;
use service::{Health, Without};
use streams::Redis;

/// A request is some hundred small allocations, freed by another thread as often as not: with this
/// one an order takes a tenth less of the processor.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    // Before anything says that the gateway is ready.
    let api = service::listen(&config.http_host, config.http_port, "HTTP_PORT")?;
    tracing::info!(http.address = %api.local_addr()?, "serving the API");
    let site = match &config.web_dir {
        None => None,
        Some(dir) => Some((dir, service::listen(&config.http_host, config.web_port, "WEB_PORT")?)),
    };
    let redis =
        Redis::trusting(&config.redis.url(), config.redis.ca_file()).context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    let pool = config.database.pool();
    // Without it orders go on; signing in and what is stored have to wait.
    service::watch_database(pool.clone(), health.clone(), Without::Most, shutdown.clone());
    let app = App::start(&config, redis, pool, health).await?;
    let mut doors = vec![Door { listener: api, router: app::api(app.clone()) }];
    if let Some((dir, listener)) = site {
        tracing::info!(http.address = %listener.local_addr()?, "serving the web UI");
        doors.push(Door { listener, router: app::site(app.clone(), dir) });
    }
    server::serve(&app, doors, config.server_limits(FileLimit::raise()), shutdown).await;
    Ok(())
}
