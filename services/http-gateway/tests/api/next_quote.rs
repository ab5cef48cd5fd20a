//! Orders that answer with a position, in an asset whose orders wait for the next price.

use crate::counter::{Answer, Counter};
use messages::{
    Event, EventKind, FillPolicy, Instrument, REQUEST_STREAM, RESPONSE_STREAM, Request,
    RequestEntry, StreamMessage as _,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::eventually;
use testkit::symbols::{BTC, shipped};

async fn scene() -> (Counter, String) {
    let counter = Counter::open().await;
    let instrument = Instrument { fill: FillPolicy::Next, ..shipped(BTC) };
    let request = Request::SetInstrument(Box::new(instrument));
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    counter.stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
    let token = counter.sign_up(1).await;
    (counter, token)
}

/// The number of orders that have been accepted, which is before they fill.
async fn accepted(counter: &Counter) -> usize {
    let events = counter.stack.entries::<Event>(RESPONSE_STREAM).await;
    let is_accepted = |event: &Event| matches!(event.kind, EventKind::OrderAccepted(_));
    events.iter().filter(|(_, event)| is_accepted(event)).count()
}

/// Sends a request, and a price once its order waits for one.
async fn served(
    counter: &Counter,
    token: &str,
    path: &str,
    body: Value,
    price: [&str; 2],
) -> Answer {
    let before = accepted(counter).await;
    let body = (!body.is_null()).then(|| body.to_string());
    let answered = counter.send(Method::POST, token, path, body, &[]);
    let ticked = async {
        eventually("the order waits", async || accepted(counter).await > before).await;
        counter.tick(price[0], price[1]).await;
    };
    tokio::join!(answered, ticked).0
}

fn order(more: &Value) -> Value {
    let mut order = json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 1 });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_answered_with_the_price_after_them() {
    let (counter, token) = scene().await;
    let opened = served(&counter, &token, "/order/open", order(&json!({})), ["100.9", "101"]).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let position = &opened.body["order"];
    assert_eq!((&position["status"], &position["executionPrice"]), (&json!("OPEN"), &json!("101")));
    let path = format!("/order/close/{}", position["orderId"].as_str().unwrap());
    let closed = served(&counter, &token, &path, Value::Null, ["103", "103.1"]).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    let position = &closed.body["order"];
    assert_eq!((&position["status"], &position["finalPnL"]), (&json!("CLOSED"), &json!("2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_without_a_fill_is_refused_and_one_that_waits_on_is_not_known() {
    let (counter, token) = scene().await;
    let limited = order(&json!({ "priceLimit": "100.5" }));
    let refused = served(&counter, &token, "/order/open", limited, ["100.9", "101"]).await;
    assert_eq!(refused.refusal(), (409, "ORDER_ALREADY_DONE"), "{}", refused.body);
    let waiting = counter.post(&token, "/order/open", &order(&json!({}))).await;
    assert_eq!(waiting.refusal(), (504, "ENGINE_TIMEOUT"), "{}", waiting.body);
    // It is found by the id in the answer, before and after its price comes.
    let path = format!("/orders/{}", waiting.body["orderId"].as_str().unwrap());
    let status = async || counter.get(&token, &path).await.body["order"]["status"].clone();
    assert_eq!(status().await, "NEW");
    counter.tick("101.9", "102").await;
    eventually("it is filled", async || status().await == "FILLED").await;
}
