//! Trades from the database, and those that are not there yet.

use super::error::Error;
use crate::clock::{milliseconds, time};
use crate::state::AppState;
use messages::{Symbol, Trade};
use price::{Notional, Price, Qty};
use sqlx::PgPool;
use std::ops::RangeInclusive;
use std::time::Duration;
use time::OffsetDateTime;

/// A trade of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeRow {
    /// The venue's id.
    pub id: u64,
    pub time_us: u64,
    pub price: Price,
    pub qty: Qty,
}

struct Record {
    id: i64,
    time: OffsetDateTime,
    price: i64,
    qty: i64,
}

/// The last moment of a database's calendar that is asked for (Unix ms).
const LAST_MS: u64 = 253_402_300_799_999;

impl TradeRow {
    /// The time (Unix ms).
    pub const fn time_ms(&self) -> u64 {
        self.time_us / 1_000
    }

    /// The price times the quantity.
    pub fn notional(&self) -> Notional {
        Notional::default().with(self.price, self.qty).unwrap_or_default()
    }
}

/// Returns the newest trades up to a time (Unix ms), oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(
    app: &AppState,
    symbol: Symbol,
    until_ms: Option<u64>,
    limit: u32,
) -> Result<Vec<TradeRow>, Error> {
    let until_ms = until_ms.unwrap_or(LAST_MS);
    // Read first: a trade that is stored in between is in both.
    let pending = pending(app, symbol, 0..=until_ms).await;
    let records = sqlx::query_as!(
        Record,
        r#"select split_part(id, '-', 2)::bigint as "id!", "time", "priceInt" as price, "qtyInt" as qty
           from trades
           where symbol = $1 and "time" < $2
           order by "time" desc, trade_order("time", id) desc
           limit $3"#,
        symbol.as_str(),
        after(until_ms),
        i64::from(limit),
    )
    .fetch_all(&app.pool)
    .await?;
    let mut rows = join(records, pending);
    Ok(rows.split_off(rows.len().saturating_sub(limit as usize)))
}

/// Returns the first trades of a period (Unix ms) with at least this id, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn oldest(
    app: &AppState,
    symbol: Symbol,
    period_ms: RangeInclusive<u64>,
    least_id: u64,
    limit: u32,
) -> Result<Vec<TradeRow>, Error> {
    let mut pending = pending(app, symbol, period_ms.clone()).await;
    pending.retain(|trade| trade.id >= least_id);
    let records = sqlx::query_as!(
        Record,
        r#"select split_part(id, '-', 2)::bigint as "id!", "time", "priceInt" as price, "qtyInt" as qty
           from trades
           where symbol = $1 and "time" >= $2 and "time" < $3
               and split_part(id, '-', 2)::bigint >= $4
           order by "time", trade_order("time", id)
           limit $5"#,
        symbol.as_str(),
        time(*period_ms.start()),
        after(*period_ms.end()),
        i64::try_from(least_id).unwrap_or(i64::MAX),
        i64::from(limit),
    )
    .fetch_all(&app.pool)
    .await?;
    let mut rows = join(records, pending);
    rows.truncate(limit as usize);
    Ok(rows)
}

/// Returns the first trades with at least this id, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn from_id(
    app: &AppState,
    symbol: Symbol,
    id: u64,
    limit: u32,
) -> Result<Vec<TradeRow>, Error> {
    let from_ms = time_before(&app.pool, symbol, id).await?;
    oldest(app, symbol, from_ms..=LAST_MS, id, limit).await
}

/// Returns a time (Unix ms) at which, or shortly before which, the first trade with at least this id
/// was made: ids rise with time.
async fn time_before(pool: &PgPool, symbol: Symbol, id: u64) -> Result<u64, Error> {
    let key = format!("{symbol}-{id}");
    let known = sqlx::query_scalar!(r#"select min("time") from trades where id = $1"#, key);
    if let Some(known) = known.fetch_one(pool).await? {
        return Ok(milliseconds(known));
    }
    let bounds = sqlx::query!(
        r#"select min("time") as first, max("time") as last from trades where symbol = $1"#,
        symbol.as_str(),
    );
    let bounds = bounds.fetch_one(pool).await?;
    let (Some(first), Some(last)) = (bounds.first, bounds.last) else { return Ok(0) };
    let (mut before_ms, mut after_ms) = (milliseconds(first), milliseconds(last) + 1);
    while after_ms - before_ms > 1_000 {
        let middle_ms = before_ms.midpoint(after_ms);
        let found = sqlx::query_scalar!(
            r#"select split_part(id, '-', 2)::bigint as "id!"
               from trades
               where symbol = $1 and "time" >= $2
               order by "time", trade_order("time", id)
               limit 1"#,
            symbol.as_str(),
            time(middle_ms),
        );
        let found = found.fetch_optional(pool).await?;
        if found.and_then(|found| u64::try_from(found).ok()).is_some_and(|found| found < id) {
            before_ms = middle_ms;
        } else {
            after_ms = middle_ms;
        }
    }
    Ok(before_ms)
}

async fn pending(app: &AppState, symbol: Symbol, period: RangeInclusive<u64>) -> Vec<TradeRow> {
    let trades = app.pending_trades.of(symbol).await;
    let rows = trades.into_iter().map(|Trade { trade_id, price, qty, time_us, .. }| TradeRow {
        id: trade_id,
        time_us,
        price,
        qty,
    });
    rows.filter(|row| period.contains(&row.time_ms())).collect()
}

/// Puts stored and pending trades in order, each once.
fn join(records: Vec<Record>, pending: Vec<TradeRow>) -> Vec<TradeRow> {
    let stored = records.into_iter().map(|Record { id, time, price, qty }| TradeRow {
        id: id.try_into().unwrap_or_default(),
        time_us: u64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or_default(),
        price: price.into(),
        qty: qty.into(),
    });
    let mut rows: Vec<TradeRow> = stored.chain(pending).collect();
    rows.sort_by_key(|row| (row.time_us, row.id));
    rows.dedup_by_key(|row| (row.time_us, row.id));
    rows
}

/// Returns the time before which everything up to a millisecond (Unix ms) is.
fn after(until_ms: u64) -> OffsetDateTime {
    time(until_ms.min(LAST_MS - 1)) + Duration::from_millis(1)
}
