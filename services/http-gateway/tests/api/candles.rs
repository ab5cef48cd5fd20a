//! `GET /candles`.

use crate::counter::{Answer, Counter};
use messages::{MarketData, StreamMessage as _, Trade, UPLOADER_GROUP, UPLOADER_STREAM};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use streams::{Group, GroupConfig};
use testkit::stack::eventually;
use testkit::symbols::BTC;

/// 2023-11-14 22:13:00 UTC, the start of a minute.
const START_S: u64 = 1_699_999_980;

pub fn trade(id: u64, time_ms: u64, price: &str, qty: &str) -> Trade {
    let (price, qty) = (price.parse().unwrap(), qty.parse().unwrap());
    Trade { symbol: BTC, trade_id: id, price, qty, time_us: time_ms * 1_000 }
}

impl Counter {
    pub async fn store(&self, trade: &Trade) {
        sqlx::query(
            "insert into trades values ($1, to_timestamp($2::numeric / 1000000), $3, $4, $5)",
        )
        .bind(format!("{}-{}", trade.symbol, trade.trade_id))
        .bind(i64::try_from(trade.time_us).unwrap())
        .bind(trade.symbol.as_str())
        .bind(trade.price.to_i64().unwrap())
        .bind(trade.qty.to_i64().unwrap())
        .execute(&self.stack.pool)
        .await
        .unwrap();
    }

    async fn candles(&self, query: &str) -> Answer {
        self.request(Method::GET, "", &format!("/candles?{query}"), None, &[]).await
    }

