//! The uploader's settings.

use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::time::Duration;
use worker::{Batching, Membership};

/// Writes trades to PostgreSQL.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// So many entries make a batch.
    #[arg(long, env = "UPLOADER_BATCH_LEN", default_value_t = 100)]
    pub batch_len: usize,
    /// Fewer are written when the first has waited so long (ms).
    #[arg(long, env = "UPLOADER_BATCH_WAIT_MS", default_value_t = 5_000)]
    pub batch_wait_ms: u64,
    /// Up to so many are written at once to catch up.
    #[arg(long, env = "UPLOADER_BATCH_LEN_MAX", default_value_t = 5_000)]
    pub batch_len_max: usize,
    /// After how long another member's unacknowledged entries are taken over (ms); longer than a
    /// batch waits and takes to be written.
    #[arg(long, env = "UPLOADER_CLAIM_IDLE_MS", default_value_t = 30_000)]
    pub claim_idle_ms: u64,
    /// This member's name in the group, kept across restarts: what it left unacknowledged comes
    /// back to it at once. Give each of several uploaders its own.
    #[arg(long, env = "UPLOADER_CONSUMER", default_value = "batch-uploader-1")]
    pub consumer: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9106>,
}

impl Config {
    /// How entries are gathered.
    pub const fn batching(&self) -> Batching {
        Batching {
            len: self.batch_len,
            wait: Duration::from_millis(self.batch_wait_ms),
            len_max: self.batch_len_max,
        }
    }

    /// Who this member is.
    pub fn membership(&self) -> Membership {
        Membership {
            consumer: self.consumer.clone(),
            claim_idle: Duration::from_millis(self.claim_idle_ms),
        }
    }
}
