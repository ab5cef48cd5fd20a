//! Orders that rest, positions in part, and the account's settings, as programs use them.

use crate::counter::{Answer, Counter};
use reqwest::Method;
use serde_json::{Value, json};

/// A client of the routes.
struct Client<'a> {
    counter: &'a Counter,
    token: &'a str,
}

impl Client<'_> {
    /// Sends a request and checks the status of its answer.
    async fn send(&self, method: Method, path: &str, body: Value, status: u16) -> Answer {
        let body = (!body.is_null()).then(|| body.to_string());
        let text = format!("{method} {path}");
        let answer = self.counter.send(method, self.token, path, body, &[]).await;
        assert_eq!(answer.status, status, "{text}: {}", answer.body);
        answer
    }

    async fn place(&self, body: Value) -> String {
        let answer = self.send(Method::POST, "/orders", body, 201).await;
        answer.body["order"]["orderId"].as_str().unwrap().to_owned()
    }

    async fn open(&self) -> String {
        self.place(json!({
            "asset": "BTCUSDT", "side": "BUY", "type": "MARKET", "qty": "1", "leverage": 10,
            "clientOrderId": "mine",
        }))
        .await
    }
}

/// Calls every operation, in every way to succeed.
pub async fn call_everything(counter: &Counter, token: &str) {
    let client = Client { counter, token };
    rest(&client).await;
    hold(&client).await;
    let settings = client.send(Method::GET, "/account/settings", Value::Null, 200).await;
    assert_eq!(settings.body["mode"], "separate");
    let mode = json!({ "mode": "one_way" });
    client.send(Method::PUT, "/account/position-mode", mode, 200).await;
    let leverage = json!({ "asset": "BTCUSDT", "leverage": 7 });
    client.send(Method::PUT, "/account/leverage", leverage, 200).await;
    client.send(Method::GET, "/fills", Value::Null, 200).await;
    client.send(Method::GET, "/orders?status=CANCELED", Value::Null, 200).await;
}

fn limit(client_order_id: &str) -> Value {
    json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "1", "price": "50",
        "leverage": 10, "clientOrderId": client_order_id,
    })
}

async fn rest(client: &Client<'_>) {
    let key = [("idempotency-key", "rest")];
    let body = limit("a").to_string();
    for status in [201, 200] {
        let body = Some(body.clone());
        let sent = client.counter.send(Method::POST, client.token, "/orders", body, &key).await;
        assert_eq!(sent.status, status, "{}", sent.body);
        assert_eq!(sent.body["order"]["status"], "NEW", "{}", sent.body);
        assert_eq!(sent.body["account"]["reserved"], "5", "{}", sent.body);
    }
    let open = client.send(Method::GET, "/orders", Value::Null, 200).await;
    let order_id = open.body["orders"][0]["orderId"].as_str().unwrap();
    let path = format!("/orders/{order_id}");
    client.send(Method::GET, &path, Value::Null, 200).await;
    let amended = client.send(Method::PATCH, &path, json!({ "qty": "2" }), 200).await;
    assert_eq!(amended.body["account"]["reserved"], "10", "{}", amended.body);
    let by_name = "/orders?clientOrderId=a";
    client.send(Method::PATCH, by_name, json!({ "price": "49" }), 200).await;
    let canceled = client.send(Method::DELETE, &path, Value::Null, 200).await;
    assert_eq!(canceled.body["order"]["status"], "CANCELED", "{}", canceled.body);
    let again = client.send(Method::DELETE, &path, Value::Null, 409).await;
    assert_eq!(again.body["code"], "ORDER_ALREADY_DONE");

    let batch = json!({ "orders": [limit("b"), limit("b"), limit("c")] });
    let placed = client.send(Method::POST, "/orders/batch", batch, 200).await;
    let results = placed.body["results"].as_array().unwrap();
    let succeeded: Vec<_> = results.iter().map(|result| result["success"] == true).collect();
    assert_eq!(succeeded, [true, false, true], "{}", placed.body);
    assert_eq!(results[1]["code"], "DUPLICATE_CLIENT_ORDER_ID");
    let both = json!({ "clientOrderIds": ["b", "nobody"] });
    client.send(Method::DELETE, "/orders/batch", both, 200).await;
    client.send(Method::DELETE, "/orders?asset=BTCUSDT", Value::Null, 200).await;
}

async fn hold(client: &Client<'_>) {
    let position = client.open().await;
    let path = format!("/positions/{position}");
    client.send(Method::GET, "/positions", Value::Null, 200).await;
    client.send(Method::PATCH, &path, json!({ "stopLoss": "95" }), 200).await;
    let margin = json!({ "amount": "2" });
    client.send(Method::POST, &format!("{path}/margin"), margin, 200).await;
    let half = json!({ "shareBps": 5_000 });
    let halved = client.send(Method::POST, &format!("{path}/close"), half, 200).await;
    assert_eq!(halved.body["position"]["qty"], "0.5", "{}", halved.body);
    let reversed = client.send(Method::POST, &format!("{path}/reverse"), json!({}), 200).await;
    assert_eq!(reversed.body["position"]["orderType"], "SHORT", "{}", reversed.body);
    client.open().await;
    let closed = client.send(Method::POST, "/positions/close-all", json!({}), 200).await;
    assert_eq!(closed.body["closed"].as_array().map(Vec::len), Some(2), "{}", closed.body);
}
