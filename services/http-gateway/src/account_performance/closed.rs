//! The best and the worst closed position of a period, from PostgreSQL.

use crate::error::ApiError;
use crate::orders::history;
use messages::UserId;
use sqlx::PgPool;
use std::ops::Range;
use store::closed_orders::{self, Row};
use time::OffsetDateTime;
use views::PositionResult;

/// The position with the highest P&L after its costs, and that with the lowest.
#[derive(Default)]
pub struct Extremes {
    pub best: Option<PositionResult>,
    pub worst: Option<PositionResult>,
}

/// Reads the best and the worst position of an account that was closed in a period.
pub async fn extremes(
    pool: &PgPool,
    account: UserId,
    period: &Range<OffsetDateTime>,
) -> Result<Extremes, ApiError> {
    let Some(best) = closed_orders::best(pool, account, period).await? else {
        return Ok(Extremes::default());
    };
    let worst = closed_orders::worst(pool, account, period).await?;
    Ok(Extremes { best: Some(read(best)?), worst: worst.map(read).transpose()? })
}

fn read(row: Row) -> Result<PositionResult, ApiError> {
    result(&history::read(row)?)
}

/// Returns a closed position with what became of its margin.
pub fn result(closed: &messages::ClosedPosition) -> Result<PositionResult, ApiError> {
    PositionResult::try_from(closed).map_err(super::changes::too_large)
}
