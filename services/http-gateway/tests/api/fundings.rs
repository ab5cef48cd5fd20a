//! `GET /api/v1/funding`: mark prices from Redis, and fundings from PostgreSQL.

use crate::counter::Counter;
use messages::{
    ENGINE_STATUS, EngineState, EngineStatus, Funding, FundingSource, Instrument, MarkPrice,
    MarkProblem, PriceSource, SettleFunding, UntrustedMark,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::symbols::{BTC, ETH, SOL, publish, shipped};

const HOUR_MS: u64 = 3_600_000;

/// The time of the `n`th funding.
const fn at(n: u64) -> u64 {
    1_795_478_400_000 + n * 8 * HOUR_MS
}

async fn settle(counter: &Counter, symbol: &str, n: u64, rate: &str) {
    let funding = SettleFunding {
        symbol: symbol.parse().unwrap(),
        funding_ms: at(n),
        rate: rate.parse().unwrap(),
        mark: "92239.15735".parse().unwrap(),
    };
    let mut connection = counter.stack.pool.acquire().await.unwrap();
    store::funding_rates::insert_all(&mut connection, [funding].iter()).await.unwrap();
}

/// The fundings of an answer, as symbol and number.
fn listed(body: &Value) -> Vec<(&str, u64)> {
    let number = |funding: &Value| (funding["fundingTime"].as_u64().unwrap() - at(0)) / 8 / HOUR_MS;
    let fundings = body["fundings"].as_array().unwrap().iter();
    fundings.map(|funding| (funding["symbol"].as_str().unwrap(), number(funding))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settled_ones_are_listed_newest_first_and_page_by_page() {
    let counter = Counter::closed().await;
    for n in 0..4 {
        settle(&counter, "BTCUSDT", n, "-0.000025").await;
        settle(&counter, "ETHUSDT", n, "0.0003").await;
    }
    let answer = counter.get("", "/funding?symbol=btc&limit=1").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let expected = json!({
        "symbol": "BTCUSDT", "fundingTime": at(3), "fundingRate": "-0.000025",
        "fundingRateInt": "-2500", "markPrice": "92239.15735", "markPriceInt": "9223915735000",
    });
    assert_eq!(answer.body["fundings"], json!([expected]));
    let whole = counter.get("", "/funding").await;
    let expected: Vec<_> = (0..4).rev().flat_map(|n| [("ETHUSDT", n), ("BTCUSDT", n)]).collect();
    assert_eq!(listed(&whole.body), expected);
    assert_eq!(whole.body["nextCursor"], Value::Null);

    let mut paged = Vec::new();
    let mut path = "/funding?limit=3".to_owned();
    loop {
        let page = counter.get("", &path).await;
        paged.extend(page.body["fundings"].as_array().unwrap().clone());
        let Some(cursor) = page.body["nextCursor"].as_str() else { break };
        path = format!("/funding?limit=3&cursor={cursor}");
    }
    assert_eq!(json!(paged), whole.body["fundings"]);
    let period = format!("/funding?symbol=ETHUSDT&from={}&to={}", at(1), at(3));
    let period = counter.get("", &period).await;
    assert_eq!(listed(&period.body), [("ETHUSDT", 2), ("ETHUSDT", 1)]);
    assert_eq!(listed(&counter.get("", "/funding?from=2&to=1").await.body), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn markets_with_a_mark_price_are_listed_with_their_next_fundings() {
    let counter = Counter::closed().await;
    assert_eq!(counter.get("", "/funding").await.body["markets"], json!([]));
    let funding = Funding { source: FundingSource::Premium, interval_hours: 8, cap_ppm: 3_000 };
    let instruments = vec![
        Instrument { funding: Some(funding), ..shipped(BTC) },
        shipped(ETH),
        Instrument { trigger_price: PriceSource::Mark, ..shipped(SOL) },
    ];
    let streams = &counter.stack.streams;
    publish(streams, instruments).await;
    let mark = MarkPrice {
        index: Some("92231.4".parse().unwrap()),
        funding_rate: Some("-0.000025".parse().unwrap()),
        next_funding_ms: Some(at(1)),
        marked_at_ms: Some(at(0) + 1_000),
        ..MarkPrice::new(BTC, "92239.15735".parse().unwrap(), None)
    };
    let key = messages::last_mark_key(BTC);
    streams.set_expiring(&key, &mark.to_json(), Duration::from_hours(1)).await.unwrap();
    let expected = json!({
        "symbol": "BTCUSDT", "markPrice": "92239.15735", "markPriceInt": "9223915735000",
        "indexPrice": "92231.4", "indexPriceInt": "9223140000000", "fundingRate": "-0.000025",
        "fundingRateInt": "-2500", "nextFundingTime": at(1), "markedAt": at(0) + 1_000,
        "markProblem": null,
    });
    let unmarked = json!({
        "symbol": "SOLUSDT", "markPrice": null, "markPriceInt": null, "indexPrice": null,
        "indexPriceInt": null, "fundingRate": null, "fundingRateInt": null,
        "nextFundingTime": null, "markedAt": null, "markProblem": null,
    });
    let both = json!([expected, unmarked]);
    testkit::stack::eventually("the list is followed", async || {
        counter.get("", "/funding").await.body["markets"] == both
    })
    .await;
    let one = counter.get("", "/funding?symbol=BTCUSDT").await;
    assert_eq!(one.body["markets"], json!([expected]));
    for past in ["from=1", "to=1", "cursor=1795478400000.BTCUSDT"] {
        let past = counter.get("", &format!("/funding?{past}")).await;
        assert_eq!(past.body["markets"], json!([]), "the past alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mark_prices_that_close_nothing_are_named() {
    let counter = Counter::closed().await;
    let streams = &counter.stack.streams;
    let marked = |symbol| Instrument { trigger_price: PriceSource::Mark, ..shipped(symbol) };
    publish(streams, vec![marked(BTC), marked(ETH), shipped(SOL)]).await;
    let problems = async || {
        let listed = counter.get("", "/funding").await;
        let markets = listed.body["markets"].as_array().unwrap().clone();
        markets.into_iter().map(|mut market| market["markProblem"].take()).collect::<Vec<_>>()
    };
    testkit::stack::eventually("both are listed", async || problems().await.len() == 2).await;
    assert_eq!(problems().await, [Value::Null, Value::Null], "without an engine");
    for (reason, name) in [
        (MarkProblem::Missing, "MISSING"),
        (MarkProblem::NoQuote, "NO_QUOTE"),
        (MarkProblem::Stale, "STALE"),
        (MarkProblem::Far, "FAR"),
    ] {
        let untrusted_marks = vec![UntrustedMark { symbol: ETH, reason }];
        let (status, message) = (EngineState::Ready, String::new());
        let status = EngineStatus { status, timestamp_ms: 0, message, shards: 1, untrusted_marks };
        let json = serde_json::to_string(&status).unwrap();
        streams.set_expiring(ENGINE_STATUS, &json, Duration::from_hours(1)).await.unwrap();
        assert_eq!(problems().await, [Value::Null, json!(name)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_named() {
    let counter = Counter::closed().await;
    let moment = "must be a time in Unix milliseconds";
    let cursor = "must be a nextCursor returned by this API";
    let rows = [
        ("symbol=DOGE", "symbol", "must be one of BTCUSDT, ETHUSDT, SOLUSDT"),
        ("from=x", "from", moment),
        ("to=-1", "to", moment),
        ("limit=101", "limit", "must be a whole number from 1 to 100"),
        ("cursor=1", "cursor", cursor),
        ("cursor=x.BTCUSDT", "cursor", cursor),
        ("cursor=1.btcusdt", "cursor", cursor),
        ("cursor=99999999999999999999.BTCUSDT", "cursor", cursor),
    ];
    for (query, field, problem) in rows {
        let refused = counter.get("", &format!("/funding?{query}")).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{query}");
        assert_eq!(refused.body["fields"], json!({ field: problem }), "{query}");
    }
}
