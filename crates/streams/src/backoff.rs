use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Delays between attempts: they double with every failure up to a limit, and are jittered between
/// half and all of that, so that clients that failed together don't try again together.
///
/// Delays are drawn by the caller instead of by a crate around a retried future: the callers change
/// their readiness, their logs or their connections between two attempts.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The delay after the first failure.
    pub first: Duration,
    /// The longest delay, and so the time within which the end of an outage is noticed.
    pub limit: Duration,
}

impl Backoff {
    /// Returns the delay after this many failures in a row; none after no failure.
    pub fn delay(self, failures: u32) -> Duration {
        let Some(times) = failures.checked_sub(1) else { return Duration::ZERO };
        let full = doubled(self.first, times).min(self.limit);
        let half_ms = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX / 2);
        Duration::from_millis(half_ms + random() % (half_ms + 1))
    }
}

/// `base` × 2^`times`, without overflow.
pub(crate) fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(times))
}

/// A random number, good enough for jitter: every `RandomState` has different keys.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_limit_and_keep_at_least_half() {
        let (first, limit) = (Duration::from_millis(50), Duration::from_millis(500));
        let backoff = Backoff { first, limit };
        for (failures, full_ms) in [(0, 0), (1, 50), (2, 100), (4, 400), (5, 500), (4_000, 500)] {
            for _ in 0..100 {
                let delay = backoff.delay(failures).as_millis();
                assert!((full_ms / 2..=full_ms).contains(&delay), "{failures}: {delay}");
            }
        }
        assert!(Backoff { first, limit: Duration::MAX }.delay(u32::MAX) > limit);
    }
}
