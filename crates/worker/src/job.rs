//! The interface of a worker's job, and its errors.

use messages::{DecodeError, Fields};
use price::OutOfRange;
use time::OffsetDateTime;

/// Decodes the entries of one stream and stores them in PostgreSQL.
pub trait Job {
    /// The stream.
    const STREAM: &'static str;
    /// The consumer group, which is also the worker's name in metrics.
    const GROUP: &'static str;
    /// The group as a label value, so that metrics exist before the first entry.
    const NAMES: &'static [&'static str] = &[Self::GROUP];
    /// The part of an entry that is stored.
    type Item;

    /// Decodes an entry; returns `None` if there is nothing to store.
    ///
    /// # Errors
    /// When the entry can't be decoded.
    fn decode(fields: &Fields) -> Result<Option<Self::Item>, DecodeError>;

    /// Stores the items and returns the number of new rows. Storing an item again succeeds and
    /// changes nothing, so a failed call may leave some items stored. An item already stored with
    /// other values is [`StoreError::Unstorable`]: it must be reported, not dropped.
    fn store(&self, items: &[Self::Item]) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// The reason items were not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The items can't be stored, now or later.
    #[error("{0}")]
    Unstorable(String),
    /// PostgreSQL is unavailable or not migrated yet: retrying helps.
    #[error("PostgreSQL: {0}")]
    Unavailable(sqlx::Error),
}

impl From<OutOfRange> for StoreError {
    fn from(error: OutOfRange) -> Self {
        Self::Unstorable(error.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        service::note_database_error(&error);
        // SQLSTATE classes 22 (data exception) and 23 (constraint violation) blame the rows.
        let about_the_rows = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
        if about_the_rows { Self::Unstorable(error.to_string()) } else { Self::Unavailable(error) }
    }
}

/// Converts a time (Unix µs) to the type that PostgreSQL takes.
///
/// # Errors
/// [`StoreError::Unstorable`] after the year 9999.
pub fn time_of(unix_us: u64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_us) * 1_000)
        .map_err(|error| StoreError::Unstorable(error.to_string()))
}
