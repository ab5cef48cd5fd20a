//! Requests that are sent again with the same `Idempotency-Key`.

use crate::counter::{Answer, Counter, ticket};
use messages::{
    IDEMPOTENCY_PERIOD_MS, OrderId, PlaceOrder, REQUEST_STREAM, RESPONSE_STREAM, Request,
    RequestEntry, Side, StreamMessage as _, UserId, dead_letter_stream,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::SystemTime;
use testkit::stack::{Service, eventually};

const KEY: [(&str, &str); 1] = [("idempotency-key", "daily")];

async fn open(counter: &Counter, token: &str, body: &Value) -> Answer {
    counter.send(Method::POST, token, "/order/open", Some(body.to_string()), &KEY).await
}

async fn close(counter: &Counter, token: &str, order_id: &str) -> Answer {
    counter.send(Method::POST, token, &format!("/order/close/{order_id}"), None, &KEY).await
}

fn with(field: &str, value: Value) -> Value {
    let mut body = ticket();
    body[field] = value;
    body
}

fn order_id(answer: &Answer) -> String {
    answer.body["order"]["orderId"].as_str().unwrap().to_owned()
}

/// Starts an engine that keeps only the ids of closed orders, and a database worker.
async fn forgetful() -> Counter {
    let mut counter = Counter::open().await;
    counter.stack.stop(Service::Engine);
    counter.stack.set("CLOSED_RETENTION_MAX", "0");
    counter.stack.start(Service::Engine).await;
    counter.stack.start(Service::DbWorker).await;
    counter.tick("99.9", "100").await;
    counter
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_order_that_differs_in_any_field_is_refused() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let body = with("takeProfit", json!(120));
    assert_eq!(open(&counter, &token, &body).await.status, StatusCode::CREATED);
    let others = [
        ("qty", json!(2)),
        ("leverage", json!(11)),
        ("stopLoss", json!(95)),
        ("takeProfit", json!(121)),
        ("takeProfit", Value::Null),
        ("priceLimit", json!(101)),
    ];
    for (field, value) in others {
        let mut other = body.clone();
        other[field] = value;
        let refused = open(&counter, &token, &other).await;
        assert_eq!(refused.refusal(), (409, "ORDER_ID_REUSED"), "{other}");
    }
    let again = open(&counter, &token, &body).await;
    assert_eq!((again.status, &again.body["repeated"]), (StatusCode::OK, &json!(true)));
    assert_eq!(again.body["order"]["stopLoss"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_closes_at_a_time_with_one_key_both_get_the_answer() {
    let counter = Counter::patient().await;
    let token = counter.sign_up(1).await;
    let order_id = order_id(&open(&counter, &token, &ticket()).await);
    let sent = counter.request_stream_len().await;
    counter.pause_engine().await;
    let both_sent = async {
        eventually("both are sent", async || counter.request_stream_len().await == sent + 2).await;
        counter.stack.resume(Service::Engine);
    };
    let (one, two, ()) = tokio::join!(
        close(&counter, &token, &order_id),
        close(&counter, &token, &order_id),
        both_sent
    );
    for answer in [&one, &two] {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    assert_eq!(one.body["order"]["status"], "CLOSED");
    assert_eq!(one.body["order"], two.body["order"]);
    assert_eq!(one.body["balance"], two.body["balance"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_engine_has_forgotten_is_not_opened_again() {
    let mut counter = forgetful().await;
    let token = counter.sign_up(1).await;
    let opened = open(&counter, &token, &ticket()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let closed = close(&counter, &token, &order_id(&opened)).await;
    eventually("it is stored", async || counter.stack.closed_order_count().await == 1).await;

    let again = open(&counter, &token, &ticket()).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert_eq!(again.body["repeated"], true);
    assert_eq!(again.body["order"], closed.body["order"]);
    assert_eq!(again.body["balance"], closed.body["balance"]);
    let other = open(&counter, &token, &with("qty", json!(2))).await;
    assert_eq!(other.refusal(), (409, "ORDER_ID_REUSED"));
    let other = open(&counter, &token, &with("stopLoss", json!(95))).await;
    assert_eq!(other.refusal(), (409, "ORDER_CLOSED_EARLIER"));
    counter.stack.postgres.kill_hard().unwrap();
    let unknown = open(&counter, &token, &ticket()).await;
    assert_eq!(unknown.refusal(), (409, "ORDER_CLOSED_EARLIER"));
    let orders = counter.get(&token, "/order/user/orders").await.body["orders"].take();
    assert_eq!(orders, json!([]));
}

/// The first two days are entries as a gateway of that day would have sent them.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_used_on_three_days_never_gives_an_id_to_a_second_order() {
    let counter = forgetful().await;
    let token = counter.sign_up(1).await;
    let me = counter.get(&token, "/user/me").await;
    let user_id: UserId = me.body["user"]["userId"].as_str().unwrap().parse().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now_ms = u64::try_from(now.as_millis()).unwrap();
    let today = now_ms / IDEMPOTENCY_PERIOD_MS;
    let id_of = |period| OrderId::for_key(user_id, KEY[0].1, period);
    let place = async |period: u64| {
        let place = PlaceOrder {
            earlier_order_id: Some(id_of(period - 1)),
            ..PlaceOrder::market(id_of(period), "BTCUSDT", Side::Long, 10, "1".parse().unwrap())
        };
        let request = Request::PlaceOrder(user_id, place);
        let entry =
            RequestEntry { request_id: None, timestamp_ms: now_ms, reply_to: None, request };
        counter.stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
    };
    place(today - 2).await;
    let first = id_of(today - 2).to_string();
    assert_eq!(close(&counter, &token, &first).await.status, StatusCode::OK);
    // On the second day the key is still valid.
    place(today - 1).await;
    let third = open(&counter, &token, &ticket()).await;
    assert_eq!(third.status, StatusCode::CREATED, "{}", third.body);
    assert_eq!(order_id(&third), id_of(today).to_string());
    assert_eq!(close(&counter, &token, &order_id(&third)).await.status, StatusCode::OK);
    eventually("both are stored", async || counter.stack.closed_order_count().await == 2).await;
    assert_eq!(counter.stack.stream_len(&dead_letter_stream(RESPONSE_STREAM)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_beyond_its_price_limit_is_neither_opened_nor_closed() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let refused = counter.post(&token, "/order/open", &with("priceLimit", json!("99.99"))).await;
    assert_eq!(refused.refusal(), (422, "PRICE_LIMIT_EXCEEDED"));
    assert!(refused.body["fields"]["priceLimit"].is_string(), "{}", refused.body);
    let opened = counter.post(&token, "/order/open", &with("priceLimit", json!("100"))).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let path = format!("/order/close/{}", order_id(&opened));
    let refused = counter.post(&token, &path, &json!({ "priceLimit": "99.91" })).await;
    assert_eq!(refused.refusal(), (422, "PRICE_LIMIT_EXCEEDED"));
    for (body, code) in [
        ("{\"priceLimit\": 0}", "VALIDATION"),
        ("{\"pricelimit\": 1}", "VALIDATION"),
        ("{", "MALFORMED_JSON"),
    ] {
        let refused = counter.send(Method::POST, &token, &path, Some(body.to_owned()), &[]).await;
        assert_eq!(refused.refusal(), (400, code), "{body}");
    }
    let closed = counter.post(&token, &path, &json!({ "priceLimit": 99.9 })).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
}
