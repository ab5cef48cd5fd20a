#![doc = include_str!("../README.md")]

pub mod config;
mod history;
mod store;
mod trades;

use config::Config;
use service::Health;
use sqlx::PgPool;
use store::MarketDataStore;
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
    worker::run(&store, config.membership(), config.batching(), redis, health, shutdown).await;
}
