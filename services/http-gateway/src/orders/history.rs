//! Closed orders, from PostgreSQL.

use crate::access::account::AccountId;
use crate::error::ApiError;
use crate::sum::{amount, count};
use messages::{CloseReason, ClosedPosition, OrderId, Side, Symbol};
use sqlx::PgPool;
use store::closed_orders::{self, Cursor, Filter, Unreadable};
use time::OffsetDateTime;
use views::RealizedPnl;

/// A page of the closed orders, newest first.
pub struct Page {
    /// The order after which the page begins.
    pub after: Option<Cursor>,
    /// The number of orders.
    pub len: i64,
}

/// Parses a cursor that [`cursor_of`] made: the last order of the previous page.
pub fn parse_cursor(text: &str) -> Option<Cursor> {
    let (closed_at_ms, order_id) = text.split_once('.')?;
    // Nothing was closed before 1970, although PostgreSQL's range begins 6,700 years earlier.
    let closed_at_ms: u64 = closed_at_ms.parse().ok()?;
    let nanos = i128::from(closed_at_ms) * 1_000_000;
    let closed_at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    Some(Cursor { closed_at, order_id: order_id.parse().ok()? })
}

fn cursor_of(order: &ClosedPosition) -> String {
    format!("{}.{}", order.closed_at_ms, order.order.order_id)
}

/// Returns one page of an account's closed orders, and the cursor of the next page if there is one.
pub async fn page(
    pool: &PgPool,
    account: AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<(Vec<ClosedPosition>, Option<String>), ApiError> {
    // One more row than requested shows whether there is a next page.
    let rows =
        closed_orders::page(pool, account.in_engine(), filter, page.after, page.len + 1).await?;
    let mut orders = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(page.len).expect("a page has 1 to 100 orders");
    let has_next = orders.len() > page_len;
    orders.truncate(page_len);
    let next_cursor = orders.last().filter(|_| has_next).map(cursor_of);
    Ok((orders, next_cursor))
}

/// Returns the totals of an account's closed orders that match a filter, either of all of them or of
/// those after a cursor.
pub async fn realized(
    pool: &PgPool,
    account: AccountId,
    filter: &Filter,
    older_than: Option<Cursor>,
) -> Result<RealizedPnl, ApiError> {
    let sums = sqlx::query!(
        r#"select
               count(*) as "orders!",
               count(*) filter (where "finalPnLInt" > 0) as "won!",
               coalesce(sum("finalPnLInt"), 0)::text as "pnl!",
               coalesce(sum("commissionInt"), 0)::text as "commission!",
               coalesce(sum("fundingInt"), 0)::text as "funding!",
               coalesce(sum("liquidationFeeInt"), 0)::text as "liquidation_fee!",
               coalesce(
                   sum("finalPnLInt") - sum("commissionInt") + sum("fundingInt")
                       - sum("liquidationFeeInt"),
                   0
               )::text as "net_pnl!"
           from closed_orders
           where "userId" = $1
               and ($2::timestamptz is null or ("closedAt", "orderId") < ($2, $3))
               and ($4::text is null or asset = $4)
               and ($5::text is null or "orderType" = $5)
               and ($6::text is null or "closeReason" = $6)
               and ($7::timestamptz is null or "closedAt" >= $7)
               and ($8::timestamptz is null or "closedAt" < $8)"#,
        account.0,
        older_than.map(|cursor| cursor.closed_at),
        older_than.map(|cursor| cursor.order_id),
        filter.asset.as_ref().map(Symbol::as_str),
        filter.side.map(Side::as_str),
        filter.reason.map(CloseReason::as_str),
        filter.from,
        filter.to,
    )
    .fetch_one(pool)
    .await?;
    Ok(RealizedPnl {
        realized_pnl: amount(&sums.pnl)?,
        orders: count(sums.orders)?,
        won: count(sums.won)?,
        commission: amount(&sums.commission)?,
        funding: amount(&sums.funding)?,
        liquidation_fee: amount(&sums.liquidation_fee)?,
        net_pnl: amount(&sums.net_pnl)?,
    })
}

/// Returns one of an account's closed orders.
pub async fn find(
    pool: &PgPool,
    account: AccountId,
    order_id: OrderId,
) -> Result<Option<ClosedPosition>, ApiError> {
    let row = closed_orders::find_owned(pool, account.in_engine(), order_id).await?;
    row.map(read).transpose()
}

/// Reads a row as a closed position.
pub fn read(row: closed_orders::Row) -> Result<ClosedPosition, ApiError> {
    row.try_into().map_err(|error: Unreadable| {
        tracing::error!(order.id = %error.order_id, "a row of closed_orders can't be read");
        ApiError::Internal
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cursor_is_no_time_that_the_database_refuses() {
        let id = Uuid::nil();
        for closed_at_ms in [-1, -300_000_000_000_000, i64::MIN, i64::MAX] {
            assert!(parse_cursor(&format!("{closed_at_ms}.{id}")).is_none(), "{closed_at_ms}");
        }
    }
}
