//! Times as numbers and as PostgreSQL takes them.

use crate::StoreError;
use time::OffsetDateTime;

/// Converts a time (Unix µs) to the type that PostgreSQL takes.
///
/// # Errors
/// [`StoreError::Unstorable`] after the year 9999.
pub fn time_of(unix_us: u64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_us) * 1_000)
        .map_err(|error| StoreError::Unstorable(error.to_string()))
}

/// Converts a time to Unix ms; `None` before 1970.
pub fn unix_ms(time: OffsetDateTime) -> Option<u64> {
    (time.unix_timestamp_nanos() / 1_000_000).try_into().ok()
}
