//! The uploader's settings.

use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::time::Duration;
use worker::{Batching, Membership};

/// Writes trades to PostgreSQL.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The number of entries in a batch.
    #[arg(long, env = "UPLOADER_BATCH_LEN", default_value_t = 100)]
    pub batch_len: usize,
    /// The maximum time that the first entry waits for a full batch (ms).
    #[arg(long, env = "UPLOADER_BATCH_WAIT_MS", default_value_t = 5_000)]
    pub batch_wait_ms: u64,
    /// The maximum number of entries in a batch when the uploader lags.
    #[arg(long, env = "UPLOADER_BATCH_LEN_MAX", default_value_t = 5_000)]
    pub batch_len_max: usize,
    /// The idle time after which another member's unacknowledged entries are taken over (ms); must
    /// be longer than a batch waits and takes to be written.
    #[arg(long, env = "UPLOADER_CLAIM_IDLE_MS", default_value_t = 30_000)]
    pub claim_idle_ms: u64,
    /// This member's name in the group, kept across restarts: entries that it left unacknowledged
    /// are delivered to it at once. Each of several uploaders needs its own name.
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
    /// Returns the settings of batches.
    pub const fn batching(&self) -> Batching {
        Batching {
            len: self.batch_len,
            wait: Duration::from_millis(self.batch_wait_ms),
            len_max: self.batch_len_max,
        }
    }

    /// Returns this member's settings in the group.
    pub fn membership(&self) -> Membership {
        Membership {
            consumer: self.consumer.clone(),
            claim_idle: Duration::from_millis(self.claim_idle_ms),
        }
    }
}
