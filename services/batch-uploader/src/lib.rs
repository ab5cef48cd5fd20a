#![doc = include_str!("../README.md")]

pub mod config;
mod history;
mod jobs;
mod market_data;
mod trades;

use config::Config;
use market_data::MarketDataStore;
use service::Health;
use sqlx::PgPool;
use streams::Redis;
use tokio_util::sync::CancellationToken;

/// Runs the uploader until `shutdown`. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: &Redis,
    pool: &PgPool,
    health: &Health,
    shutdown: CancellationToken,
) {
    let store = MarketDataStore { pool };
    let (membership, batching) = (config.membership(), config.batching());
    tokio::join!(
        worker::run(&store, membership, batching, redis, health, shutdown.clone()),
        shutdown.run_until_cancelled(jobs::observe(pool)),
    );
}
