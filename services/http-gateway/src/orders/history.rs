//! Closed orders, from PostgreSQL.

use crate::error::ApiError;
use futures_util::stream::{self, Stream};
use messages::{ClosedPosition, OrderId, Position, UserId};
use price::{Price, Qty, Usd};
use sqlx::PgPool;
use std::str::FromStr;
use time::OffsetDateTime;
use uuid::Uuid;
use views::RealizedPnl;

/// The number of orders read at once when all are exported: some 300 kB.
const WHOLE_HISTORY_PAGE_LEN: i64 = 1_000;

/// A page of the closed orders, newest first.
pub struct Page {
    /// The order after which the page begins.
    pub after: Option<Cursor>,
    /// The number of orders.
    pub len: i64,
}

/// The last order of the previous page.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    pub closed_at: OffsetDateTime,
    order_id: Uuid,
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (closed_at_ms, order_id) = text.split_once('.').ok_or(())?;
        // Nothing was closed before 1970, although PostgreSQL's range begins 6,700 years earlier.
        let closed_at_ms: u64 = closed_at_ms.parse().map_err(|_| ())?;
        let nanos = i128::from(closed_at_ms) * 1_000_000;
        Ok(Self {
            closed_at: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| ())?,
            order_id: order_id.parse().map_err(|_| ())?,
        })
    }
}

fn cursor_of(order: &ClosedPosition) -> String {
    format!("{}.{}", order.closed_at_ms, order.order.order_id)
}

/// A row of `closed_orders`.
struct Row {
    order_id: Uuid,
    user_id: Uuid,
    asset: String,
    side: String,
    leverage: i16,
    margin: i64,
    entry_price: i64,
    close_price: i64,
    qty: i64,
    liquidation_price: i64,
    stop_loss: Option<i64>,
    take_profit: Option<i64>,
    final_pnl: i64,
    shortfall: i64,
    close_reason: String,
    tick_id: String,
    created_at: OffsetDateTime,
    closed_at: OffsetDateTime,
}

/// Returns one page of a user's closed orders, and the cursor of the next page if there is one.
pub async fn page(
    pool: &PgPool,
    user_id: UserId,
    page: &Page,
) -> Result<(Vec<ClosedPosition>, Option<String>), ApiError> {
    // One more row than requested shows whether there is a next page.
    let rows = sqlx::query_as!(
        Row,
        r#"select
               "orderId" as order_id, "userId" as user_id, asset, "orderType" as side,
               leverage, "marginInt" as margin, "executionPriceInt" as entry_price,
               "closePriceInt" as close_price, "qtyInt" as qty,
               "liquidationPriceInt" as liquidation_price, "stopLossInt" as stop_loss,
               "takeProfitInt" as take_profit, "finalPnLInt" as final_pnl,
               "shortfallInt" as shortfall, "closeReason" as close_reason, "tickId" as tick_id,
               "createdAt" as created_at, "closedAt" as closed_at
           from closed_orders
           where "userId" = $1
               and ($2::timestamptz is null or ("closedAt", "orderId") < ($2, $3))
           order by "closedAt" desc, "orderId" desc
           limit $4"#,
        user_id.0,
        page.after.as_ref().map(|cursor| cursor.closed_at),
        page.after.as_ref().map(|cursor| cursor.order_id),
        page.len + 1,
    )
    .fetch_all(pool)
    .await?;
    let mut orders = rows.into_iter().map(Row::order).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(page.len).expect("a page has 1 to 100 orders");
    let has_next = orders.len() > page_len;
    orders.truncate(page_len);
    let next_cursor = orders.last().filter(|_| has_next).map(cursor_of);
    Ok((orders, next_cursor))
}

/// Streams all of a user's closed orders, newest first, in pieces. Each piece is read on demand, so
/// that a slow client holds no connection to the database.
pub fn whole(
    pool: PgPool,
    user_id: UserId,
) -> impl Stream<Item = Result<Vec<ClosedPosition>, ApiError>> + Send {
    let first = Some(Page { after: None, len: WHOLE_HISTORY_PAGE_LEN });
    stream::try_unfold(first, move |wanted| {
        let pool = pool.clone();
        async move {
            let Some(wanted) = wanted else { return Ok(None) };
            let (orders, next) = page(&pool, user_id, &wanted).await?;
            let after = next.and_then(|cursor| cursor.parse().ok());
            let next = after.map(|after| Page { after: Some(after), len: WHOLE_HISTORY_PAGE_LEN });
            Ok(Some((orders, next)))
        }
    })
}

