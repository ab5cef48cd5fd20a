//! Sums, as PostgreSQL returns them. The sum of BIGINTs is a NUMERIC, which may not fit a BIGINT.

use crate::error::ApiError;
use price::Usd;

/// Reads a sum of amounts.
pub fn amount(text: &str) -> Result<Usd, ApiError> {
    text.parse().map(Usd::from_scaled).map_err(|_| unreadable(text))
}

/// Reads a number of rows.
pub fn count(rows: i64) -> Result<u64, ApiError> {
    rows.try_into().map_err(|_| unreadable(&rows.to_string()))
}

fn unreadable(sum: &str) -> ApiError {
    tracing::error!(sum, "a sum does not fit an amount");
    ApiError::Internal
}
