//! Rows of `closed_orders`.

use messages::ClosedOrder;
use price::OutOfRange;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Why orders were not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// These orders can't be stored, now or later.
    #[error("{0}")]
    Unstorable(String),
    /// PostgreSQL is away, or not migrated yet: trying again helps.
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
        // Classes 22 (data exception) and 23 (constraint violation) are about the rows themselves.
        let about_the_rows = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
        if about_the_rows { Self::Unstorable(error.to_string()) } else { Self::Unavailable(error) }
    }
}

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
        let created_at = time_of(order.created_at_ms)?;
        let closed_at = time_of(closed.closed_at_ms)?;

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

fn time_of(unix_ms: u64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .map_err(|error| StoreError::Unstorable(error.to_string()))
}

/// Stores the orders in one statement: all of them or none. Those that are there already stay as
/// they are. Gives the number of rows that are new.
pub async fn store(pool: &PgPool, orders: &[&ClosedOrder]) -> Result<u64, StoreError> {
    let mut columns = Columns::default();
    for order in orders {
        columns.push(order)?;
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
