//! The effect of password guessing on traders: the latency of orders with and without 200
//! concurrent sign-ins from one address. The two alternate every second, so that other load on the
//! machine affects both. Every attack comes from a new address, whose passwords are hashed until it
//! is locked out.
//!
//! `VELOX_BENCH_ROUNDS` sets the rounds of each (10).

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use futures_util::future::join_all;
use messages::{PriceUpdate, REQUEST_STREAM, Request, RequestEntry, StreamMessage as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::report::{Limit, Report};
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::BTC;
use testkit::trader::Trader;

const AT_ONCE: u32 = 200;

/// The duration of a round, with or without an attack.
const ROUND: Duration = Duration::from_secs(1);

async fn price(stack: &Stack) {
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    let update = PriceUpdate::new(BTC, bid, ask, 1);
    let request = Request::PriceUpdate(update);
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
}

/// Opens and closes positions one after the other, and returns the latencies of the openings.
async fn trade(trader: &Trader, length: Duration) -> Vec<Duration> {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < length {
        let body =
            json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": "0.001" });
        let sent = Instant::now();
        let (status, answer) = trader.open(body).await;
        times.push(sent.elapsed());
        assert_eq!(status.as_u16(), 201, "{answer}");
        trader.close(answer["order"]["orderId"].as_str().unwrap()).await;
    }
    times
}

/// Sends concurrent sign-ins from one address, and returns the number of responses by status.
async fn attack(http: reqwest::Client, url: String, round: u32) -> BTreeMap<u16, u32> {
    let sign_ins = (0..AT_ONCE).map(|n| {
        let body = json!({ "email": format!("{round}.{n}@example.com"), "password": "guessed" });
        let request = http.post(format!("{url}/api/v1/user/signin")).json(&body);
        // The attacker's address, as the gateway sees it.
        request.header("x-forwarded-for", format!("192.0.2.{round}")).send()
    });
    let mut statuses = BTreeMap::<u16, u32>::new();
    for answer in join_all(sign_ins).await {
        *statuses.entry(answer.map_or(0, |answer| answer.status().as_u16())).or_default() += 1;
    }
    statuses
}

#[tokio::main]
async fn main() {
    let rounds = std::env::var("VELOX_BENCH_ROUNDS").map_or(10, |n| n.parse().unwrap());
    // The default limits; the attacker comes through a proxy.
    let settings = [
        ("RATE_LIMIT_SIGN_IN", "30/60s"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("STALE_PRICE_MS", "600000"),
    ];
    let mut stack = Stack::new(&settings).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    price(&stack).await;
    let trader = stack.trader(1).await;
    eventually("orders are taken", async || {
        trader.request(reqwest::Method::GET, "/order/user/balance", None).await.0.is_success()
    })
    .await;
    trade(&trader, ROUND).await;

    let (mut peace, mut war, mut statuses) = (Vec::new(), Vec::new(), BTreeMap::<u16, u32>::new());
    let http = reqwest::Client::new();
    for round in 0..rounds {
        peace.extend(trade(&trader, ROUND).await);
        let attacking = tokio::spawn(attack(http.clone(), stack.api_url(), round));
        war.extend(trade(&trader, ROUND).await);
        for (status, count) in attacking.await.unwrap() {
            *statuses.entry(status).or_default() += count;
        }
    }
    let report = Report::start("Orders beside 200 sign-ins at once");
    let peace = report.times("an order in peace", peace, &Limit::None, &Limit::None);
    let limit = Limit::AtMost(peace.p99.as_secs_f64() * 2e3);
    report.times("an order under attack", war, &Limit::None, &limit);
    report.note(&format!("answers to the sign-ins, by status: {statuses:?}"));
}
