//! Candles from the database.

use super::Range;
use super::merge::{Candle, Row, Source};
use crate::error::ApiError;
use messages::{Symbol, Timeframe, Trade};
use price::{Price, Qty};
use sqlx::PgPool;
use std::ops::Range as Span;
use time::OffsetDateTime;

struct Record {
    source: i16,
    time: OffsetDateTime,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
}

/// The columns of trades that may not be stored yet.
#[derive(Default)]
struct Pending {
    id: Vec<String>,
    time: Vec<OffsetDateTime>,
    price: Vec<i64>,
    qty: Vec<i64>,
}

impl Pending {
    fn of(trades: &[Trade]) -> Self {
        let mut pending = Self::default();
        for trade in trades {
            pending.push(trade);
        }
        pending
    }

    /// Adds a trade, except one that does not fit the database, which will never be stored.
    fn push(&mut self, trade: &Trade) {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(trade.time_us) * 1_000);
        if let (Ok(time), Ok(price), Ok(qty)) = (time, trade.price.to_i64(), trade.qty.to_i64()) {
            self.id.push(trade.key());
            self.time.push(time);
            self.price.push(price);
            self.qty.push(qty);
        }
    }
}

/// Reads in one statement, hence one snapshot: a trade that is being stored at this moment is
/// either in the candles or not yet in `trades`, never both or neither.
macro_rules! read_from {
    ($table:tt, $pool:expr, $range:expr, $pending:expr, $from:expr, $to:expr) => {
        sqlx::query_as!(
            Record,
            r#"(
                select
                    0::smallint as "source!", "time" as "time!", open as "open!", high as "high!",
                    low as "low!", close as "close!", volume as "volume!"
                from "#
                + $table
                + r#"
                where symbol = $1 and "time" >= $2 and "time" < $3
                order by "time" desc
                limit $4
            )
            union all
            (
                select
                    case when until_time < "time" + $5 * interval '1 second' then 1
                         when from_time > "time" then 2 else 3 end::smallint,
                    "time", open, high, low, close, volume
                from candle_history
                where symbol = $1 and timeframe = $6 and from_time >= $2 and from_time < $3
                order by from_time desc
                limit $4
            )
            union all
            (
                select 4::smallint, pending."time", price, price, price, price, qty
                from unnest($7::text[], $8::timestamptz[], $9::bigint[], $10::bigint[])
                    with ordinality as pending (id, "time", price, qty, n)
                where pending."time" >= $2 and pending."time" < $3
                    and not exists (
                        select from trades
                        where trades.id = pending.id and trades."time" = pending."time"
                    )
                order by n
            )"#,
            $range.symbol.as_str(),
            $from,
            $to,
            i64::from($range.limit),
            $range.timeframe.seconds() as f64,
            $range.timeframe.as_str(),
            &$pending.id,
            &$pending.time,
            &$pending.price,
            &$pending.qty,
        )
        .fetch_all($pool)
        .await
    };
}

/// Reads the rows of which the candles in the range are made.
#[expect(clippy::cast_precision_loss, reason = "a timeframe has at most 86,400 seconds")]
pub async fn read(pool: &PgPool, range: &Range, trades: &[Trade]) -> Result<Vec<Row>, ApiError> {
    let pending = Pending::of(trades);
    // Whole candles only: one that began before `from` is not in the range.
    let length = range.timeframe.seconds();
    let from = moment(range.from_s.div_ceil(length) * length);
    let to = moment(range.timeframe.start_of(range.to_s + length - 1));
    let records = match range.timeframe {
        Timeframe::S30 => read_from!("candles_30s", pool, range, pending, from, to),
        Timeframe::M1 => read_from!("candles_1m", pool, range, pending, from, to),
        Timeframe::M5 => read_from!("candles_5m", pool, range, pending, from, to),
        Timeframe::M15 => read_from!("candles_15m", pool, range, pending, from, to),
        Timeframe::H1 => read_from!("candles_1h", pool, range, pending, from, to),
        Timeframe::H4 => read_from!("candles_4h", pool, range, pending, from, to),
        Timeframe::D1 => read_from!("candles_1d", pool, range, pending, from, to),
    }?;
    Ok(records.into_iter().filter_map(Record::row).collect())
}

/// Returns one candle of all trades in a span (Unix ms), stored or pending; none if there are none.
///
/// For spans that match no stored candle. It reads the trades themselves, so the span should be
/// short.
pub async fn sum(
    pool: &PgPool,
    symbol: Symbol,
    span_ms: Span<u64>,
    trades: &[Trade],
) -> Result<Option<Candle>, ApiError> {
    let pending = Pending::of(trades);
    let record = sqlx::query_as!(
        Record,
        r#"select
               0::smallint as "source!", min("time") as "time!",
               (array_agg(price order by "time", trade_order("time", id)))[1] as "open!",
               max(price) as "high!", min(price) as "low!",
               (array_agg(price order by "time" desc, trade_order("time", id) desc))[1] as "close!",
               sum(qty)::bigint as "volume!"
           from (
               select id, "time", "priceInt" as price, "qtyInt" as qty
               from trades
               where symbol = $1 and "time" >= $2 and "time" < $3
               -- A trade that is stored by now is the same row, and stays one.
               union
               select pending.id, pending."time", pending.price, pending.qty
               from unnest($4::text[], $5::timestamptz[], $6::bigint[], $7::bigint[])
                   as pending (id, "time", price, qty)
               where pending."time" >= $2 and pending."time" < $3
           ) as traded
           having count(*) > 0"#,
        symbol.as_str(),
        moment_ms(span_ms.start),
        moment_ms(span_ms.end),
        &pending.id,
        &pending.time,
        &pending.price,
        &pending.qty,
    )
    .fetch_optional(pool)
    .await?;
    Ok(record.and_then(Record::row).map(|row| row.candle))
}

fn moment_ms(unix_ms: u64) -> OffsetDateTime {
    moment(unix_ms / 1_000) + std::time::Duration::from_millis(unix_ms % 1_000)
}

/// Converts a time; one beyond the calendar is clamped to its end.
fn moment(unix_s: u64) -> OffsetDateTime {
    let seconds = i64::try_from(unix_s).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap_or_else(|_| time::PrimitiveDateTime::MAX.assume_utc())
}

impl Record {
    /// Converts the record. Returns `None` for a time before 1970, which Velox never stores.
    fn row(self) -> Option<Row> {
        let source = match self.source {
            0 => Source::Trades,
            1 => Source::Head,
            2 => Source::Tail,
            3 => Source::History,
            _ => Source::Pending,
        };
        let candle = Candle {
            time_s: self.time.unix_timestamp().try_into().ok()?,
            open: Price::from(self.open),
            high: Price::from(self.high),
            low: Price::from(self.low),
            close: Price::from(self.close),
            volume: Qty::from(self.volume),
        };
        Some(Row { source, candle })
    }
}