/// Returns the sum of the P&L of a user's closed orders and their number, either of all of them or
/// of those after a cursor.
pub async fn realized(
    pool: &PgPool,
    user_id: UserId,
    older_than: Option<Cursor>,
) -> Result<RealizedPnl, ApiError> {
    let sums = sqlx::query!(
        // The sum of BIGINTs is a NUMERIC, which may not fit a BIGINT.
        r#"select coalesce(sum("finalPnLInt"), 0)::text as "pnl!", count(*) as "orders!"
           from closed_orders
           where "userId" = $1
               and ($2::timestamptz is null or ("closedAt", "orderId") < ($2, $3))"#,
        user_id.0,
        older_than.map(|cursor| cursor.closed_at),
        older_than.map(|cursor| cursor.order_id),
    )
    .fetch_one(pool)
    .await?;
    let (Ok(pnl), Ok(orders)) = (sums.pnl.parse(), sums.orders.try_into()) else {
        tracing::error!(pnl = sums.pnl, "the sum of closed_orders does not fit an amount");
        return Err(ApiError::Internal);
    };
    Ok(RealizedPnl { realized_pnl: Usd::from_scaled(pnl), orders })
}

/// Returns one of a user's closed orders.
pub async fn find(
    pool: &PgPool,
    user_id: UserId,
    order_id: OrderId,
) -> Result<Option<ClosedPosition>, ApiError> {
    let row = sqlx::query_as!(
        Row,
        r#"select
               "orderId" as order_id, "userId" as user_id, asset, "orderType" as side,
               leverage, "marginInt" as margin, "executionPriceInt" as entry_price,
               "closePriceInt" as close_price, "qtyInt" as qty,
               "liquidationPriceInt" as liquidation_price, "stopLossInt" as stop_loss,
               "takeProfitInt" as take_profit, "finalPnLInt" as final_pnl,
               "shortfallInt" as shortfall, "closeReason" as close_reason, "tickId" as tick_id,
               "createdAt" as created_at, "closedAt" as closed_at
           from closed_orders
           where "orderId" = $1 and "userId" = $2"#,
        order_id.0,
        user_id.0,
    )
    .fetch_optional(pool)
    .await?;
    row.map(Row::order).transpose()
}

impl Row {
    fn order(self) -> Result<ClosedPosition, ApiError> {
        let id = self.order_id;
        self.read().ok_or_else(|| {
            tracing::error!(order.id = %id, "a row of closed_orders can't be read");
            ApiError::Internal
        })
    }

    fn read(self) -> Option<ClosedPosition> {
        Some(ClosedPosition {
            order: Position {
                order_id: OrderId(self.order_id),
                user_id: UserId(self.user_id),
                asset: self.asset.parse().ok()?,
                side: self.side.parse().ok()?,
                leverage: self.leverage.try_into().ok()?,
                qty: Qty::from(self.qty),
                margin: Usd::from(self.margin),
                entry_price: Price::from(self.entry_price),
                liquidation_price: Price::from(self.liquidation_price),
                stop_loss: self.stop_loss.map(Price::from),
                take_profit: self.take_profit.map(Price::from),
                created_at_ms: unix_ms(self.created_at)?,
            },
            close_reason: self.close_reason.parse().ok()?,
            close_price: Price::from(self.close_price),
            final_pnl: Usd::from(self.final_pnl),
            shortfall: Usd::from(self.shortfall),
            tick_id: self.tick_id.parse().ok()?,
            closed_at_ms: unix_ms(self.closed_at)?,
        })
    }
}

fn unix_ms(time: OffsetDateTime) -> Option<u64> {
    (time.unix_timestamp_nanos() / 1_000_000).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_no_time_that_the_database_refuses() {
        let id = Uuid::nil();
        for closed_at_ms in [-1, -300_000_000_000_000, i64::MIN, i64::MAX] {
            assert!(format!("{closed_at_ms}.{id}").parse::<Cursor>().is_err(), "{closed_at_ms}");
        }
    }
}
