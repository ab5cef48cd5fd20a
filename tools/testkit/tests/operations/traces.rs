//! An order is one trace through every process that handles it, if traces are collected.

use crate::collector::{Collected, Collector};
use messages::REQUEST_STREAM;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

/// The trace id that a client sends with a request.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";

async fn close(stack: &Stack, trader: &Trader, opened: &Value) -> Value {
    let order_id = opened["order"]["orderId"].as_str().unwrap();
    let sent = Client::new()
        .post(format!("{}/api/v1/order/close/{order_id}", stack.api_url()))
        .bearer_auth(&trader.token)
        .header("traceparent", format!("00-{TRACE}-{CLIENT_SPAN}-01"))
        .send();
    let answer = sent.await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn open(trader: &Trader) -> Value {
    let order = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.001" });
    let mut opened = Value::Null;
    eventually("there is a price", async || {
        let (status, body) = trader.open(order.clone()).await;
        opened = body;
        status.is_success()
    })
    .await;
    opened
}

/// The `traceparent` of every user request in the stream.
async fn traceparents(stack: &Stack) -> Vec<Option<String>> {
    let entries = stack.streams.read_range(REQUEST_STREAM, messages::EntryId::MIN, 10_000).await;
    let is_persons =
        |entry: &&streams::Entry| entry.fields.iter().any(|(name, _)| name == "replyTo");
    let entries = entries.unwrap();
    let persons = entries.iter().filter(is_persons);
    persons.map(|entry| entry.fields.traceparent().map(str::to_owned)).collect()
}

fn part<'a>(spans: &'a [Collected], service: &str, name: &str) -> &'a Collected {
    let found: Vec<_> = spans
        .iter()
        .filter(|span| (span.service.as_str(), span.name.as_str()) == (service, name))
        .collect();
    assert_eq!(found.len(), 1, "{name} of {service} in {spans:#?}");
    found[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_one_trace_through_gateway_engine_and_worker() {
    let (collector, endpoint) = Collector::start().await;
    let mut stack = Stack::new(&[
        ("PRICE_FEED", "sim"),
        ("SIM_RATE", "20"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ])
    .await;
    for service in [Service::Engine, Service::PricePoller, Service::HttpGateway, Service::DbWorker]
    {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let opened = open(&trader).await;
    close(&stack, &trader, &opened).await;
    eventually("all parts are collected", async || collector.of_trace(TRACE).len() >= 4).await;

    let spans = collector.of_trace(TRACE);
    let request = part(&spans, "http-gateway", "POST");
    assert_eq!(request.parent, CLIENT_SPAN);
    let waited = part(&spans, "engine", "stream");
    let applied = part(&spans, "engine", "engine");
    let persisted = part(&spans, "db-worker", "persist");
    for part in [waited, applied, persisted] {
        assert_eq!(part.parent, request.id, "{part:?}");
        assert!(part.began_ns <= part.ended_ns, "{part:?}");
    }
    assert_eq!(waited.ended_ns, applied.began_ns);
    assert!(request.began_ns <= applied.began_ns && applied.ended_ns <= persisted.ended_ns);
    assert_eq!(spans.len(), 4, "{spans:#?}");
    // A client that sends none is given one.
    assert!(traceparents(&stack).await.iter().all(Option::is_some));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_collects_a_clients_trace_goes_no_further() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim"), ("SIM_RATE", "20")]).await;
    for service in [Service::Engine, Service::PricePoller, Service::HttpGateway] {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let opened = open(&trader).await;
    close(&stack, &trader, &opened).await;
    let traceparents = traceparents(&stack).await;
    assert!(traceparents.len() >= 3, "{traceparents:?}");
    assert!(traceparents.iter().all(Option::is_none), "{traceparents:?}");
}
