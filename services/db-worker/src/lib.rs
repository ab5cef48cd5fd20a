#![doc = include_str!("../README.md")]

pub mod config;
mod records;

use config::Config;
use records::Records;
use service::Health;
use sqlx::PgPool;
use std::time::Duration;
use streams::Redis;
use tokio_util::sync::CancellationToken;
use worker::{Batching, Membership};

/// Runs the worker until `shutdown`. Outages of Redis and PostgreSQL are waited for.
pub async fn run(
    config: &Config,
    redis: &Redis,
    pool: &PgPool,
    health: &Health,
    shutdown: CancellationToken,
) {
    let membership =
        Membership { consumer: config.consumer.clone(), claim_idle: config.claim_idle() };
    // A user may be waiting to see the order in the history, so nothing is held back.
    let batching =
        Batching { len: config.batch_len, wait: Duration::ZERO, len_max: config.batch_len };
    worker::run(&Records { pool }, membership, batching, redis, health, shutdown).await;
}
