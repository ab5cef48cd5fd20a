//! What one worker does with its entries.

use messages::{DecodeError, Fields};
use price::OutOfRange;
use time::OffsetDateTime;

/// Reads the entries of one stream and stores what they say.
pub trait Job {
    /// The stream.
    const STREAM: &'static str;
    /// The consumer group, which is also the worker's name in metrics.
    const GROUP: &'static str;
    /// The same, for metrics that are there before the first entry.
    const NAMES: &'static [&'static str] = &[Self::GROUP];
    /// What is stored of an entry.
    type Item;

    /// What an entry says; nothing when it needs no storing.
    ///
    /// # Errors
    /// When the entry can't be read.
    fn decode(fields: &Fields) -> Result<Option<Self::Item>, DecodeError>;

    /// Stores these and gives the number of new rows. Storing what is there already succeeds and
    /// changes nothing, so a part may stay stored where the rest fails. What is there already with
    /// other values is [`StoreError::Unstorable`]: it must be seen, not dropped.
    fn store(&self, items: &[Self::Item]) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Why items were not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// These can't be stored, now or later.
    #[error("{0}")]
    Unstorable(String),
    /// PostgreSQL is away, or not migrated yet: trying again helps.
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
        // Classes 22 (data exception) and 23 (constraint violation) are about the rows themselves.
        let about_the_rows = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
        if about_the_rows { Self::Unstorable(error.to_string()) } else { Self::Unavailable(error) }
    }
}

/// A moment (Unix µs) as PostgreSQL takes it.
///
/// # Errors
/// [`StoreError::Unstorable`] after the year 9999.
pub fn time_of(unix_us: u64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_us) * 1_000)
        .map_err(|error| StoreError::Unstorable(error.to_string()))
}
