//! Measures orders over HTTP: the latency of one client and the throughput of many.

use crate::floor::{append, tick};
use devstack::servers::processes::processor_time;
use reqwest::{Client, Method};
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::report::{Limit, Report, Times};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;
use tokio::task::JoinSet;

const ORDERS: usize = 5_000;

const CLIENTS: u32 = 64;

/// The duration of the measurement with many clients.
const ROUND: Duration = Duration::from_secs(8);

async fn open_floor() -> Stack {
    let mut stack = Stack::new(&[("STALE_PRICE_MS", "86400000")]).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    append(&stack, [tick(10_000_000)]).await;
    stack
}

/// Opens a position and closes it; returns the duration of the opening.
async fn trade(trader: &Trader) -> Duration {
    let body = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": "0.001" });
    let sent = Instant::now();
    let (status, opened) = trader.open(body).await;
    let took = sent.elapsed();
    assert_eq!(status.as_u16(), 201, "{opened}");
    let (status, closed) = trader.close(opened["order"]["orderId"].as_str().unwrap()).await;
    assert_eq!(status.as_u16(), 200, "{closed}");
    took
}

/// Measures the time from sending an order to its answer, one order after the other.
pub async fn one_client(report: &Report) {
    if !report.wants("order over HTTP, one client") {
        return;
    }
    let stack = open_floor().await;
    let trader = stack.trader(1).await;
    eventually("orders are taken", async || is_taken(&trader).await).await;
    let mut times = Vec::new();
    for n in 0..ORDERS + ORDERS / 10 {
        let took = trade(&trader).await;
        // The first orders are a warm-up.
        if n >= ORDERS / 10 {
            times.push(took);
        }
    }
    let what = "order over HTTP, one client";
    report.times(what, times, &Limit::AtMost(0.5), &Limit::AtMost(2.0));
    let trip = round_trip(&stack).await.as_secs_f64() * 1e3;
    report.note(&format!(
        "a PING to Redis takes {trip:.2} ms at the median; an order makes two such round trips \
         in sequence (the append, the engine's outputs), and one over HTTP"
    ));
}

/// The median round trip to Redis, which includes waking up two processes.
async fn round_trip(stack: &Stack) -> Duration {
    let mut times = Vec::new();
    for _ in 0..ORDERS {
        let sent = Instant::now();
        stack.streams.ping().await.unwrap();
        times.push(sent.elapsed());
    }
    Times::of(times).p50
}

async fn is_taken(trader: &Trader) -> bool {
    trader.request(Method::GET, "/order/user/balance", None).await.0.is_success()
}

/// Measures the throughput with many clients, the processor time of each process, and the gateway's
/// own limit on a route that does no work.
pub async fn many_clients(report: &Report) {
    if !report.wants("orders over HTTP, 64 clients") {
        return;
    }
    let stack = open_floor().await;
    let mut traders = Vec::new();
    for n in 0..CLIENTS {
        traders.push(stack.trader(n).await);
    }
    let processes = [
        ("gateway", stack.pid(Service::HttpGateway)),
        ("engine", stack.pid(Service::Engine)),
        ("Redis", stack.redis.pid().unwrap()),
        ("clients", std::process::id()),
    ];
    let before = processes.map(|(_, pid)| processor_time(pid).unwrap());
    let mut clients = JoinSet::new();
    for trader in traders {
        clients.spawn(async move {
            let (started, mut count) = (Instant::now(), 0);
            while started.elapsed() < ROUND {
                trade(&trader).await;
                count += 2;
            }
            count
        });
    }
    let orders = per_second(clients).await;
    let used: Vec<String> = processes
        .iter()
        .zip(before)
        .map(|((name, pid), before)| {
            let used = processor_time(*pid).unwrap().saturating_sub(before).as_secs_f64();
            format!("{name} {:.0} µs", used * 1e6 / (orders * ROUND.as_secs_f64()))
        })
        .collect();

    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (http, url) = (Client::new(), format!("{}/api/v1/nothing", stack.api_url()));
        clients.spawn(async move {
            let (started, mut count) = (Instant::now(), 0);
            while started.elapsed() < ROUND {
                let answer = http.get(&url).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 404);
                answer.bytes().await.unwrap();
                count += 1;
            }
            count
        });
    }
    let at_once = per_second(clients).await;
    report.row(
        "orders over HTTP, 64 clients, opened and closed",
        orders,
        "/s",
        &Limit::AtLeast(at_once / 2.0),
    );
    report.note("the target is half the rate of the same clients on a route that does not exist");
    report.note(&format!("processor time per order: {}", used.join(", ")));
}

async fn per_second(mut clients: JoinSet<u32>) -> f64 {
    let mut count = 0;
    while let Some(done) = clients.join_next().await {
        count += done.unwrap();
    }
    f64::from(count) / ROUND.as_secs_f64()
}
