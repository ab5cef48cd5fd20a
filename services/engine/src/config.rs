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
    /// How long a closed order is answered from memory (ms).
    #[arg(long, env = "CLOSED_RETENTION_MS", default_value_t = exchange::DEFAULT_RULES.closed_retention_ms)]
    pub closed_retention_ms: u64,
    /// How many closed orders are answered from memory at most.
    #[arg(long, env = "CLOSED_RETENTION_MAX", default_value_t = exchange::DEFAULT_RULES.closed_retention_max)]
    pub closed_retention_max: u32,
    /// How often the state is written to PostgreSQL while it changes (ms).
    #[arg(long, env = "SNAPSHOT_INTERVAL_MS", default_value_t = 15_000)]
    pub snapshot_interval_ms: u64,
    /// How many snapshots are kept; `request:stream` is kept back to the oldest of them.
    #[arg(long, env = "SNAPSHOTS_KEPT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub snapshots_kept: u32,
    /// How old a state is before it is stored as a snapshot (ms): more than Redis may lose when its
    /// machine loses power. An append-only file that is flushed every second may lose that second.
    #[arg(long, env = "SNAPSHOT_DELAY_MS", default_value_t = 2_000)]
    pub snapshot_delay_ms: u64,
    /// Leave the lead to another engine that starts at the same time, follow it, and take over
    /// when it dies or hangs.
    #[arg(long, env = "ENGINE_STANDBY")]
    pub standby: bool,
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

/// The settings that say how the engine works, without those that say where its world is.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The limits that the stream is to go by.
    pub rules: Rules,
    /// How often the state is written down.
    pub snapshot_interval: Duration,
    /// How old a state is before it is stored.
    pub snapshot_delay: Duration,
    /// How many snapshots are kept.
    pub snapshots_kept: u32,
    /// How many outputs are written at once.
    pub write_len: usize,
    /// Whether others come first.
    pub standby: bool,
}

/// Of a burst so much is written at once: Redis serves others between two transactions, and the
/// engine reads what has come meanwhile.
const WRITE_LEN: usize = 2_000;

impl Config {
    /// How the engine works.
    pub const fn settings(&self) -> Settings {
        Settings {
            rules: Rules {
                max_open_positions: self.max_open_positions,
                stale_price_ms: self.stale_price_ms,
                closed_retention_ms: self.closed_retention_ms,
                closed_retention_max: self.closed_retention_max,
                order_id_retention_ms: Some(messages::IDEMPOTENCY_PERIOD_MS * 2),
                clock_lead_max_ms: Some(messages::CLOCK_LEAD_MAX_MS),
            },
            snapshot_interval: Duration::from_millis(self.snapshot_interval_ms),
            snapshot_delay: Duration::from_millis(self.snapshot_delay_ms),
            snapshots_kept: self.snapshots_kept,
            write_len: WRITE_LEN,
            standby: self.standby,
        }
    }
}
