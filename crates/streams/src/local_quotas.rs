//! Quotas that are counted in this process, by parts that it takes from the quota in Redis in advance.

use crate::connection::Redis;
use crate::error::Error;
use crate::quota::{Quota, QuotaStatus};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// The largest part, in operations, and the smallest share of a quota that it may be: with several
/// processes, so much of a quota may wait in one of them while another one refuses.
const PART_MAX: u32 = 50;
const PARTS_MIN: u32 = 20;

/// The shortest time for which a part is held.
const HELD_FOR_MIN: Duration = Duration::from_millis(100);

/// The most keys whose parts are kept; beyond it those that have expired are removed, and then all.
const KEPT_MAX: usize = 100_000;

/// The quotas in use by this process.
///
/// A key that is charged rarely is charged one operation at a time, in Redis, as exactly as by
/// [`Redis::charge`]. A key that is charged faster than the quota allows is charged in parts that double, up to a
/// twentieth of the quota or fifty operations, and most operations then need no round trip. A part that
/// is not used up in the time in which the quota gains as many operations is given up. As a process holds
/// one part of a quota at a time, it exceeds the quota by no more than that. A refusal is remembered
/// until the time that it names.
pub struct LocalQuotas {
    redis: Redis,
    /// Locked to look up and insert, never across an await.
    parts: Mutex<HashMap<String, Part>>,
}

/// A part of a quota that was taken from it.
struct Part {
    /// The number of operations that were taken.
    size: u32,
    /// The number of them that are left.
    left: u32,
    /// The status of the quota in Redis, without this part, when it was taken.
    status: QuotaStatus,
    taken_at: Instant,
    /// Whether a task is taking the next part; others take single operations meanwhile.
    is_asking: bool,
}

/// The decision about an operation.
enum Next {
    Known(QuotaStatus),
    /// Take a part of this size.
    Take(u32),
}

impl LocalQuotas {
    /// Creates the quotas of a process.
    pub fn new(redis: Redis) -> Self {
        Self { redis, parts: Mutex::default() }
    }

    /// Charges one operation to the quota under this key.
    ///
    /// # Errors
    /// When Redis has to be asked and is unavailable; at once.
    pub async fn charge(&self, key: &str, quota: Quota) -> Result<QuotaStatus, Error> {
        let size = match self.next(key, quota, Instant::now()) {
            Next::Known(status) => return Ok(status),
            Next::Take(size) => size,
        };
        let taken = self.redis.charge_up_to(key, quota, size).await;
        let now = Instant::now();
        let mut parts = self.parts();
        let Ok((size, status)) = taken else {
            parts.remove(key);
            return taken.map(|(_, status)| status);
        };
        if parts.len() >= KEPT_MAX {
            parts.retain(|_, part| now < part.status_ends_at());
            if parts.len() >= KEPT_MAX {
                parts.clear();
            }
        }
        let part =
            Part { size, left: size.saturating_sub(1), status, taken_at: now, is_asking: false };
        let status = part.status(quota, now);
        match parts.get_mut(key) {
            // Another task has taken a larger one meanwhile.
            Some(known) if known.left > part.left && !known.is_over(quota, now) => {}
            Some(known) => *known = part,
            None => drop(parts.insert(key.to_owned(), part)),
        }
        Ok(status)
    }

    /// Charges the part that is held, or decides how much to take.
    fn next(&self, key: &str, quota: Quota, now: Instant) -> Next {
        let mut parts = self.parts();
        let Some(part) = parts.get_mut(key) else { return Next::Take(1) };
        if !part.status.is_admitted {
            let is_refused = now < part.taken_at + part.status.retry_after;
            return if is_refused { Next::Known(part.refusal(now)) } else { Next::Take(1) };
        }
        if part.is_over(quota, now) {
            return Next::Take(1);
        }
        if let Some(left) = part.left.checked_sub(1) {
            part.left = left;
            return Next::Known(part.status(quota, now));
        }
        if std::mem::replace(&mut part.is_asking, true) {
            return Next::Take(1);
        }
        Next::Take((part.size * 2).min(PART_MAX).min(quota.count() / PARTS_MIN).max(1))
    }

    fn parts(&self) -> MutexGuard<'_, HashMap<String, Part>> {
        self.parts.lock().expect("nothing panics while it holds this lock")
    }
}

