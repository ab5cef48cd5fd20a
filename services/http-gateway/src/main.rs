//! The gateway process.

use anyhow::Context as _;
use clap::Parser as _;
use connections::{Door, FileLimit};
use http_gateway::config::Config;
use http_gateway::routes;
use http_gateway::server;
use http_gateway::state::AppState;
use mimalloc::MiMalloc;
use service::{DatabaseNeed, Health};

/// A request makes some hundred small allocations, often freed by another thread: with this
/// allocator an order takes a tenth less CPU time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    service::runtime().context("the runtime can't be started")?.block_on(run(config))
}

async fn run(config: Config) -> anyhow::Result<()> {
    service::init_tracing();
    let shutdown = service::shutdown_signal();
    let health = Health::new();
    let metrics = service::serve_metrics(&config.metrics, health.clone(), shutdown.clone()).await?;

    // Bound before the gateway reports that it is ready.
    let api = service::listen(&config.http_host, config.http_port, "HTTP_PORT")?;
    tracing::info!(http.address = %api.local_addr()?, "serving the API");
    let site = match &config.web_dir {
        None => None,
        Some(dir) => Some((dir, service::listen(&config.http_host, config.web_port, "WEB_PORT")?)),
    };
    let redis = config.redis.open().context("REDIS_URL")?;
    streams::announce(&redis, streams::process!(metrics), health.watch(), &shutdown);
    let pool = config.database.pool();
    // Without PostgreSQL, orders go on; sign-ins and stored data are unavailable.
    service::watch_database(pool.clone(), health.clone(), DatabaseNeed::Optional, shutdown.clone());
    let app = AppState::start(&config, redis, pool, health).await?;
    let mut doors = vec![Door { listener: api, router: routes::api(app.clone()) }];
    if let Some((dir, listener)) = site {
        tracing::info!(http.address = %listener.local_addr()?, "serving the web UI");
        doors.push(Door { listener, router: routes::site(app.clone(), dir) });
    }
    server::serve(&app, doors, config.server_limits(FileLimit::raise()), shutdown).await;
    Ok(())
}
