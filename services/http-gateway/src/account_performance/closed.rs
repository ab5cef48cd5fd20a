//! The figures of closed positions, from PostgreSQL.

use crate::error::ApiError;
use messages::UserId;
use price::{Rate, SCALE, Usd};
use sqlx::PgPool;
use std::ops::Range;
use time::OffsetDateTime;
use views::ClosedPositions;

/// Sums up the positions of an account that were closed in a period.
pub async fn sum(
    pool: &PgPool,
    account: UserId,
    period: Range<OffsetDateTime>,
) -> Result<ClosedPositions, ApiError> {
    let row = sqlx::query!(
        // Sums of BIGINTs are NUMERIC, which may not fit a BIGINT.
        r#"select
               count(*) as "closed!",
               count(*) filter (where net > 0) as "won!",
               count(*) filter (where net < 0) as "lost!",
               coalesce(sum(net) filter (where net > 0), 0)::text as "gains!",
               coalesce(-sum(net) filter (where net < 0), 0)::text as "losses!",
               max(net)::text as best,
               min(net)::text as worst,
               floor(avg(extract(epoch from "closedAt" - "createdAt") * 1000))::bigint as holding_ms
           from (
               select
                   "createdAt", "closedAt",
                   "finalPnLInt"::numeric - "commissionInt" + "fundingInt" - "liquidationFeeInt"
                       as net
               from closed_orders
               where "userId" = $1 and "closedAt" >= $2 and "closedAt" < $3
           ) positions"#,
        account.0,
        period.start,
        period.end,
    )
    .fetch_one(pool)
    .await?;
    let (won, closed) = (row.won.unsigned_abs(), row.closed.unsigned_abs());
    Ok(ClosedPositions {
        closed,
        won,
        lost: row.lost.unsigned_abs(),
        win_rate: ratio(won.into(), closed.into()),
        profit_factor: ratio(integer(&row.gains)?, integer(&row.losses)?),
        best: amount(row.best)?,
        worst: amount(row.worst)?,
        average_holding_ms: row.holding_ms.and_then(|ms| ms.try_into().ok()),
    })
}

/// Returns a quotient at scale 10^8, rounded down, if there is one.
fn ratio(part: i128, whole: i128) -> Option<Rate> {
    part.checked_mul(SCALE)?.checked_div(whole).map(Rate::from_scaled)
}

fn amount(text: Option<String>) -> Result<Option<Usd>, ApiError> {
    text.map(|text| integer(&text).map(Usd::from_scaled)).transpose()
}

fn integer(text: &str) -> Result<i128, ApiError> {
    text.parse().map_err(|_| {
        tracing::error!("a sum of closed positions does not fit an amount");
        ApiError::Internal
    })
}