    async fn times(&self, query: &str) -> Vec<u64> {
        let body = self.candles(query).await.body;
        assert_eq!(body["count"], body["candles"].as_array().unwrap().len());
        let candles = body["candles"].as_array().unwrap();
        candles.iter().map(|candle| candle["time"].as_u64().unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_exact_to_the_digit_and_a_reload_is_cheap() {
    let counter = Counter::closed().await;
    let ms = START_S * 1_000;
    // Floats can't represent these digits.
    for trade in [
        trade(1, ms + 1, "92046.12345679", "12345678.00000001"),
        trade(2, ms + 2, "92046.12345678", "0.00000001"),
        trade(3, ms + 59_999, "92050.1", "2"),
        trade(4, ms + 60_000, "90000", "1.5"),
    ] {
        counter.store(&trade).await;
    }
    let answer = counter.candles("asset=BTC&duration=1m").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.text,
        format!(
            r#"{{"asset":"BTCUSDT","duration":"1m","startTime":{START_S},"endTime":{},"candles":[{{"time":{START_S},"open":92046.12345679,"high":92050.1,"low":92046.12345678,"close":92050.1,"volume":12345680.00000002}},{{"time":{},"open":90000,"high":90000,"low":90000,"close":90000,"volume":1.5}}],"count":2}}"#,
            START_S + 60,
            START_S + 60,
        )
    );
    let known = [("if-none-match", answer.headers["etag"].to_str().unwrap())];
    let path = "/candles?asset=btcusdt&duration=1m";
    let again = counter.send(Method::GET, "", path, None, &known).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.text.is_empty());

    let empty = counter.candles("asset=SOLUSDT&duration=1d").await.body;
    assert_eq!(
        empty,
        json!({ "asset": "SOLUSDT", "duration": "1d", "startTime": null, "endTime": null, "candles": [], "count": 0 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn candles_are_compressed_for_whoever_takes_that() {
    let counter = Counter::closed().await;
    for n in 0..200 {
        counter.store(&trade(n + 1, (START_S + n * 60) * 1_000, "92046.12345679", "1.5")).await;
    }
    let path = "/candles?asset=BTC&duration=1m";
    let plain = counter.candles("asset=BTC&duration=1m").await;
    assert!(!plain.headers.contains_key("content-encoding"));
    let request = counter.raw(Method::GET, path).header("accept-encoding", "gzip");
    let packed = request.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["etag"], plain.headers["etag"]);
    let packed = packed.bytes().await.unwrap();
    assert!(packed.len() * 4 < plain.text.len(), "{} of {}", packed.len(), plain.text.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_into_the_past() {
    let counter = Counter::closed().await;
    for n in 0..25 {
        counter.store(&trade(n + 1, (START_S + n * 60) * 1_000, "100", "1")).await;
    }
    let minute = |n: u64| START_S + n * 60;
    let newest = counter.times("asset=BTCUSDT&duration=1m&limit=10").await;
    assert_eq!(newest, (15..25).map(minute).collect::<Vec<_>>());
    let query = format!("asset=BTCUSDT&duration=1m&limit=10&to={}", newest[0]);
    let before = counter.times(&query).await;
    assert_eq!(before, (5..15).map(minute).collect::<Vec<_>>());
    // A candle whose start is not in the range is left out.
    let query = format!("asset=BTCUSDT&duration=1m&from={}&to={}", minute(3) - 1, minute(5) + 1);
    assert_eq!(counter.times(&query).await, [minute(3), minute(4), minute(5)]);
    let query = format!("asset=BTCUSDT&duration=1m&from={}&to={}", minute(5), minute(5));
    assert_eq!(counter.times(&query).await, [0; 0]);
    assert_eq!(counter.times("asset=BTCUSDT&duration=1h").await, [START_S - 13 * 60]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_with_what_would_be_right() {
    let counter = Counter::closed().await;
    let rows = [
        ("", "asset", "BTCUSDT, ETHUSDT, SOLUSDT"),
        ("", "duration", "30s, 1m, 5m, 15m, 1h, 4h, 1d"),
        ("asset=DOGE&duration=1m", "asset", "BTCUSDT, ETHUSDT, SOLUSDT"),
        ("asset=BTC&duration=2m", "duration", "30s, 1m, 5m, 15m, 1h, 4h, 1d"),
        ("asset=BTC&duration=1M", "duration", "30s, 1m, 5m, 15m, 1h, 4h, 1d"),
        ("asset=BTC&duration=1m&limit=1001", "limit", "1 to 1000"),
        ("asset=BTC&duration=1m&limit=-1", "limit", "1 to 1000"),
        ("asset=BTC&duration=1m&from=yesterday", "from", "Unix seconds"),
        ("asset=BTC&duration=1m&to=99999999999999999999", "to", "Unix seconds"),
        ("asset=BTC&duration=1m&to=1703001234567", "to", "Unix seconds"),
        ("asset=BTC&duration=1m&interval=1", "interval", "not a parameter"),
    ];
    for (query, field, problem) in rows {
        let answer = counter.candles(query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let body = answer.body;
        assert_eq!(body["code"], "VALIDATION", "{query}");
        let told = body["fields"][field].as_str().unwrap_or_default();
        assert!(told.contains(problem), "{query}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_batching_keeps_back_is_there_already_and_counts_once() {
    let counter = Counter::closed().await;
    let streams = &counter.stack.streams;
    let config = GroupConfig {
        confirmed: false,
        group: UPLOADER_GROUP.to_owned(),
        consumer: "test".to_owned(),
        claim_idle: Duration::from_mins(1),
    };
    let mut group = Group::join(streams, UPLOADER_STREAM, config).await.unwrap();
    let ms = START_S * 1_000;
    let trades =
        [(1, "100"), (2, "103"), (3, "99.5"), (4, "101")].map(|(n, p)| trade(n, ms + n, p, "1"));
    for trade in &trades {
        streams.append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode()).await.unwrap();
    }
    // The first trade is stored and acknowledged, the second only stored, the third only read.
    let delivered = group.next(3, Duration::ZERO).await.unwrap();
    counter.store(&trades[0]).await;
    counter.store(&trades[1]).await;
    group.acknowledge(&[delivered[0].entry.id]).await.unwrap();
    let body = counter.candles("asset=BTCUSDT&duration=30s").await.body;
    let expected = json!([{ "time": START_S, "open": 100, "high": 103, "low": 99.5, "close": 101, "volume": 4 }]);
    assert_eq!(body["candles"], expected);
    counter.store(&trades[2]).await;
    counter.store(&trades[3]).await;
    let body = counter.candles("asset=BTCUSDT&duration=30s").await.body;
    assert_eq!(body["candles"], expected);
    // The first trade of the next candle opens it.
    let next = trade(5, ms + 30_000, "98", "1");
    streams.append(UPLOADER_STREAM, &MarketData::Trade(next).encode()).await.unwrap();
    eventually("the next candle is there", async || {
        counter.times("asset=BTCUSDT&duration=30s").await == [START_S, START_S + 30]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_fills_what_trades_do_not() {
    let counter = Counter::closed().await;
    let mut parts = Vec::new();
    // Two whole minutes, and the head of the minute in which recording began.
    for (from_s, until_s, price) in [
        (START_S - 120, START_S - 60, 90),
        (START_S - 60, START_S, 91),
        (START_S, START_S + 20, 92),
    ] {
        parts.push((from_s, until_s));
        sqlx::query(
            "insert into candle_history values ('BTCUSDT', '1m', to_timestamp($1 / 60 * 60),
             to_timestamp($1), to_timestamp($2), $3, $3 + 2, $3 - 2, $3 + 1, 500, 3)",
        )
        .bind(i64::try_from(from_s).unwrap())
        .bind(i64::try_from(until_s).unwrap())
        .bind(price * 100_000_000_i64)
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    }
    counter.store(&trade(1, START_S * 1_000 - 30_000, "70", "1")).await;
    counter.store(&trade(2, START_S * 1_000 + 20_000, "95", "1")).await;
    let body = counter.candles("asset=BTCUSDT&duration=1m").await.body;
    let closes: Vec<_> =
        body["candles"].as_array().unwrap().iter().map(|c| c["close"].to_string()).collect();
    assert_eq!(closes, ["90.00000001", "70", "95"]);
    let head = &body["candles"][2];
    assert_eq!((head["open"].as_i64(), head["high"].as_i64()), (Some(92), Some(95)));
    assert_eq!(head["low"].to_string(), "91.99999998");
    assert_eq!(head["volume"].to_string(), "1.000005");
}
