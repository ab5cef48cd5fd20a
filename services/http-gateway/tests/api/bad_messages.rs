//! Messages for order entry that are no requests, or wrong ones.

use crate::counter::Counter;
use crate::order_entry::limit;
use crate::socket::Socket;
use serde_json::{Value, json};

const ID: &str = "must be a string of 1 to 64 characters or a whole number";
const METHOD: &str = "must be order.place, order.amend, order.cancel, orders.cancel or ping";
const EITHER: &str = "or orderId is required";

/// A message, the id in its answer, the field that is named and its problem.
type Row = (&'static str, Value, &'static str, &'static str);

/// Messages that are no requests.
fn envelopes() -> Vec<Row> {
    vec![
        ("", Value::Null, "", ""),
        ("{", Value::Null, "", ""),
        ("[]", Value::Null, "", ""),
        ("null", Value::Null, "", ""),
        (r#"{"id":1,"id":2,"method":"ping"}"#, Value::Null, "", ""),
        (r#"{"method":"ping"}"#, Value::Null, "id", "is required"),
        (r#"{"id":null,"method":"ping"}"#, Value::Null, "id", ID),
        (r#"{"id":"","method":"ping"}"#, Value::Null, "id", ID),
        (r#"{"id":1.5,"method":"ping"}"#, Value::Null, "id", ID),
        (r#"{"id":1e30,"method":"ping"}"#, Value::Null, "id", ID),
        (r#"{"id":{},"method":"ping"}"#, Value::Null, "id", ID),
        (r#"{"id":7}"#, json!(7), "method", "is required"),
        (r#"{"id":7,"method":"order.open"}"#, json!(7), "method", METHOD),
        (r#"{"id":7,"method":1}"#, json!(7), "method", "must be a string"),
        (
            r#"{"id":"7","method":"ping","x":1}"#,
            json!("7"),
            "x",
            "is not a field of this request; its fields are id, idempotencyKey, method, params, \
             requestId",
        ),
        (r#"{"id":7,"method":"ping","requestId":"1"}"#, json!(7), "requestId", "must be a UUID"),
        (
            r#"{"id":7,"method":"order.cancel","idempotencyKey":"k","params":{"clientOrderId":"a"}}"#,
            json!(7),
            "idempotencyKey",
            "is only for the method order.place",
        ),
    ]
}

/// Requests with wrong fields of their operations.
fn params() -> Vec<Row> {
    vec![
        (r#"{"id":7,"method":"order.place","params":[]}"#, json!(7), "params", "must be an object"),
        (
            r#"{"id":7,"method":"order.place","params":{"qty":1,"qty":2}}"#,
            json!(7),
            "params",
            "must not have a field twice",
        ),
        (r#"{"id":7,"method":"order.place"}"#, json!(7), "qty", "is required"),
        (
            r#"{"id":7,"method":"order.place","params":{"qty":"NaN"}}"#,
            json!(7),
            "qty",
            "is not a decimal number",
        ),
        (r#"{"id":7,"method":"order.cancel"}"#, json!(7), "clientOrderId", EITHER),
        (
            r#"{"id":7,"method":"order.amend","params":{"price":1}}"#,
            json!(7),
            "clientOrderId",
            EITHER,
        ),
        (
            r#"{"id":7,"method":"order.amend","params":{"clientOrderId":"a"}}"#,
            json!(7),
            "qty",
            "or price, triggerPrice or callbackBps is required",
        ),
        (
            r#"{"id":7,"method":"order.amend","params":{"clientOrderId":"a","side":"BUY"}}"#,
            json!(7),
            "side",
            "is not a field of this request; its fields are callbackBps, clientOrderId, orderId, \
             price, qty, triggerPrice",
        ),
        (
            r#"{"id":7,"method":"orders.cancel","params":{"asset":"DOGE"}}"#,
            json!(7),
            "asset",
            "must be one of BTCUSDT, ETHUSDT, SOLUSDT",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_is_answered_and_harms_no_other() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let mut socket = Socket::open_known(&counter, &token).await;
    let before = counter.request_stream_len().await;
    for (text, id, field, problem) in envelopes().into_iter().chain(params()) {
        socket.say(text).await;
        let answer = socket.answer().await;
        let code = if field.is_empty() { "MALFORMED_JSON" } else { "VALIDATION" };
        assert_eq!(answer.refusal(), (400, code), "{text}");
        assert_eq!(answer.body["id"], id, "{text}");
        assert_eq!(answer.field(field), problem, "{text}: {}", answer.body);
    }
    assert_eq!(counter.request_stream_len().await, before);
    assert_eq!(socket.ask("order.place", limit("a")).await.status, 201);
}
