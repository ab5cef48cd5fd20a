//! A thousand orders close while the database worker is killed again and again.

use messages::{PriceUpdate, Request};
use price::Price;
use serde_json::json;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::BTC;
use testkit::trader::Trader;

const TRADERS: u32 = 20;
const ORDERS_EACH: u32 = 50;
const ORDERS: i64 = (TRADERS * ORDERS_EACH) as i64;

async fn tick(stack: &Stack, bid: &str, ask: &str) {
    let (bid, ask): (Price, Price) = (bid.parse().unwrap(), ask.parse().unwrap());
    let update = PriceUpdate::new(BTC, bid, ask, 1);
    stack.send_to_all(Request::PriceUpdate(update)).await;
}

/// Opens the orders; each trader has its own take-profit, so that prices close them in groups.
async fn open_orders(stack: &Stack) {
    tick(stack, "99.9", "100").await;
    let mut openings = tokio::task::JoinSet::new();
    for n in 1..=TRADERS {
        let trader: Trader = stack.trader(n).await;
        openings.spawn(async move {
            for _ in 0..ORDERS_EACH {
                let take_profit = 100 + n;
                let body = json!({
                    "asset": "BTC", "orderType": "LONG", "leverage": 5, "qty": 0.5,
                    "takeProfit": take_profit,
                });
                let (status, body) = trader.open(body).await;
                assert!(status.is_success(), "{body}");
            }
        });
    }
    while let Some(done) = openings.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_while_a_thousand_orders_close_writes_a_thousand_rows() {
    // Small batches and a quick takeover, so that there is much to interrupt.
    let settings = [
        ("DB_WORKER_BATCH_LEN", "10"),
        ("DB_WORKER_CLAIM_IDLE_MS", "300"),
        ("STALE_PRICE_MS", "600000"),
    ];
    let mut stack = Stack::new(&settings).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    open_orders(&stack).await;
    assert_eq!(stack.closed_order_count().await, 0);

    stack.spawn(Service::DbWorker);
    for n in 1..=TRADERS {
        let at = 100 + n;
        tick(&stack, &at.to_string(), &(at + 1).to_string()).await;
        if n % 4 == 0 {
            // Some of these fifty rows are written, some entries only read, some not even that.
            let rows = stack.closed_order_count().await;
            eventually("the worker is at work", async || stack.closed_order_count().await > rows)
                .await;
            stack.kill(Service::DbWorker);
            stack.spawn(Service::DbWorker);
        }
    }
    eventually("every closed order is stored", async || stack.closed_order_count().await >= ORDERS)
        .await;
    eventually("everything is acknowledged", async || {
        stack.pending(messages::RESPONSE_STREAM, "db-worker").await == 0
    })
    .await;
    assert_eq!(stack.closed_order_count().await, ORDERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn closures_while_the_worker_is_down_are_stored_when_it_comes_back() {
    let mut stack = Stack::new(&[("STALE_PRICE_MS", "600000")]).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    stack.start(Service::DbWorker).await;
    assert!(stack.stop(Service::DbWorker));
    open_orders(&stack).await;
    tick(&stack, "200", "201").await;
    let events = 20 + 2 * u64::try_from(ORDERS).unwrap();
    eventually("all are closed", async || {
        stack.stream_len(messages::RESPONSE_STREAM).await == events
    })
    .await;
    assert_eq!(stack.closed_order_count().await, 0);
    stack.start(Service::DbWorker).await;
    eventually("every closed order is stored", async || stack.closed_order_count().await == ORDERS)
        .await;
}
