//! Rows of `closed_orders`.

use messages::ClosedOrder;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;
use worker::{StoreError, time_of};

/// The columns of a batch, for one `insert … select from unnest(…)`.
#[derive(Default)]
struct Columns {
    order_id: Vec<Uuid>,
    user_id: Vec<Uuid>,
    asset: Vec<String>,
    order_type: Vec<String>,
    leverage: Vec<i16>,
    margin: Vec<i64>,
    execution_price: Vec<i64>,
    close_price: Vec<i64>,
    qty: Vec<i64>,
    liquidation_price: Vec<i64>,
    stop_loss: Vec<Option<i64>>,
    take_profit: Vec<Option<i64>>,
    final_pnl: Vec<i64>,
    shortfall: Vec<i64>,
    close_reason: Vec<String>,
    tick_id: Vec<String>,
    created_at: Vec<OffsetDateTime>,
    closed_at: Vec<OffsetDateTime>,
}

impl Columns {
    fn push(&mut self, closed: &ClosedOrder) -> Result<(), StoreError> {
        let order = &closed.order;
        let margin = order.margin.to_i64()?;
        let execution_price = order.execution_price.to_i64()?;
        let close_price = closed.close_price.to_i64()?;
        let qty = order.qty.to_i64()?;
        let liquidation_price = order.liquidation_price.to_i64()?;
        let stop_loss = order.stop_loss.map(price::Price::to_i64).transpose()?;
        let take_profit = order.take_profit.map(price::Price::to_i64).transpose()?;
        let final_pnl = closed.final_pnl.to_i64()?;
        let shortfall = closed.shortfall.to_i64()?;
        let created_at = time_of(order.created_at_ms * 1_000)?;
        let closed_at = time_of(closed.closed_at_ms * 1_000)?;

        self.order_id.push(order.order_id.0);
        self.user_id.push(order.user_id.0);
        self.asset.push(order.asset.to_string());
        self.order_type.push(order.order_type.to_string());
        self.leverage.push(order.leverage.into());
        self.margin.push(margin);
        self.execution_price.push(execution_price);
        self.close_price.push(close_price);
        self.qty.push(qty);
        self.liquidation_price.push(liquidation_price);
        self.stop_loss.push(stop_loss);
        self.take_profit.push(take_profit);
        self.final_pnl.push(final_pnl);
        self.shortfall.push(shortfall);
        self.close_reason.push(closed.close_reason.to_string());
        self.tick_id.push(closed.tick_id.to_string());
        self.created_at.push(created_at);
        self.closed_at.push(closed_at);
        Ok(())
    }
}

/// In one statement. Orders that are there already stay as they are.
pub async fn store<'a>(
    pool: &PgPool,
    orders: impl Iterator<Item = &'a ClosedOrder>,
) -> Result<u64, StoreError> {
    let mut columns = Columns::default();
    for order in orders {
        columns.push(order)?;
    }
    if columns.order_id.is_empty() {
        return Ok(0);
    }
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
        &columns.order_type,
        &columns.leverage,
        &columns.margin,
        &columns.execution_price,
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
