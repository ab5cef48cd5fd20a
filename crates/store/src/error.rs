//! The reason rows were not stored.

use price::OutOfRange;

/// The reason rows were not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rows can't be stored, now or later.
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
