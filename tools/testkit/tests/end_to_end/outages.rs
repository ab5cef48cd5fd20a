//! Outages of services and servers as a trader sees them, and the recovery.

use messages::{PriceUpdate, REQUEST_STREAM, Request};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::{BTC, publish_shipped};

async fn trading() -> Stack {
    let settings = [("STALE_PRICE_MS", "600000"), ("ENGINE_TIMEOUT_MS", "1000")];
    let mut stack = Stack::new(&settings).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    let update = PriceUpdate::new(BTC, bid, ask, 1);
    stack.send_to_all(Request::PriceUpdate(update)).await;
    stack
}

fn ticket() -> Value {
    json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 1})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_timed_out_and_is_sent_again_opens_one_position() {
    let stack = trading().await;
    let trader = stack.trader(1).await;
    stack.pause(Service::Engine);
    let (status, body) = trader.open_with_key(ticket(), "one").await;
    assert_eq!((status, &body["code"]), (StatusCode::GATEWAY_TIMEOUT, &json!("ENGINE_TIMEOUT")));
    stack.resume(Service::Engine);
    let mut first = Value::Null;
    eventually("the engine answers again", async || {
        let (status, body) = trader.open_with_key(ticket(), "one").await;
        first = body;
        status == StatusCode::OK
    })
    .await;
    assert_eq!(first["repeated"], true, "{first}");
    let (_, again) = trader.open_with_key(ticket(), "one").await;
    assert_eq!(again["order"], first["order"]);
    assert_eq!(trader.open_orders().await.len(), 1);
    let (status, body) = trader
        .open_with_key(
            json!({"asset": "BTCUSDT", "orderType": "SHORT", "leverage": 10, "qty": 1}),
            "one",
        )
        .await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("ORDER_ID_REUSED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_requests_get_503_and_leave_nothing_in_the_stream() {
    let mut stack = trading().await;
    let trader = stack.trader(1).await;
    assert!(stack.stop(Service::Engine), "a stop on request is a success");
    eventually("the gateway notices", async || {
        trader.request(reqwest::Method::GET, "/order/user/balance", None).await.0
            == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let before = stack.stream_len(REQUEST_STREAM).await;
    let (status, body) = trader.open(ticket()).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("ENGINE_NOT_READY"))
    );
    assert_eq!(stack.stream_len(REQUEST_STREAM).await, before);

    stack.start(Service::Engine).await;
    eventually("orders are taken again", async || {
        trader.open(ticket()).await.0 == StatusCode::CREATED
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_made_while_the_engine_was_away_works_when_it_is_back() {
    let mut stack = Stack::new(&[("ENGINE_TIMEOUT_MS", "1000")]).await;
    stack.start(Service::HttpGateway).await;
    let trader = stack.trader(1).await;
    stack.start(Service::Engine).await;
    eventually("the balance is there", async || {
        let path = "/order/user/balance";
        let (status, body) = trader.request(reqwest::Method::GET, path, None).await;
        status == StatusCode::OK && body["balance"]["balance"] == "1000"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trading_goes_on_through_restarts_of_redis_and_postgres() {
    let mut stack = trading().await;
    stack.start(Service::DbWorker).await;
    let trader = stack.trader(1).await;
    let (status, body) = trader.open(ticket()).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");

    stack.postgres.kill_hard().unwrap();
    let (status, body) = trader.open(ticket()).await;
    assert_eq!(status, StatusCode::CREATED, "PostgreSQL is not needed for this: {body}");
    let order_id = body["order"]["orderId"].as_str().unwrap().to_owned();
    let (status, body) = trader.close(&order_id).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    stack.redis.restart().unwrap();
    eventually("orders are taken again", async || {
        trader.open_with_key(ticket(), "after Redis").await.0.is_success()
    })
    .await;
    assert_eq!(trader.open_orders().await.len(), 2);

    stack.postgres.restart().unwrap();
    eventually("the closed order is stored", async || stack.closed_order_count().await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_output_nobody_reads_goes_on() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim"), ("RUST_LOG", "debug")]).await;
    publish_shipped(&stack.streams).await;
    let (unread, mut full) = std::io::pipe().unwrap();
    // Fills the pipe except for a few bytes: not even the first line fits.
    full.write_all("\n".repeat(65_530).as_bytes()).unwrap();
    stack.spawn_writing_to(Service::PricePoller, full.into(), Stdio::inherit());
    stack.wait_until_ready(Service::PricePoller).await;
    eventually("prices come", async || stack.stream_len(REQUEST_STREAM).await > 10).await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_output_goes_nowhere_goes_on_and_stops_when_asked() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim"), ("RUST_LOG", "debug")]).await;
    publish_shipped(&stack.streams).await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    // As with `2>&1 | tee log` after tee has died.
    stack.spawn_writing_to(Service::PricePoller, writer.try_clone().unwrap().into(), writer.into());
    stack.wait_until_ready(Service::PricePoller).await;
    eventually("prices come", async || stack.stream_len(REQUEST_STREAM).await > 10).await;
    assert!(stack.stop(Service::PricePoller), "a stop on request is a success");
}
