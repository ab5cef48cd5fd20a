//! Rows of `closed_orders`.

use messages::ClosedPosition;
use sqlx::PgPool;
use store::{StoreError, compare, table, time_of};
use time::OffsetDateTime;
use uuid::Uuid;

table! {
    /// A row of `closed_orders`.
    Row, Columns;
    order_id: Uuid = "orderId",
    user_id: Uuid = "userId",
    asset: String = "asset",
    side: String = "orderType",
    leverage: i16 = "leverage",
    margin: i64 = "marginInt",
    entry_price: i64 = "executionPriceInt",
    close_price: i64 = "closePriceInt",
    qty: i64 = "qtyInt",
    liquidation_price: i64 = "liquidationPriceInt",
    stop_loss: Option<i64> = "stopLossInt",
    take_profit: Option<i64> = "takeProfitInt",
    final_pnl: i64 = "finalPnLInt",
    shortfall: i64 = "shortfallInt",
    close_reason: String = "closeReason",
    tick_id: String = "tickId",
    created_at: OffsetDateTime = "createdAt",
    closed_at: OffsetDateTime = "closedAt",
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
            stop_loss: order.stop_loss.map(price::Price::to_i64).transpose()?,
            take_profit: order.take_profit.map(price::Price::to_i64).transpose()?,
            final_pnl: closed.final_pnl.to_i64()?,
            shortfall: closed.shortfall.to_i64()?,
            close_reason: closed.close_reason.to_string(),
            tick_id: closed.tick_id.to_string(),
            created_at: time_of(order.created_at_ms * 1_000)?,
            closed_at: time_of(closed.closed_at_ms * 1_000)?,
        })
    }
}

/// Inserts orders in one statement. An order that is already stored stays as it is; one that is
/// stored with other values is refused.
pub async fn store<'a>(
    pool: &PgPool,
    orders: impl Iterator<Item = &'a ClosedPosition>,
) -> Result<u64, StoreError> {
    let rows = orders.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let new = insert(pool, &columns).await?;
    if new < rows.len() as u64 {
        let stored = stored(pool, &columns.order_id).await?;
        compare(&rows, &stored, |row| format!("order {}", row.order_id))?;
    }
    Ok(new)
}

async fn insert(pool: &PgPool, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into closed_orders (
               "orderId", "userId", asset, "orderType", leverage, "marginInt",
               "executionPriceInt", "closePriceInt", "qtyInt", "liquidationPriceInt",
               "stopLossInt", "takeProfitInt", "finalPnLInt", "shortfallInt", "closeReason",
               "tickId", "createdAt", "closedAt"
           )
           select * from unnest(
               $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::bigint[],
               $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
               $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[],
               $16::text[], $17::timestamptz[], $18::timestamptz[]
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
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

async fn stored(pool: &PgPool, order_ids: &[Uuid]) -> Result<Vec<Row>, StoreError> {
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
           where "orderId" = any($1)"#,
        order_ids,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}
