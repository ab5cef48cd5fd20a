//! Rows of `closed_orders`: db-worker writes them, the gateway and the console read them.

mod extremes;

use crate::moment::{time_of, unix_ms};
use crate::{StoreError, compare, table};
use messages::{CloseReason, ClosedPosition, OrderId, Position, Side, Symbol, UserId};
use price::{Price, Qty, Usd};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub use extremes::{best, worst};

table! {
    /// A row of `closed_orders`, as it is stored.
    pub Row, Columns;
    /// The id of the order that opened the position.
    order_id: Uuid = "orderId",
    /// The owner.
    user_id: Uuid = "userId",
    /// The symbol.
    asset: String = "asset",
    /// `LONG` or `SHORT`.
    side: String = "orderType",
    /// The leverage.
    leverage: i16 = "leverage",
    /// The margin.
    margin: i64 = "marginInt",
    /// The price at which the position was opened.
    entry_price: i64 = "executionPriceInt",
    /// The price at which it was closed.
    close_price: i64 = "closePriceInt",
    /// The size in the base asset.
    qty: i64 = "qtyInt",
    /// The price at which it would have been liquidated.
    liquidation_price: i64 = "liquidationPriceInt",
    /// The stop-loss at the time of the close.
    stop_loss: Option<i64> = "stopLossInt",
    /// The take-profit at the time of the close.
    take_profit: Option<i64> = "takeProfitInt",
    /// The realized P&L.
    final_pnl: i64 = "finalPnLInt",
    /// The loss beyond the margin.
    shortfall: i64 = "shortfallInt",
    /// The reason for the close, a text of `CloseReason`.
    close_reason: String = "closeReason",
    /// The id of the price update at which the position was closed.
    tick_id: String = "tickId",
    /// The time of the fill.
    created_at: OffsetDateTime = "createdAt",
    /// The time of the close.
    closed_at: OffsetDateTime = "closedAt",
    /// The fees of all its fills.
    commission: i64 = "commissionInt",
    /// The sum of its fundings, negative for what it paid.
    funding: i64 = "fundingInt",
    /// The fee of its liquidation.
    liquidation_fee: i64 = "liquidationFeeInt",
}

/// The error for a row that holds no closed position; db-worker writes no such row.
#[derive(Debug, thiserror::Error)]
#[error("the row of order {order_id} in closed_orders can't be read")]
pub struct Unreadable {
    /// The order's id.
    pub order_id: Uuid,
}

/// The closed orders that a page shows: those that match everything that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// The symbol.
    pub asset: Option<Symbol>,
    /// The side.
    pub side: Option<Side>,
    /// The reason for the close.
    pub reason: Option<CloseReason>,
    /// The earliest time of the close.
    pub from: Option<OffsetDateTime>,
    /// The time before which they were closed.
    pub to: Option<OffsetDateTime>,
}

/// A place in a user's history, which runs from the newest close to the oldest.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    /// The time of the close.
    pub closed_at: OffsetDateTime,
    /// The order's id, which decides between orders that were closed at the same time.
    pub order_id: Uuid,
}

/// Reads rows; the only list of the columns of a `select`.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select
               "orderId" as order_id, "userId" as user_id, asset, "orderType" as side,
               leverage, "marginInt" as margin, "executionPriceInt" as entry_price,
               "closePriceInt" as close_price, "qtyInt" as qty,
               "liquidationPriceInt" as liquidation_price, "stopLossInt" as stop_loss,
               "takeProfitInt" as take_profit, "finalPnLInt" as final_pnl,
               "shortfallInt" as shortfall, "closeReason" as close_reason, "tickId" as tick_id,
               "createdAt" as created_at, "closedAt" as closed_at,
               "commissionInt" as commission, "fundingInt" as funding,
               "liquidationFeeInt" as liquidation_fee
           from closed_orders
           "# + $rest,
            $($argument),*
        )
    };
}
use select;

