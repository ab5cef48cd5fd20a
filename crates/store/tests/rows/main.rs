//! Rows on a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod equity;
mod fills;
mod income;
mod numbered;
mod orders;
mod upgrade;

use devstack::servers::PostgresServer;
use messages::{OrderId, Symbol, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

const BTC: Symbol = Symbol::from_static("BTCUSDT");
const ETH: Symbol = Symbol::from_static("ETHUSDT");

/// 2023-12-19 15:54:59.001.
const NOON_MS: u64 = 1_703_001_299_001;

/// A migrated database, which ends with the value.
struct Database {
    pool: PgPool,
    _server: PostgresServer,
}

impl Database {
    async fn new() -> Self {
        let server = PostgresServer::private().unwrap();
        let pool = PgPool::connect(&server.url()).await.unwrap();
        sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
        Self { pool, _server: server }
    }
}

const fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

const fn order_id(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(n))
}

fn at(unix_ms: u64) -> OffsetDateTime {
    store::time_of(unix_ms * 1_000).unwrap()
}
