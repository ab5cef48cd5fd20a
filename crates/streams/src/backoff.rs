use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The first delay, doubled with every failure.
const BASE: Duration = Duration::from_millis(50);
/// The longest delay, and so the time within which the return of Redis is noticed.
const LIMIT: Duration = Duration::from_millis(500);

/// Returns the delay after this many failures in a row: it doubles up to a limit, and is jittered
/// between half and all of that, so that clients that lost Redis together don't return together.
pub(crate) fn reconnect_delay(failures: u32) -> Duration {
    let full = doubled(BASE, failures.saturating_sub(1)).min(LIMIT);
    let half_ms = u64::try_from(full.as_millis() / 2).expect("at most the limit");
    Duration::from_millis(half_ms + random() % (half_ms + 1))
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
        for (failures, full_ms) in [(0, 50), (1, 50), (2, 100), (4, 400), (5, 500), (4_000, 500)] {
            for _ in 0..100 {
                let delay = reconnect_delay(failures).as_millis();
                assert!((full_ms / 2..=full_ms).contains(&delay), "{failures}: {delay}");
            }
        }
    }
}
