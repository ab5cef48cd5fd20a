//! The delay before the next attempt at a venue that did not answer.

use rand::RngExt as _;
use std::time::Duration;

/// The delay before the second attempt; the first is immediate, later ones double it.
const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_mins(1);

/// Returns the delay after this many earlier failures in a row: zero at first, then doubling with
/// jitter.
pub fn delay(failures: u32) -> Duration {
    if failures == 0 {
        return Duration::ZERO;
    }
    let full = MIN.saturating_mul(1 << (failures - 1).min(10)).min(MAX);
    full / 2 + (full / 2).mul_f64(rand::rng().random())
}
