//! One request, found by its id in the logs of every service that handles it.

use crate::market_data::{listen, next};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::{Service, Stack, eventually};

/// The log events of a service that name the request.
fn events(stack: &Stack, service: Service, request_id: &str) -> Vec<Value> {
    let log = stack.log(service);
    let events = log.lines().filter(|line| line.contains(request_id));
    events.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_its_id_in_the_logs_of_every_service() {
    let settings =
        [("PRICE_FEED", "sim"), ("SIM_RATE", "20"), ("RUST_LOG", "debug"), ("LOG_FORMAT", "json")];
    let mut stack = Stack::new(&settings).await;
    stack.keep_logs();
    for service in Service::ALL {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let mut socket = listen(&stack, &trader).await;
    next(&mut socket, "price_update").await;
    let ticket = json!({ "asset": "ETHUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.1" });
    let mut opened = Value::Null;
    eventually("there is a price", async || {
        let (status, body) = trader.open(ticket.clone()).await;
        opened = body;
        status.is_success()
    })
    .await;

    let closing = "0190a6e5-1b2d-7000-8000-0000000000c1";
    let path = format!("/order/close/{}", opened["order"]["orderId"].as_str().unwrap());
    let (status, closed) = trader.request_as(closing, Method::POST, &path, None).await;
    assert!(status.is_success(), "{closed}");
    let asking = "0190a6e5-1b2d-7000-8000-0000000000a5";
    let body = json!({ "email": "trader1@example.com" });
    let (status, asked) =
        trader.request_as(asking, Method::POST, "/user/magic-link", Some(body)).await;
    assert!(status.is_success(), "{asked}");

    for (service, request_id) in [
        (Service::HttpGateway, closing),
        (Service::Engine, closing),
        (Service::DbWorker, closing),
        (Service::Realtime, closing),
        (Service::HttpGateway, asking),
        (Service::Mailer, asking),
    ] {
        eventually(&format!("{service:?} names {request_id}"), async || {
            !events(&stack, service, request_id).is_empty()
        })
        .await;
    }
}
