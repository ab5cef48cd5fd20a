//! Rows of `candle_history`.

use messages::{CandleHistory, CandlePart, Timeframe};
use sqlx::PgConnection;
use store::{StoreError, time_of};
use time::OffsetDateTime;

/// The columns of a batch, for one `insert … select from unnest(…)`.
#[derive(Default)]
struct Columns {
    time: Vec<OffsetDateTime>,
    from: Vec<OffsetDateTime>,
    until: Vec<OffsetDateTime>,
    open: Vec<i64>,
    high: Vec<i64>,
    low: Vec<i64>,
    close: Vec<i64>,
    volume: Vec<i64>,
    trades: Vec<i64>,
}

impl Columns {
    fn push(&mut self, timeframe: Timeframe, part: &CandlePart) -> Result<(), StoreError> {
        let start_s = timeframe.start_of(part.from_s);
        if part.until_s > start_s.saturating_add(timeframe.seconds()) {
            let stretch = format!("{} to {}", part.from_s, part.until_s);
            return Err(StoreError::Unstorable(format!("{stretch} spans two {timeframe} candles")));
        }
        let trades = i64::try_from(part.trades);
        let trades = trades.map_err(|error| StoreError::Unstorable(error.to_string()))?;
        self.time.push(time_of_s(start_s)?);
        self.from.push(time_of_s(part.from_s)?);
        self.until.push(time_of_s(part.until_s)?);
        self.open.push(part.open.to_i64()?);
        self.high.push(part.high.to_i64()?);
        self.low.push(part.low.to_i64()?);
        self.close.push(part.close.to_i64()?);
        self.volume.push(part.volume.to_i64()?);
        self.trades.push(trades);
        Ok(())
    }
}

fn time_of_s(unix_s: u64) -> Result<OffsetDateTime, StoreError> {
    time_of(unix_s.saturating_mul(1_000_000))
}

/// Inserts the parts that are not stored yet and whose time has no stored trade, and returns their
/// number: candles computed from trades are never overwritten.
pub async fn insert(
    connection: &mut PgConnection,
    history: &CandleHistory,
) -> Result<u64, StoreError> {
    let mut columns = Columns::default();
    for part in &history.parts {
        columns.push(history.timeframe, part)?;
    }
    let done = sqlx::query!(
        r#"insert into candle_history (
               symbol, timeframe, "time", from_time, until_time, open, high, low, close, volume,
               trades
           )
           select $1, $2, part.*
           from unnest(
               $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::bigint[],
               $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]
           ) as part ("time", from_time, until_time, open, high, low, close, volume, trades)
           where not exists (
               select from trades
               where trades.symbol = $1
                   and trades."time" >= part.from_time and trades."time" < part.until_time
           )
           on conflict (symbol, timeframe, from_time) do nothing"#,
        history.symbol.as_str(),
        history.timeframe.as_str(),
        &columns.time,
        &columns.from,
        &columns.until,
        &columns.open,
        &columns.high,
        &columns.low,
        &columns.close,
        &columns.volume,
        &columns.trades,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use price::{Price, Qty};

    #[test]
    fn a_time_that_no_clock_has_is_refused() {
        let (price, volume) = (Price::from(1), Qty::from(1));
        for (from_s, until_s) in [(u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX)] {
            let (open, high, low, close) = (price, price, price, price);
            let part = CandlePart { from_s, until_s, open, high, low, close, volume, trades: 1 };
            for timeframe in Timeframe::ALL {
                let refused = Columns::default().push(timeframe, &part);
                assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{from_s} {timeframe}");
            }
        }
    }
}
