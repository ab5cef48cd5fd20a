//! Bad input: the response has the right status, sentence, code and field, and nothing reaches the
//! engine's stream.

use crate::counter::{Counter, ticket};
use messages::EngineState;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn bad_orders_name_the_field_and_never_reach_the_stream() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let before = counter.request_stream_len().await;
    let leverage = "must be a whole number from 1 to 100";
    let rows: [(&str, &str, &str); 22] = [
        ("leverage", "0", leverage),
        ("leverage", "101", leverage),
        ("leverage", "1.5", leverage),
        ("leverage", "\"ten\"", leverage),
        ("leverage", "null", "is required"),
        ("qty", "0", "must be above zero"),
        ("qty", "-1", "must be above zero"),
        ("qty", "1e30", "is out of range"),
        ("qty", "1e-9", "has more than 8 decimals"),
        ("qty", "0.123456789", "has more than 8 decimals"),
        ("qty", "\"0.123456789\"", "has more than 8 decimals"),
        ("qty", "\"NaN\"", "is not a decimal number"),
        ("qty", "{}", "must be a number or a decimal string"),
        ("qty", "null", "is required"),
        ("asset", "\"DOGEUSDT\"", "must be one of BTCUSDT, ETHUSDT, SOLUSDT"),
        ("asset", "7", "must be a string"),
        ("orderType", "\"BUY\"", "must be LONG or SHORT"),
        ("stopLoss", "-1", "must be above zero"),
        ("stopLoss", "\"low\"", "is not a decimal number"),
        ("takeProfit", "0", "must be above zero"),
        ("takeProfit", "1e99", "is out of range"),
        (
            "stoploss",
            "95",
            "is not a field of this request; its fields are asset, leverage, orderType, priceLimit, \
             qty, stopLoss, takeProfit",
        ),
    ];
    for (field, value, problem) in rows {
        let fields = ["asset", "orderType", "leverage", "qty"];
        let good = ticket();
        let mut pairs: Vec<String> = fields
            .iter()
            .filter(|name| **name != field)
            .map(|name| format!("\"{name}\":{}", good[name]))
            .collect();
        pairs.push(format!("\"{field}\":{value}"));
        let body = format!("{{{}}}", pairs.join(","));
        let refused =
            counter.send(Method::POST, &token, "/order/open", Some(body.clone()), &[]).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{body}");
        assert_eq!(refused.body["fields"], json!({ field: problem }), "{body}");
    }
    assert_eq!(counter.request_stream_len().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_objects_are_refused() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    for body in ["", "{", "[]", "null", "{\"qty\":NaN}", "{\"qty\":1,\"qty\":2}", "{}}"] {
        let refused =
            counter.send(Method::POST, &token, "/order/open", Some(body.to_owned()), &[]).await;
        assert_eq!(refused.refusal(), (400, "MALFORMED_JSON"), "{body}");
    }
    let huge = format!("{{\"qty\":\"{}\"}}", "1".repeat(10_000_000));
    let refused = counter.send(Method::POST, &token, "/order/open", Some(huge), &[]).await;
    assert_eq!(refused.refusal(), (413, "PAYLOAD_TOO_LARGE"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let refused = counter.send(Method::POST, &token, "/order/open", None, &form).await;
    assert_eq!(refused.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE"));
    let gzip = [("content-encoding", "gzip")];
    let body = Some("\u{1f}\u{8b}".to_owned());
    let refused = counter.send(Method::POST, &token, "/order/open", body, &gzip).await;
    assert_eq!(refused.refusal(), (415, "UNSUPPORTED_CONTENT_ENCODING"));
    // A byte-order mark is ignored.
    let marked = Some(format!("\u{feff}{}", json!({ "asset": "BTCUSDT" })));
    let refused = counter.send(Method::POST, &token, "/order/open", marked, &[]).await;
    assert_eq!(refused.refusal(), (400, "VALIDATION"));
    assert_eq!(counter.request_stream_len().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_methods_and_parameters_that_do_not_exist_are_refused() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let refusal = async |method: Method, path: &str| {
        let refused = counter.send(method, &token, path, None, &[]).await;
        let (status, code) = refused.refusal();
        (status, code.to_owned(), refused.body["fields"].clone())
    };
    let expected = (404, "NOT_FOUND".to_owned(), Value::Null);
    assert_eq!(refusal(Method::GET, "/trades").await, expected);
    let expected = (405, "METHOD_NOT_ALLOWED".to_owned(), Value::Null);
    assert_eq!(refusal(Method::GET, "/order/open").await, expected);
    assert_eq!(refusal(Method::DELETE, "/user/me").await, expected);
    let rows = [
        ("/order/xyz", "orderId", "must be the UUID of an order"),
        ("/order/user/orders?status=DONE", "status", "must be OPEN or CLOSED"),
        (
            "/order/user/orders?status=CLOSED&limit=0",
            "limit",
            "must be a whole number from 1 to 100",
        ),
        (
            "/order/user/orders?status=CLOSED&cursor=x",
            "cursor",
            "must be a nextCursor returned by this API",
        ),
        // A time before the earliest that PostgreSQL can store.
        (
            "/order/user/orders?status=CLOSED&cursor=-300000000000000.0190a6e5-1b2d-7a40-8c33-5f6a7b8c9d10",
            "cursor",
            "must be a nextCursor returned by this API",
        ),
        ("/order/user/orders?state=OPEN", "state", "is not a parameter of this request"),
    ];
    for (path, field, problem) in rows {
        let expected = (400, "VALIDATION".to_owned(), json!({ field: problem }));
        assert_eq!(refusal(Method::GET, path).await, expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_must_be_one() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let long = "k".repeat(256);
    for key in ["", long.as_str()] {
        let body = Some(ticket().to_string());
        let headers = [("idempotency-key", key)];
        let refused = counter.send(Method::POST, &token, "/order/open", body, &headers).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"));
        assert!(refused.body["fields"]["Idempotency-Key"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_orders_get_503_and_nothing_reaches_the_stream() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let refused = counter.post(&token, "/order/open", &ticket()).await;
    assert_eq!(refused.refusal(), (503, "ENGINE_NOT_READY"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(counter.request_stream_len().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_because_the_engine_was_not_ready_a_moment_ago() {
    let counter = Counter::closed_with(&["--engine-timeout-ms", "500"]).await;
    let token = counter.sign_up(1).await;
    for _ in 0..3 {
        counter.announce(EngineState::Starting).await;
        eventually("the gateway refuses", async || {
            let refused = counter.post(&token, "/order/open", &ticket()).await;
            refused.refusal() == (503, "ENGINE_NOT_READY")
        })
        .await;
        counter.announce(EngineState::Ready).await;
        // No engine answers, but the request is sent.
        let asked = counter.post(&token, "/order/open", &ticket()).await;
        assert_eq!(asked.refusal(), (504, "ENGINE_TIMEOUT"));
    }
}
