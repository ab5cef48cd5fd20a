//! The wall clock, and times as PostgreSQL takes them.

use std::time::SystemTime;
use time::OffsetDateTime;

/// Returns the current time (Unix ms).
pub fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_millis()).expect("the next 500 million years fit")
}

/// Returns a time (Unix ms) that a request has named.
pub fn time(unix_ms: u64) -> OffsetDateTime {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000);
    time.expect("a moment is before the year 10000")
}

/// Returns a stored time (Unix ms); no time in a table is before 1970.
pub fn milliseconds(time: OffsetDateTime) -> u64 {
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}
