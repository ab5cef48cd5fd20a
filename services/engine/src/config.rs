//! The engine's settings.

use messages::Rules;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::path::PathBuf;
use std::time::Duration;

/// Applies orders and prices in stream order and stores snapshots of the state.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The file that lists the instruments (`markets.toml`), read at the start and when it changes;
    /// if unset, the list that this version ships with.
    #[arg(long, env = "MARKETS_FILE")]
    pub markets_file: Option<PathBuf>,
    /// The distance between bid and ask of every instrument, in basis points; overrides the file.
    #[arg(long, env = "SPREAD_BPS", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub spread_bps: Option<u32>,
    /// The maximum number of open positions of an account.
    #[arg(long, env = "MAX_OPEN_POSITIONS", default_value_t = exchange::DEFAULT_RULES.max_open_positions)]
    pub max_open_positions: u32,
    /// The maximum age of a price that fills orders (ms), unless the instrument has its own.
    #[arg(long, env = "STALE_PRICE_MS", default_value_t = exchange::DEFAULT_RULES.stale_price_ms)]
    pub stale_price_ms: u64,
    /// The time for which a closed order stays in memory, to answer queries (ms).
    #[arg(long, env = "CLOSED_RETENTION_MS", default_value_t = exchange::DEFAULT_RULES.closed_retention_ms)]
    pub closed_retention_ms: u64,
    /// The maximum number of closed orders in memory, whatever their age.
    #[arg(long, env = "CLOSED_RETENTION_MAX", default_value_t = exchange::DEFAULT_RULES.closed_retention_max)]
    pub closed_retention_max: u32,
    /// The maximum number of resting orders of an account.
    #[arg(long, env = "MAX_OPEN_ORDERS", default_value_t = messages::MAX_OPEN_ORDERS)]
    pub max_open_orders: u32,
    /// The maximum age of a mark price that closes positions and triggers orders (ms).
    #[arg(long, env = "STALE_MARK_MS", default_value_t = messages::STALE_MARK_MS)]
    pub stale_mark_ms: u64,
    /// The maximum distance of a mark price that closes positions and triggers orders from the
    /// middle of bid and ask, in basis points.
    #[arg(long, env = "MARK_DEVIATION_MAX_BPS", default_value_t = messages::MARK_DEVIATION_MAX_BPS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub mark_deviation_max_bps: u32,
    /// The interval between snapshots to PostgreSQL while the state changes (ms).
    #[arg(long, env = "SNAPSHOT_INTERVAL_MS", default_value_t = 15_000)]
    pub snapshot_interval_ms: u64,
    /// The number of snapshots to keep; `request:stream` is kept back to the oldest of them.
    #[arg(long, env = "SNAPSHOTS_KEPT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub snapshots_kept: u32,
    /// The delay before a state is stored as a snapshot (ms): longer than the time that Redis may
    /// lose in a power failure, which is 1 s if its append-only file is flushed every second.
    #[arg(long, env = "SNAPSHOT_DELAY_MS", default_value_t = 2_000)]
    pub snapshot_delay_ms: u64,
    /// The interval between two rows of `equity` of an account whose worth changes (ms); rows are
    /// made of snapshots, so no more often than these.
    #[arg(long, env = "EQUITY_INTERVAL_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub equity_interval_ms: u64,
    /// Leaves the lease to another engine that starts at the same time, follows it, and takes over
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

/// The settings of the main loop, without the addresses of its servers.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The rules; written to the stream when they differ from the current ones.
    pub rules: Rules,
    /// The interval between snapshots.
    pub snapshot_interval: Duration,
    /// The delay before a state is stored.
    pub snapshot_delay: Duration,
    /// The number of snapshots to keep.
    pub snapshots_kept: u32,
    /// The maximum number of outputs in one transaction.
    pub write_len: usize,
    /// True if this engine leaves the lease to one that starts at the same time.
    pub standby: bool,
}

/// The maximum number of outputs in one transaction. Between two transactions of a burst, Redis
/// serves other clients and the engine reads new entries.
const WRITE_LEN: usize = 2_000;

impl Config {
    /// Returns the settings of the main loop.
    pub const fn settings(&self) -> Settings {
        Settings {
            rules: Rules {
                max_open_positions: self.max_open_positions,
                stale_price_ms: self.stale_price_ms,
                closed_retention_ms: self.closed_retention_ms,
                closed_retention_max: self.closed_retention_max,
                order_id_retention_ms: Some(messages::IDEMPOTENCY_PERIOD_MS * 2),
                clock_lead_max_ms: Some(messages::CLOCK_LEAD_MAX_MS),
                max_open_orders: Some(self.max_open_orders),
                stale_mark_ms: Some(self.stale_mark_ms),
                mark_deviation_max_bps: Some(self.mark_deviation_max_bps),
            },
            snapshot_interval: Duration::from_millis(self.snapshot_interval_ms),
            snapshot_delay: Duration::from_millis(self.snapshot_delay_ms),
            snapshots_kept: self.snapshots_kept,
            write_len: WRITE_LEN,
            standby: self.standby,
        }
    }
}