impl Part {
    /// Whether the quota has meanwhile gained as many operations as the part has.
    fn is_over(&self, quota: Quota, now: Instant) -> bool {
        now >= self.taken_at + (quota.step() * self.size).max(HELD_FOR_MIN)
    }

    /// The time at which the part says nothing about the quota any more.
    fn status_ends_at(&self) -> Instant {
        self.taken_at + self.status.retry_after.max(self.status.reset_after)
    }

    /// The status of the quota, of which this part is not used up.
    fn status(&self, quota: Quota, now: Instant) -> QuotaStatus {
        let passed = now.saturating_duration_since(self.taken_at);
        let unused = quota.step() * self.left;
        QuotaStatus {
            remaining: self.status.remaining.saturating_add(self.left),
            reset_after: self.status.reset_after.saturating_sub(passed + unused),
            ..self.status
        }
    }

    fn refusal(&self, now: Instant) -> QuotaStatus {
        let passed = now.saturating_duration_since(self.taken_at);
        QuotaStatus {
            retry_after: self.status.retry_after.saturating_sub(passed),
            reset_after: self.status.reset_after.saturating_sub(passed),
            ..self.status
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use devstack::servers::RedisServer;

    /// The numbers of operations that were admitted and of calls of the server.
    async fn charged(redis: &Redis, quotas: &LocalQuotas, quota: Quota, count: u32) -> (u32, u64) {
        let before = calls(redis).await;
        let mut admitted = 0;
        for _ in 0..count {
            admitted += u32::from(quotas.charge("q", quota).await.unwrap().is_admitted);
        }
        (admitted, calls(redis).await - before)
    }

    async fn calls(redis: &Redis) -> u64 {
        let info = redis.run(&crate::server::info("commandstats")).await.unwrap();
        let text = crate::server::info_text(info).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
        line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
    }

    fn quota(text: &str) -> Quota {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_fast_caller_needs_few_round_trips_and_gets_exactly_the_quota() {
        let server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        let quotas = LocalQuotas::new(redis.clone());
        let mut last = u32::MAX;
        for n in 1..=400 {
            let status = quotas.charge("fast", quota("1000/3600s")).await.unwrap();
            assert!(status.is_admitted && status.remaining < last, "{n}: {status:?}");
            assert_eq!(status.remaining, 1000 - n);
            last = status.remaining;
        }
        // 1, 2, 4, 8, 16, 32, and then 50 at a time.
        let (admitted, calls) = charged(&redis, &quotas, quota("1000/3600s"), 1_500).await;
        assert_eq!(admitted, 1_000);
        assert!(calls <= 6 + 1_000 / 50 + 2, "{calls} calls for 1,500 operations");
    }

    #[tokio::test]
    async fn a_small_quota_is_charged_one_by_one() {
        let server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        let (one, other) = (LocalQuotas::new(redis.clone()), LocalQuotas::new(redis.clone()));
        let quota = quota("30/3600s");
        let (first, _) = charged(&redis, &one, quota, 20).await;
        let (second, _) = charged(&redis, &other, quota, 20).await;
        assert_eq!((first, second), (20, 10));
    }

    #[tokio::test]
    async fn all_processes_together_admit_no_more_than_the_quota_and_a_part_each() {
        let server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        let quota = quota("200/1s");
        let processes = [(); 3].map(|()| LocalQuotas::new(redis.clone()));
        let (started, mut admitted) = (Instant::now(), 0);
        while started.elapsed() < Duration::from_millis(1_500) {
            for quotas in &processes {
                admitted += u32::from(quotas.charge("q", quota).await.unwrap().is_admitted);
            }
        }
        let gained = u32::try_from(started.elapsed().as_millis() / 5).unwrap();
        let range = 200 + gained * 9 / 10 - 30..=200 + gained + 30;
        assert!(range.contains(&admitted), "{admitted} of 200 and {gained}");
    }

    #[tokio::test]
    async fn without_redis_a_part_is_used_up_and_then_the_outage_is_reported() {
        let mut server = RedisServer::private().unwrap();
        let redis = Redis::new(&server.url()).unwrap();
        let (quotas, quota) = (LocalQuotas::new(redis), quota("1000/3600s"));
        // 1, 2, 4 and the first of eight.
        for _ in 0..8 {
            quotas.charge("q", quota).await.unwrap();
        }
        server.stop().unwrap();
        for _ in 0..7 {
            assert!(quotas.charge("q", quota).await.unwrap().is_admitted);
        }
        assert!(quotas.charge("q", quota).await.is_err());
    }
}
