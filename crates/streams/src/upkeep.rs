//! The duties that every consumer group's member shares: joining while Redis may be away, and
//! trimming what all groups have acknowledged.

use crate::connection::Redis;
use crate::error::Error;
use crate::group::{Group, GroupConfig};
use messages::EntryId;
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;

/// The pause between attempts to join.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The shortest time for which entries are kept, however many there are.
const KEPT_AT_LEAST: Duration = Duration::from_secs(1);

/// The part of a stream that is kept although every group has acknowledged it, for readers without
/// a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The age up to which entries are kept.
    pub age: Duration,
    /// The number of entries above which the age is halved until they fit.
    pub entries: u64,
}

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

    /// Trims what every group of a stream has acknowledged, except for what is young. Returns the
    /// number of entries that some group has not acknowledged; `None` without Redis.
    pub async fn keep_recent(&self, stream: &str, retention: Retention) -> Option<u64> {
        match self.trim_to(stream, retention).await {
            Ok(left) => tracing::debug!(left, "trimmed {stream}"),
            Err(error) => tracing::warn!(%error, "trimming failed; retrying later"),
        }
        let backlogs = self.backlogs(stream).await.ok()?;
        let lags = backlogs.iter().map(|backlog| Some(backlog.pending + backlog.unread?));
        match lags.collect::<Option<Vec<u64>>>() {
            Some(lags) => lags.into_iter().max(),
            // After entries were deleted by hand, Redis does not know how many are unread.
            None => Some(self.stream_info(stream).await.ok()??.length),
        }
    }

    /// Trims the acknowledged entries that are not kept; returns the number of entries left.
    async fn trim_to(&self, stream: &str, retention: Retention) -> Result<u64, Error> {
        let Retention { mut age, entries } = retention;
        loop {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let kept = now.unwrap_or_default().saturating_sub(age);
            let kept_ms = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX);
            self.trim_acknowledged_before(stream, EntryId::new(kept_ms, 0)).await?;
            let left = self.stream_info(stream).await?.map_or(0, |info| info.length);
            if left <= entries || age <= KEPT_AT_LEAST {
                return Ok(left);
            }
            age /= 2;
        }
    }
}
