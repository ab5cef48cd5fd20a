//! The duties that every consumer group's member shares: joining while Redis may be away, and
//! trimming what all groups have acknowledged.

use crate::connection::Redis;
use crate::group::{Group, GroupConfig};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The pause between attempts to join.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

impl Group {
    /// Joins a group, waiting for Redis as long as it takes, and calls `waiting` with the reason
    /// after every failed attempt. Returns `None` on shutdown.
    pub async fn join_when_available(
        redis: &Redis,
        stream: &str,
        config: GroupConfig,
        waiting: impl Fn(String),
        shutdown: &CancellationToken,
    ) -> Option<Self> {
        while !shutdown.is_cancelled() {
            match Self::join(redis, stream, config.clone()).await {
                Ok(group) => return Some(group),
                Err(error) => {
                    waiting(format!("waiting for Redis: {error}"));
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        }
        None
    }
}

impl Redis {
    /// Trims what every group of a stream has acknowledged. Returns the number of entries that are
    /// left, which are those that some group has not acknowledged; `None` without Redis.
    pub async fn keep_trimmed(&self, stream: &str) -> Option<u64> {
        match self.trim_acknowledged(stream).await {
            Ok(count) => tracing::debug!(count, "trimmed {stream}"),
            Err(error) => tracing::warn!(%error, "trimming failed; retrying later"),
        }
        Some(self.stream_info(stream).await.ok()??.length)
    }
}
