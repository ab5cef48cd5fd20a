//! The worker's settings.

use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::time::Duration;

/// Writes closed orders to PostgreSQL.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The maximum number of entries in one transaction.
    #[arg(long, env = "DB_WORKER_BATCH_LEN", default_value_t = 500)]
    pub batch_len: usize,
    /// The idle time after which another member's unacknowledged entries are taken over (ms).
    #[arg(long, env = "DB_WORKER_CLAIM_IDLE_MS", default_value_t = 10_000)]
    pub claim_idle_ms: u64,
    /// This member's name in the group, kept across restarts: entries that it left unacknowledged
    /// are delivered to it at once. Each of several workers needs its own name.
    #[arg(long, env = "DB_WORKER_CONSUMER", default_value = "db-worker-1")]
    pub consumer: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9104>,
}

impl Config {
    /// Returns the idle time after which another member's unacknowledged entries are taken over.
    pub const fn claim_idle(&self) -> Duration {
        Duration::from_millis(self.claim_idle_ms)
    }
}
