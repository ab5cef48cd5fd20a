//! `GET /api/v1/tickers`, checked against the trades themselves.

use crate::candles::trade;
use crate::counter::Counter;
use messages::{
    Funding, FundingSource, Instrument, MarkPrice, MarketData, OPEN_INTEREST, OpenInterest,
    StreamMessage as _, UPLOADER_GROUP, UPLOADER_STREAM, last_mark_key,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streams::{Group, GroupConfig};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, publish, shipped};

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
        confirmed: false,
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
    for query in ["asset=DOGE", "symbol=BTCUSDT", "sparkline=0", "sparkline=97", "sparkline=x"] {
        let refused = counter.get("", &format!("/tickers?{query}")).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{query}");
    }
}

/// Makes the market of Bitcoin one with fundings, and tells its mark price and open interest.
async fn tell_figures(counter: &Counter) {
    let streams = &counter.stack.streams;
    let funding = Funding { source: FundingSource::Premium, interval_hours: 8, cap_ppm: 3_000 };
    publish(streams, vec![Instrument { funding: Some(funding), ..shipped(BTC) }, shipped(ETH)])
        .await;
    let mark = MarkPrice {
        funding_rate: Some("-0.000025".parse().unwrap()),
        next_funding_ms: Some(1_795_507_200_000),
        ..MarkPrice::new(BTC, "160".parse().unwrap(), None)
    };
    let hour = Duration::from_hours(1);
    streams.set_expiring(&last_mark_key(BTC), &mark.to_json(), hour).await.unwrap();
    let (long, short) = ("2.5".parse().unwrap(), "0.25".parse().unwrap());
    let open = serde_json::to_string(&[OpenInterest { symbol: BTC, long, short }]).unwrap();
    streams.set_expiring(OPEN_INTEREST, &open, hour).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticker_has_the_figures_beside_its_day() {
    let counter = Counter::closed().await;
    let half_hours = |n: u64| now_ms() - n * DAY_MS / 48;
    counter.store(&trade(1, half_hours(39), "100", "2")).await;
    counter.store(&trade(2, half_hours(19), "200.5", "1")).await;
    counter.store(&trade(3, half_hours(0), "150", "3")).await;
    let mut ether = trade(4, half_hours(5), "10.00000001", "0.5");
    ether.symbol = ETH;
    counter.store(&ether).await;
    let one = counter.get("", "/tickers?asset=ETHUSDT").await.body["tickers"][0].clone();
    for name in ["openInterest", "openInterestValueInt", "fundingRate", "nextFundingTime"] {
        assert_eq!(one[name], Value::Null, "{name} before anything is known");
    }
    assert_eq!(one.get("sparkline"), None);

    tell_figures(&counter).await;
    let read = async || counter.get("", "/tickers?sparkline=24").await.body["tickers"].clone();
    // The tickers of all markets may be a second old.
    let is_told = async || read().await[0]["fundingRate"] != Value::Null;
    eventually("the list is followed", is_told).await;
    let tickers = read().await;
    let expected = json!({
        "quoteVolume": "850.5", "quoteVolumeInt": "85050000000",
        "openInterest": "2.75", "openInterestInt": "275000000",
        "openInterestValue": "440", "openInterestValueInt": "44000000000",
        "fundingRate": "-0.000025", "fundingRateInt": "-2500", "nextFundingTime": 1_795_507_200_000_u64,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&tickers[0][name], value, "{name} of {}", tickers[0]);
    }
    let course = [&["100"; 14][..], &["200.5"; 9], &["150"]].concat();
    assert_eq!(tickers[0]["sparkline"], json!(course));
    assert_eq!(tickers[0]["sparklineInt"][23], "15000000000");
    // Nobody holds Ether, which has neither a mark price nor fundings.
    let expected = json!({
        "asset": "ETHUSDT", "openInterest": "0", "openInterestValue": "0", "fundingRate": null,
        "nextFundingTime": null, "quoteVolume": "5", "sparkline": vec!["10.00000001"; 24],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&tickers[1][name], value, "{name} of {}", tickers[1]);
    }
    let short = counter.get("", "/tickers?asset=BTC&sparkline=2").await.body;
    assert_eq!(short["tickers"][0]["sparkline"], json!(["100", "150"]));
}
