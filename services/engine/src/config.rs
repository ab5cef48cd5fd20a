//! The engine's settings.

use messages::Rules;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::time::Duration;

/// Applies orders and prices in one order, and remembers.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// How many positions one account may have open.
    #[arg(long, env = "MAX_OPEN_POSITIONS", default_value_t = exchange::DEFAULT_RULES.max_open_positions)]
    pub max_open_positions: u32,
    /// A price older than this fills no order (ms).
    #[arg(long, env = "STALE_PRICE_MS", default_value_t = exchange::DEFAULT_RULES.stale_price_ms)]
    pub stale_price_ms: u64,
    /// How long a closed order is answered from memory, and its idempotency key is known (ms).
    #[arg(long, env = "CLOSED_RETENTION_MS", default_value_t = exchange::DEFAULT_RULES.closed_retention_ms)]
    pub closed_retention_ms: u64,
    /// How many closed orders are kept in memory at most.
    #[arg(long, env = "CLOSED_RETENTION_MAX", default_value_t = exchange::DEFAULT_RULES.closed_retention_max)]
    pub closed_retention_max: u32,
    /// How often the state is written to PostgreSQL while it changes (ms).
    #[arg(long, env = "SNAPSHOT_INTERVAL_MS", default_value_t = 15_000)]
    pub snapshot_interval_ms: u64,
    /// How many snapshots are kept; `request:stream` is kept back to the oldest of them.
    #[arg(long, env = "SNAPSHOTS_KEPT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub snapshots_kept: u32,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9102>,
}

impl Config {
    /// The limits that these settings ask for.
    pub const fn rules(&self) -> Rules {
        Rules {
            max_open_positions: self.max_open_positions,
            stale_price_ms: self.stale_price_ms,
            closed_retention_ms: self.closed_retention_ms,
            closed_retention_max: self.closed_retention_max,
        }
    }

    /// How often the state is written down.
    pub const fn snapshot_interval(&self) -> Duration {
        Duration::from_millis(self.snapshot_interval_ms)
    }
}
