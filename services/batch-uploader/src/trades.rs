//! Rows of `trades`.

use messages::Trade;
use sqlx::PgConnection;
use worker::{StoreError, time_of};

/// Inserts the trades that are not there yet in one statement, and gives their number.
pub async fn insert(
    connection: &mut PgConnection,
    trades: &mut [&Trade],
) -> Result<u64, StoreError> {
    if trades.is_empty() {
        return Ok(0);
    }
    // Uploaders that insert the same trades wait for one another in the same order.
    trades.sort_unstable_by_key(|trade| (trade.symbol, trade.trade_id));
    let ids: Vec<String> = trades.iter().map(|trade| trade.key()).collect();
    let symbols: Vec<String> = trades.iter().map(|trade| trade.symbol.to_string()).collect();
    let times = trades.iter().map(|trade| time_of(trade.time_us)).collect::<Result<Vec<_>, _>>()?;
    let prices = trades.iter().map(|trade| trade.price.to_i64()).collect::<Result<Vec<_>, _>>()?;
    let qtys = trades.iter().map(|trade| trade.qty.to_i64()).collect::<Result<Vec<_>, _>>()?;
    let done = sqlx::query!(
        r#"insert into trades (id, "time", symbol, "priceInt", "qtyInt")
           select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[])
           on conflict (id, "time") do nothing"#,
        &ids,
        &times,
        &symbols,
        &prices,
        &qtys,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
