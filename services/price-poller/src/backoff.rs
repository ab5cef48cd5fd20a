//! How long to leave a venue alone that did not answer.

use rand::RngExt as _;
use std::time::Duration;

/// The first attempt after a success comes at once, the next ones after this, doubled.
const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_mins(1);

/// After so many failures in a row before this one: nothing at first, then doubling with jitter.
pub fn delay(failures: u32) -> Duration {
    if failures == 0 {
        return Duration::ZERO;
    }
    let full = MIN.saturating_mul(1 << (failures - 1).min(10)).min(MAX);
    full / 2 + (full / 2).mul_f64(rand::rng().random())
}