/// Inserts orders in one statement and returns the number of new ones. An order that is already
/// stored stays as it is; one that is stored with other values is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the orders can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    orders: impl Iterator<Item = &'a ClosedPosition>,
) -> Result<u64, StoreError> {
    let rows = orders.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let new = insert(connection, &columns).await?;
    if new < rows.len() as u64 {
        let stored = select!(r#"where "orderId" = any($1)"#, &columns.order_id)
            .fetch_all(connection)
            .await?;
        compare(&rows, &stored, |row| format!("order {}", row.order_id))?;
    }
    Ok(new)
}

/// Returns at most `len` of a user's rows, newest first: the first ones, or those that follow
/// `after`.
pub async fn page(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<Cursor>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    select!(
        r#"where "userId" = $1
               and ($2::timestamptz is null or ("closedAt", "orderId") < ($2, $3))
               and ($5::text is null or asset = $5)
               and ($6::text is null or "orderType" = $6)
               and ($7::text is null or "closeReason" = $7)
               and ($8::timestamptz is null or "closedAt" >= $8)
               and ($9::timestamptz is null or "closedAt" < $9)
           order by "closedAt" desc, "orderId" desc
           limit $4"#,
        user_id.0,
        after.map(|cursor| cursor.closed_at),
        after.map(|cursor| cursor.order_id),
        len,
        filter.asset.as_ref().map(Symbol::as_str),
        filter.side.map(Side::as_str),
        filter.reason.map(CloseReason::as_str),
        filter.from,
        filter.to,
    )
    .fetch_all(pool)
    .await
}

/// Returns the row of an order, whoever owns it.
pub async fn find(pool: &PgPool, order_id: OrderId) -> sqlx::Result<Option<Row>> {
    select!(r#"where "orderId" = $1"#, order_id.0).fetch_optional(pool).await
}

/// Returns the row of an order if this user owns it.
pub async fn find_owned(
    pool: &PgPool,
    user_id: UserId,
    order_id: OrderId,
) -> sqlx::Result<Option<Row>> {
    select!(r#"where "orderId" = $1 and "userId" = $2"#, order_id.0, user_id.0)
        .fetch_optional(pool)
        .await
}

async fn insert(connection: &mut PgConnection, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into closed_orders (
               "orderId", "userId", asset, "orderType", leverage, "marginInt",
               "executionPriceInt", "closePriceInt", "qtyInt", "liquidationPriceInt",
               "stopLossInt", "takeProfitInt", "finalPnLInt", "shortfallInt", "closeReason",
               "tickId", "createdAt", "closedAt", "commissionInt", "fundingInt", "liquidationFeeInt"
           )
           select * from unnest(
               $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::bigint[],
               $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
               $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[],
               $16::text[], $17::timestamptz[], $18::timestamptz[], $19::bigint[], $20::bigint[],
               $21::bigint[]
           )
           on conflict ("orderId") do nothing"#,
        &columns.order_id,
        &columns.user_id,
        &columns.asset,
        &columns.side,
        &columns.leverage,
        &columns.margin,
        &columns.entry_price,
        &columns.close_price,
        &columns.qty,
        &columns.liquidation_price,
        columns.stop_loss.as_slice() as &[Option<i64>],
        columns.take_profit.as_slice() as &[Option<i64>],
        &columns.final_pnl,
        &columns.shortfall,
        &columns.close_reason,
        &columns.tick_id,
        &columns.created_at,
        &columns.closed_at,
        &columns.commission,
        &columns.funding,
        &columns.liquidation_fee,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

impl Row {
    fn of(closed: &ClosedPosition) -> Result<Self, StoreError> {
        let order = &closed.order;
        Ok(Self {
            order_id: order.order_id.0,
            user_id: order.user_id.0,
            asset: order.asset.to_string(),
            side: order.side.to_string(),
            leverage: order.leverage.into(),
            margin: order.margin.to_i64()?,
            entry_price: order.entry_price.to_i64()?,
            close_price: closed.close_price.to_i64()?,
            qty: order.qty.to_i64()?,
            liquidation_price: order.liquidation_price.to_i64()?,
            stop_loss: order.stop_loss.map(Price::to_i64).transpose()?,
            take_profit: order.take_profit.map(Price::to_i64).transpose()?,
            final_pnl: closed.final_pnl.to_i64()?,
            shortfall: closed.shortfall.to_i64()?,
            close_reason: closed.close_reason.to_string(),
            tick_id: closed.tick_id.to_string(),
            created_at: time_of(order.created_at_ms * 1_000)?,
            closed_at: time_of(closed.closed_at_ms * 1_000)?,
            commission: order.commission.to_i64()?,
            funding: order.funding.to_i64()?,
            liquidation_fee: closed.liquidation_fee.to_i64()?,
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
                commission: Usd::from(self.commission),
                funding: Usd::from(self.funding),
            },
            close_reason: self.close_reason.parse().ok()?,
            close_price: Price::from(self.close_price),
            final_pnl: Usd::from(self.final_pnl),
            shortfall: Usd::from(self.shortfall),
            liquidation_fee: Usd::from(self.liquidation_fee),
            tick_id: self.tick_id.parse().ok()?,
            closed_at_ms: unix_ms(self.closed_at)?,
        })
    }
}

impl TryFrom<Row> for ClosedPosition {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let order_id = row.order_id;
        row.read().ok_or(Unreadable { order_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::{CloseReason, EntryId, Side};

    /// A position in which no two amounts are equal.
    fn closed() -> ClosedPosition {
        ClosedPosition {
            order: Position {
                order_id: OrderId(Uuid::from_u128(1)),
                user_id: UserId(Uuid::from_u128(7)),
                asset: "ETHUSDT".parse().expect("it is a symbol"),
                side: Side::Short,
                leverage: 20,
                qty: Qty::from(1),
                margin: Usd::from(2),
                entry_price: Price::from(3),
                liquidation_price: Price::from(4),
                stop_loss: None,
                take_profit: Some(Price::from(5)),
                created_at_ms: 1_703_001_234_567,
                commission: Usd::from(10),
                funding: Usd::from(-11),
            },
            close_reason: CloseReason::TakeProfit,
            close_price: Price::from(6),
            final_pnl: Usd::from(-7),
            shortfall: Usd::from(8),
            liquidation_fee: Usd::from(12),
            tick_id: EntryId::new(1_703_001_299_001, 3),
            closed_at_ms: 1_703_001_299_001,
        }
    }

    fn row() -> Row {
        Row::of(&closed()).expect("it fits the columns")
    }

    #[test]
    fn a_position_survives_its_row() {
        assert_eq!(row().read(), Some(closed()));
        let order =
            Position { stop_loss: Some(Price::from(9)), take_profit: None, ..closed().order };
        let other = ClosedPosition { order, ..closed() };
        assert_eq!(Row::of(&other).expect("it fits the columns").read(), Some(other));
    }

    #[test]
    fn a_row_that_is_no_position_is_named() {
        let before_1970 = OffsetDateTime::UNIX_EPOCH - time::Duration::milliseconds(1);
        for wrong in [
            Row { asset: String::new(), ..row() },
            Row { side: "BUY".to_owned(), ..row() },
            Row { leverage: -1, ..row() },
            Row { close_reason: "WHIM".to_owned(), ..row() },
            Row { tick_id: "1-".to_owned(), ..row() },
            Row { created_at: before_1970, ..row() },
            Row { closed_at: before_1970, ..row() },
        ] {
            let order_id = wrong.order_id;
            let refused = ClosedPosition::try_from(wrong.clone());
            assert!(refused.is_err_and(|error| error.order_id == order_id), "{wrong:?}");
        }
    }
}
