//! Rows of `trades`.

use messages::Trade;
use sqlx::PgConnection;
use store::{StoreError, compare, table, time_of};
use time::OffsetDateTime;

table! {
    /// A row of `trades`.
    Row, Columns;
    id: String = "id",
    time: OffsetDateTime = "time",
    symbol: String = "symbol",
    price: i64 = "priceInt",
    qty: i64 = "qtyInt",
}

impl Row {
    fn of(trade: &Trade) -> Result<Self, StoreError> {
        Ok(Self {
            id: trade.key(),
            time: time_of(trade.time_us)?,
            symbol: trade.symbol.to_string(),
            price: trade.price.to_i64()?,
            qty: trade.qty.to_i64()?,
        })
    }
}

/// Inserts trades in one statement, which adds the new ones to the volumes in the quote asset, and
/// returns the number of new ones. A trade that is already stored stays as it is; one that is stored
/// with other values is refused.
pub async fn insert(
    connection: &mut PgConnection,
    trades: &mut [&Trade],
) -> Result<u64, StoreError> {
    if trades.is_empty() {
        return Ok(0);
    }
    // A common order, so that uploaders that insert the same trades cannot deadlock.
    trades.sort_unstable_by_key(|trade| (trade.symbol, trade.trade_id));
    let rows = trades.iter().map(|trade| Row::of(trade)).collect::<Result<Vec<_>, _>>()?;
    let columns = Columns::of(&rows);
    let new = sqlx::query_scalar!(
        r#"with added as (
               insert into trades (id, "time", symbol, "priceInt", "qtyInt")
               select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[])
               on conflict (id, "time") do nothing
               returning symbol, "time", "priceInt", "qtyInt"
           ),
           summed as (
               insert into quote_volumes as known (symbol, timeframe, "time", quote_volume, trades)
               select symbol, timeframe, date_bin(length, "time", 'epoch'),
                   sum("priceInt"::numeric * "qtyInt"), count(*)
               from added
               cross join (values ('1m', interval '1 minute'), ('1h', interval '1 hour'))
                   as lengths (timeframe, length)
               group by 1, 2, 3
               -- A common order, as above.
               order by 1, 2, 3
               on conflict (symbol, timeframe, "time") do update set
                   quote_volume = known.quote_volume + excluded.quote_volume,
                   trades = known.trades + excluded.trades
           )
           select count(*) as "new!" from added"#,
        &columns.id,
        &columns.time,
        &columns.symbol,
        &columns.price,
        &columns.qty,
    )
    .fetch_one(&mut *connection)
    .await?;
    let new = u64::try_from(new).expect("a count is not negative");
    if new < rows.len() as u64 {
        let stored = stored(connection, &columns).await?;
        compare(&rows, &stored, |row| format!("trade {} of {}", row.id, row.time))?;
    }
    Ok(new)
}

async fn stored(connection: &mut PgConnection, columns: &Columns) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, "time", symbol, "priceInt" as price, "qtyInt" as qty
           from trades
           join unnest($1::text[], $2::timestamptz[]) as given (id, "time") using (id, "time")"#,
        &columns.id,
        &columns.time,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
