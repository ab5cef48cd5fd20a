//! Whether those who trade notice that somebody else tries out passwords: the latency of orders in
//! peace and under 200 sign-ins at once from one address, again and again, in one run.
//!
//! `VELOX_BENCH_SECONDS` for each of the two (10).

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use futures_util::future::join_all;
use messages::{PriceUpdate, REQUEST_STREAM, Request, RequestEntry, StreamMessage as _, Symbol};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

const AT_ONCE: u32 = 200;

/// What the attacked gateway sees of the attacker.
const ATTACKER: &str = "192.0.2.66";

async fn price(stack: &Stack) {
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    let update = PriceUpdate { symbol: Symbol::BtcUsdt, bid, ask, trade_id: 1 };
    let request = Request::PriceUpdate(update);
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
}

/// Opens and closes positions, one after the other, and gives how long each opening took.
async fn trade(trader: &Trader, length: Duration) -> Vec<Duration> {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < length {
        let body = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 1 });
        let sent = Instant::now();
        let (status, answer) = trader.open(body).await;
        times.push(sent.elapsed());
        assert_eq!(status.as_u16(), 201, "{answer}");
        trader.close(answer["order"]["orderId"].as_str().unwrap()).await;
    }
    times
}

/// Wave after wave; gives how many answers had which status.
async fn attack(url: String, is_over: Arc<AtomicBool>) -> BTreeMap<u16, u32> {
    let http = reqwest::Client::new();
    let mut statuses = BTreeMap::new();
    let mut wave = 0;
    while !is_over.load(Ordering::Relaxed) {
        let sign_ins = (0..AT_ONCE).map(|n| {
            let body = json!({ "email": format!("{wave}.{n}@example.com"), "password": "guessed" });
            let request = http.post(format!("{url}/api/v1/user/signin")).json(&body);
            request.header("x-forwarded-for", ATTACKER).send()
        });
        for answer in join_all(sign_ins).await {
            *statuses.entry(answer.map_or(0, |answer| answer.status().as_u16())).or_default() += 1;
        }
        wave += 1;
    }
    statuses
}

fn report(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let percentile = |p: usize| times[(times.len() - 1) * p / 100];
    println!(
        "{what}: {} orders, p50 {:.2?}, p99 {:.2?}",
        times.len(),
        percentile(50),
        percentile(99)
    );
    percentile(99)
}

#[tokio::main]
async fn main() {
    let seconds = std::env::var("VELOX_BENCH_SECONDS").map_or(10, |n| n.parse().unwrap());
    let length = Duration::from_secs(seconds);
    // The limits that are the default; the attacker comes through a proxy.
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
    trade(&trader, Duration::from_secs(1)).await;

    let peace = report("in peace", trade(&trader, length).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let attacking = tokio::spawn(attack(stack.api_url(), Arc::clone(&is_over)));
    let war = report("under attack", trade(&trader, length).await);
    is_over.store(true, Ordering::Relaxed);
    let statuses = attacking.await.unwrap();
    println!("p99 under attack / in peace: {:.2}", war.as_secs_f64() / peace.as_secs_f64());
    println!("sign-ins by status of the answer: {statuses:?}");
}
