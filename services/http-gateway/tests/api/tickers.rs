//! `GET /api/v1/tickers`, checked against the trades themselves.

use crate::candles::trade;
use crate::counter::Counter;
use messages::{MarketData, StreamMessage as _, UPLOADER_GROUP, UPLOADER_STREAM};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streams::{Group, GroupConfig};

const DAY_MS: u64 = 86_400_000;

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

/// Computes the ticker from all trades since a time, by plain SQL.
async fn naive(counter: &Counter, symbol: &str, open_time_ms: i64) -> Value {
    let (open, high, low, last, volume): (i64, i64, i64, i64, String) = sqlx::query_as(
        r#"with day as (
               select "time", split_part(id, '-', 2)::bigint as n, "priceInt" as price, "qtyInt" as qty
               from trades where symbol = $1 and "time" >= to_timestamp($2::numeric / 1000)
           )
           select
               (select price from day order by "time", n limit 1), max(price), min(price),
               (select price from day order by "time" desc, n desc limit 1), sum(qty)::text
           from day"#,
    )
    .bind(symbol)
    .bind(open_time_ms)
    .fetch_one(&counter.stack.pool)
    .await
    .unwrap();
    json!({
        "openInt": open.to_string(), "highInt": high.to_string(), "lowInt": low.to_string(),
        "lastInt": last.to_string(), "changeInt": (last - open).to_string(), "volumeInt": volume,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_what_plain_sql_makes_of_its_trades() {
    let counter = Counter::closed().await;
    // A falling market: a day that begins a second too late or too early has a different price. The
    // ids of trades count down within a millisecond, as they do in no archive.
    sqlx::query(
        r"insert into trades
           select 'BTCUSDT-' || (1000000 - n), now() - interval '25 hours' + n * interval '2.5 seconds',
               'BTCUSDT', 9000000000000 - n * 1000003 + (n % 97) * 70000001, 100000000 + n
           from generate_series(0::bigint, 35000) as n",
    )
    .execute(&counter.stack.pool)
    .await
    .unwrap();
    // The highest price was before the day, and must not count.
    counter.store(&trade(1, now_ms() - DAY_MS - 60_000, "123456.5", "9")).await;
    let pending = [
        trade(2_000_001, now_ms() - 20, "1.25", "3"),
        trade(2_000_002, now_ms() - 10, "88000", "2"),
    ];
    let config = GroupConfig {
        group: UPLOADER_GROUP.to_owned(),
        consumer: "test".to_owned(),
        claim_idle: Duration::from_mins(1),
    };
    Group::join(&counter.stack.streams, UPLOADER_STREAM, config).await.unwrap();
    for trade in &pending {
        counter
            .stack
            .streams
            .append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode())
            .await
            .unwrap();
    }

    let answer = counter.get("", "/tickers").await;
    assert_eq!(answer.status, StatusCode::OK);
    let [ticker] = &answer.body["tickers"].as_array().unwrap()[..] else {
        panic!("only Bitcoin was traded: {}", answer.body)
    };
    assert_eq!(ticker["asset"], "BTCUSDT");
    let open_time_ms = ticker["openTime"].as_u64().unwrap();
    assert_eq!(ticker["closeTime"].as_u64().unwrap() - open_time_ms, DAY_MS);
    // Once stored, they count once.
    for trade in &pending {
        counter.store(trade).await;
    }
    let expected = naive(&counter, "BTCUSDT", open_time_ms.try_into().unwrap()).await;
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&ticker[field], value, "{field} of {ticker}");
    }
    assert_eq!((&ticker["low"], &ticker["last"]), (&json!("1.25"), &json!("88000")));

    let one = counter.get("", "/tickers?asset=btc").await.body;
    assert_eq!(one["tickers"].as_array().unwrap().len(), 1);
    assert_eq!(one["tickers"][0]["asset"], "BTCUSDT");
    assert_eq!(counter.get("", "/tickers?asset=ETHUSDT").await.body, json!({ "tickers": [] }));
    for query in ["asset=DOGE", "symbol=BTCUSDT"] {
        let refused = counter.get("", &format!("/tickers?{query}")).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{query}");
    }
}
