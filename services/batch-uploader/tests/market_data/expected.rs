//! Candles computed from trades in the simplest way, and candles read from a database.

use messages::{Symbol, Timeframe, Trade};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use testkit::symbols::SYMBOLS;

/// Start (Unix s), symbol, open, high, low, close, volume, trades.
pub type Row = (i64, String, i64, i64, i64, i64, i64, i64);

pub fn trade(symbol: Symbol, trade_id: u64, time_us: u64, price: i128, qty: i128) -> Trade {
    let (price, qty) = (price::Price::from_scaled(price), price::Qty::from_scaled(qty));
    Trade { symbol, trade_id, price, qty, time_us }
}

/// Computes the candles of trades, which may come in any order and more than once.
pub fn candles(trades: &[Trade], timeframe: Timeframe) -> Vec<Row> {
    let once: BTreeMap<_, _> = trades.iter().map(|t| ((t.symbol, t.trade_id), *t)).collect();
    let mut buckets: BTreeMap<(u64, Symbol), Vec<Trade>> = BTreeMap::new();
    for trade in once.into_values() {
        let start = timeframe.start_of(trade.time_us / 1_000_000);
        buckets.entry((start, trade.symbol)).or_default().push(trade);
    }
    let candle = |((start, symbol), mut trades): ((u64, Symbol), Vec<Trade>)| {
        trades.sort_by_key(|trade| (trade.time_us, trade.trade_id));
        let prices: Vec<i64> = trades.iter().map(|t| t.price.to_i64().unwrap()).collect();
        (
            i64::try_from(start).unwrap(),
            symbol.to_string(),
            prices[0],
            *prices.iter().max().unwrap(),
            *prices.iter().min().unwrap(),
            *prices.last().unwrap(),
            trades.iter().map(|t| t.qty.to_i64().unwrap()).sum(),
            i64::try_from(trades.len()).unwrap(),
        )
    };
    buckets.into_iter().map(candle).collect()
}

/// Reads the candles from the database.
pub async fn stored(connection: &mut PgConnection, timeframe: Timeframe) -> Vec<Row> {
    let sql = format!(
        r#"select extract(epoch from "time")::bigint, symbol, open, high, low, close, volume, trades
           from candles_{timeframe} order by 1, 2"#
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

/// Checks that the stored volumes in the quote asset follow from the trades.
pub async fn check_quote_volumes(connection: &mut PgConnection, trades: &[Trade]) {
    let once: BTreeMap<_, _> = trades.iter().map(|t| ((t.symbol, t.trade_id), t)).collect();
    let mut expected: BTreeMap<(String, String, i64), (i128, i64)> = BTreeMap::new();
    for trade in once.into_values() {
        for timeframe in [Timeframe::H1, Timeframe::M1] {
            let start = timeframe.start_of(trade.time_us / 1_000_000);
            let key = (timeframe.to_string(), trade.symbol.to_string(), start.try_into().unwrap());
            let (sum, count) = expected.entry(key).or_default();
            *sum += trade.price.scaled() * trade.qty.scaled();
            *count += 1;
        }
    }
    let stored: Vec<(String, String, i64, String, i64)> = sqlx::query_as(
        r#"select timeframe, symbol, extract(epoch from "time")::bigint, quote_volume::text, trades
           from quote_volumes order by 1, 2, 3"#,
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let stored: BTreeMap<_, _> = stored
        .into_iter()
        .map(|(timeframe, symbol, start, sum, count)| {
            ((timeframe, symbol, start), (sum.parse::<i128>().unwrap(), count))
        })
        .collect();
    assert_eq!(stored, expected);
}

/// Checks that the stored candles of all seven timeframes follow from the trades.
pub async fn check(connection: &mut PgConnection, trades: &[Trade]) {
    for timeframe in Timeframe::ALL {
        let expected = candles(trades, timeframe);
        let stored = stored(connection, timeframe).await;
        let wrong: Vec<_> = stored.iter().filter(|row| !expected.contains(row)).collect();
        let missing: Vec<_> = expected.iter().filter(|row| !stored.contains(row)).collect();
        assert!(
            wrong.is_empty() && missing.is_empty() && stored.len() == expected.len(),
            "candles_{timeframe}: {wrong:?} should be {missing:?}"
        );
    }
}

/// Generates trades of all symbols over some days, in clusters, many of them in the same
/// millisecond, with ids that rise with time. The result is always the same.
pub fn market(len: u64) -> Vec<Trade> {
    let mut noise: u64 = 7;
    let mut draw = |below: u64| {
        noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (noise >> 33) % below
    };
    let mut time_us = 1_767_225_590_000_000;
    (1..=len)
        .map(|n| {
            time_us += match draw(200) {
                0 => draw(3 * 3_600_000_000),
                1..=20 => draw(40_000_000),
                21..=80 => 1_000 * draw(500),
                _ => 0,
            };
            let symbol = SYMBOLS[usize::try_from(draw(3)).unwrap()];
            let price = 9_000_000_000_000 + i128::from(draw(100_000_000_000));
            trade(symbol, n, time_us, price, 1 + i128::from(draw(1_000_000_000)))
        })
        .collect()
}
