//! The closed positions of a period with the highest and the lowest P&L.

use super::{Row, select};
use messages::UserId;
use sqlx::PgPool;
use std::ops::Range;
use time::OffsetDateTime;

/// Returns the row of the position of a user with the highest P&L after its costs, of those that were
/// closed in a period; of several, the first one.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn best(
    pool: &PgPool,
    user_id: UserId,
    period: &Range<OffsetDateTime>,
) -> sqlx::Result<Option<Row>> {
    first(pool, user_id, period, -1).await
}

/// Returns the row of the position with the lowest P&L, as [`best`] does that with the highest.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn worst(
    pool: &PgPool,
    user_id: UserId,
    period: &Range<OffsetDateTime>,
) -> sqlx::Result<Option<Row>> {
    first(pool, user_id, period, 1).await
}

/// Returns the first row by P&L × `sign`.
async fn first(
    pool: &PgPool,
    user_id: UserId,
    period: &Range<OffsetDateTime>,
    sign: i32,
) -> sqlx::Result<Option<Row>> {
    select!(
        r#"where "userId" = $1 and "closedAt" >= $2 and "closedAt" < $3
           order by
               ("finalPnLInt"::numeric - "commissionInt" + "fundingInt" - "liquidationFeeInt") * $4::int,
               "closedAt", "orderId"
           limit 1"#,
        user_id.0,
        period.start,
        period.end,
        sign,
    )
    .fetch_optional(pool)
    .await
}
