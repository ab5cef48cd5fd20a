//! Candles from the database.

use super::Range;
use super::merge::{Candle, Row, Source};
use crate::error::ApiError;
use messages::{Symbol, Timeframe, Trade};
use price::{Notional, Price, Qty};
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
    trades: i64,
    /// The sum of prices times quantities at scale 10^16, if it is known.
    notional: Option<String>,
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
    ($table:tt, $pool:expr, $range:expr, $pending:expr, $from:expr, $to:expr, $notionals:expr) => {
        sqlx::query_as!(
            Record,
            r#"(
                select
                    0::smallint as "source!", candle."time" as "time!", open as "open!",
                    high as "high!", low as "low!", close as "close!", volume as "volume!",
                    candle.trades as "trades!", summed.quote_volume::text as "notional?"
                from (
                    select "time", open, high, low, close, volume, trades
                    from "#
                + $table
                + r#"
                    where symbol = $1 and "time" >= $2 and "time" < $3
                    order by "time" desc
                    limit $4
                ) as candle
                -- Of other trades than the candle, it is of no use.
                left join (
                    select date_bin($5 * interval '1 second', "time", 'epoch') as start,
                        sum(quote_volume) as quote_volume, sum(trades) as trades
                    from quote_volumes
                    where $11 <> '' and symbol = $1 and timeframe = $11
                        and "time" >= $2 and "time" < $3
                    group by 1
                ) as summed on summed.start = candle."time" and summed.trades = candle.trades
            )
            union all
            (
                select
                    case when until_time < "time" + $5 * interval '1 second' then 1
                         when from_time > "time" then 2 else 3 end::smallint,
                    "time", open, high, low, close, volume, trades, null
                from candle_history
                where symbol = $1 and timeframe = $6 and from_time >= $2 and from_time < $3
                order by from_time desc
                limit $4
            )
            union all
            (
                select
                    4::smallint, pending."time", price, price, price, price, qty, 1,
                    (price::numeric * qty)::text
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
            $notionals,
        )
        .fetch_all($pool)
        .await
    };
}

/// Reads the rows of which the candles in the range are made. Their volumes in the quote asset are
/// estimates.
pub async fn read(pool: &PgPool, range: &Range, trades: &[Trade]) -> Result<Vec<Row>, ApiError> {
    rows(pool, range, trades, "").await
}

/// Reads the rows of which the candles in the range are made, with their volumes in the quote asset,
/// all of which are read: the range should have an end on both sides.
pub async fn read_with_notional(
    pool: &PgPool,
    range: &Range,
    trades: &[Trade],
) -> Result<Vec<Row>, ApiError> {
    // Those are stored by the minute and by the hour.
    let summed_by = match range.timeframe {
        Timeframe::S30 => "",
        Timeframe::M1 | Timeframe::M5 | Timeframe::M15 => Timeframe::M1.as_str(),
        Timeframe::H1 | Timeframe::H4 | Timeframe::D1 => Timeframe::H1.as_str(),
    };
    rows(pool, range, trades, summed_by).await
}

#[expect(clippy::cast_precision_loss, reason = "a timeframe has at most 86,400 seconds")]
async fn rows(
    pool: &PgPool,
    range: &Range,
    trades: &[Trade],
    summed_by: &str,
) -> Result<Vec<Row>, ApiError> {
    let pending = Pending::of(trades);
    // Whole candles only: one that began before `from` is not in the range.
    let length = range.timeframe.seconds();
    let from = moment(range.from_s.div_ceil(length) * length);
    let to = moment(range.timeframe.start_of(range.to_s + length - 1));
    macro_rules! read {
        ($table:tt) => {
            read_from!($table, pool, range, pending, from, to, summed_by)
        };
    }
    let records = match range.timeframe {
        Timeframe::S30 => read!("candles_30s"),
        Timeframe::M1 => read!("candles_1m"),
        Timeframe::M5 => read!("candles_5m"),
        Timeframe::M15 => read!("candles_15m"),
        Timeframe::H1 => read!("candles_1h"),
        Timeframe::H4 => read!("candles_4h"),
        Timeframe::D1 => read!("candles_1d"),
    }?;
    Ok(records.into_iter().filter_map(Record::row).collect())
}

/// Returns the start (Unix s) of the first candle at or after a time (Unix s), stored or of history.
pub async fn first_start(
    pool: &PgPool,
    symbol: Symbol,
    timeframe: Timeframe,
    from_s: u64,
) -> Result<Option<u64>, ApiError> {
    macro_rules! first_of {
        ($table:tt) => {
            sqlx::query_scalar!(
                r#"select least(
                       (
                           select "time" from "#
                    + $table
                    + r#"
                           where symbol = $1 and "time" >= $3
                           order by "time"
                           limit 1
                       ),
                       (
                           select "time" from candle_history
                           where symbol = $1 and timeframe = $2 and from_time >= $3
                           order by from_time
                           limit 1
                       )
                   )"#,
                symbol.as_str(),
                timeframe.as_str(),
                moment(from_s),
            )
            .fetch_one(pool)
            .await
        };
    }
    let first = match timeframe {
        Timeframe::S30 => first_of!("candles_30s"),
        Timeframe::M1 => first_of!("candles_1m"),
        Timeframe::M5 => first_of!("candles_5m"),
        Timeframe::M15 => first_of!("candles_15m"),
        Timeframe::H1 => first_of!("candles_1h"),
        Timeframe::H4 => first_of!("candles_4h"),
        Timeframe::D1 => first_of!("candles_1d"),
    }?;
    Ok(first.and_then(|first| first.unix_timestamp().try_into().ok()))
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
               sum(qty)::bigint as "volume!", count(*) as "trades!",
               sum(price::numeric * qty)::text as "notional?"
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
        let [open, high, low, close] =
            [self.open, self.high, self.low, self.close].map(Price::from);
        let known = self.notional.and_then(|notional| notional.parse().ok());
        let notional = known.unwrap_or_else(|| {
            let four_prices = open.scaled() + high.scaled() + low.scaled() + close.scaled();
            four_prices / 4 * i128::from(self.volume)
        });
        let candle = Candle {
            time_s: self.time.unix_timestamp().try_into().ok()?,
            open,
            high,
            low,
            close,
            volume: Qty::from(self.volume),
            trades: self.trades.try_into().unwrap_or_default(),
            notional: Notional::from_scaled(notional),
        };
        Some(Row { source, candle })
    }
}
