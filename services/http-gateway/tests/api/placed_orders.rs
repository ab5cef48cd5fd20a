//! Orders that rest, positions in part, and the account's settings, as programs use them.

use crate::counter::{Answer, Counter};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::stack::{Service, eventually};

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
    for path in [
        "/fills",
        "/fills/summary",
        "/orders/summary",
        "/orders?format=csv",
        "/positions?format=csv",
        "/income",
        "/income/summary",
        "/income?format=csv",
    ] {
        client.send(Method::GET, path, Value::Null, 200).await;
    }
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
        let account = &sent.body["account"];
        assert_eq!(account["available"], account["balance"], "{}", sent.body);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_crosses_the_fill_gets_the_order() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let client = Client { counter: &counter, token: &token };
    let path = format!("/orders/{}", client.place(limit("a")).await);
    counter.tick("49", "49.9").await;
    eventually("it is filled", async || {
        client.send(Method::GET, &path, Value::Null, 200).await.body["order"]["status"] == "FILLED"
    })
    .await;
    let refused = client.send(Method::DELETE, &path, Value::Null, 409).await;
    assert_eq!(refused.refusal(), (409, "ORDER_ALREADY_DONE"));
    assert_eq!(refused.body["order"]["status"], "FILLED", "{}", refused.body);
    assert_eq!(refused.body["order"]["averagePrice"], "50", "{}", refused.body);
    let refused = client.send(Method::PATCH, &path, json!({ "qty": "2" }), 409).await;
    assert_eq!(refused.refusal(), (409, "ORDER_ALREADY_DONE"));
}

/// Reads a list page by page. Returns the ids of its entries in their order.
async fn pages(client: &Client<'_>, path: &str, list: &str, id: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.send(Method::GET, &format!("{path}{cursor}"), Value::Null, 200).await;
        let entries = page.body[list].as_array().unwrap();
        assert!(entries.len() <= 2, "{}", page.body);
        ids.extend(entries.iter().map(|entry| entry[id].to_string()));
        let Some(next) = page.body["nextCursor"].as_str() else { return ids };
        assert_eq!(entries.len(), 2, "{}", page.body);
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_orders_and_fills_are_read_page_by_page() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let token = counter.sign_up(1).await;
    let client = Client { counter: &counter, token: &token };
    let mut canceled = Vec::new();
    for n in 0..5 {
        canceled.push(format!("\"{}\"", client.place(limit(&format!("n{n}"))).await));
        client.open().await;
    }
    client.send(Method::DELETE, "/orders", Value::Null, 200).await;
    canceled.reverse();
    eventually("all is stored", async || {
        let orders = client.send(Method::GET, "/orders?status=CANCELED", Value::Null, 200).await;
        let fills = client.send(Method::GET, "/fills", Value::Null, 200).await;
        [&orders.body["orders"], &fills.body["fills"]]
            .iter()
            .all(|list| list.as_array().map(Vec::len) == Some(5))
    })
    .await;
    let path = "/orders?status=CANCELED&limit=2";
    assert_eq!(pages(&client, path, "orders", "orderId").await, canceled);
    let whole = client.send(Method::GET, "/fills", Value::Null, 200).await;
    let whole = whole.body["fills"].as_array().unwrap();
    let whole: Vec<_> = whole.iter().map(|fill| fill["fillId"].to_string()).collect();
    assert_eq!(pages(&client, "/fills?limit=2", "fills", "fillId").await, whole);
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 5, "{whole:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_repeated_from_the_database_when_the_engine_has_only_its_id() {
    let mut counter = Counter::open().await;
    counter.stack.stop(Service::Engine);
    counter.stack.set("CLOSED_RETENTION_MAX", "0");
    counter.stack.start(Service::Engine).await;
    counter.stack.start(Service::DbWorker).await;
    counter.tick("99.9", "100").await;
    let token = counter.sign_up(1).await;
    let client = Client { counter: &counter, token: &token };
    let key = [("idempotency-key", "once")];
    let send = async |body: Value| {
        counter.send(Method::POST, &token, "/orders", Some(body.to_string()), &key).await
    };
    let body = |callback_bps: u32| {
        let mut body = limit("a");
        body["trailingStopBps"] = callback_bps.into();
        body
    };
    let placed = send(body(100)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let path = format!("/orders/{}", placed.body["order"]["orderId"].as_str().unwrap());
    let canceled = client.send(Method::DELETE, &path, Value::Null, 200).await;
    eventually("it is stored", async || {
        let orders = client.send(Method::GET, "/orders?status=CANCELED", Value::Null, 200).await;
        orders.body["orders"] != json!([])
    })
    .await;
    let again = send(body(100)).await;
    assert_eq!((again.status.as_u16(), &again.body["repeated"]), (200, &json!(true)));
    assert_eq!(again.body["order"], canceled.body["order"]);
    for other in [limit("a"), limit("b"), body(101)] {
        assert_eq!(send(other).await.refusal(), (409, "ORDER_ID_REUSED"));
    }
    let mut other = body(100);
    other["qty"] = "2".into();
    assert_eq!(send(other).await.refusal(), (409, "ORDER_CLOSED_EARLIER"));
    let open = client.send(Method::GET, "/orders", Value::Null, 200).await;
    assert_eq!(open.body["orders"], json!([]), "{}", open.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bracket_has_a_stop_that_trails_from_its_fill() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    counter.tick("99", "101").await;
    let token = counter.sign_up(1).await;
    let client = Client { counter: &counter, token: &token };
    let mut entry = limit("entry");
    entry["price"] = "90".into();
    entry["takeProfit"] = "120".into();
    entry["trailingStopBps"] = 100.into();
    let position_id = client.place(entry).await;
    let open = async || client.send(Method::GET, "/orders", Value::Null, 200).await.body;
    let entry = open().await["orders"][0].clone();
    assert_eq!(entry["trailingStopBps"], 100, "{entry}");
    for (bid, ask) in [("89", "90"), ("100", "101")] {
        counter.tick(bid, ask).await;
    }
    let resting = open().await;
    let stop = &resting["orders"][0];
    assert_eq!(resting["orders"].as_array().unwrap().len(), 1, "{resting}");
    assert_eq!(stop["type"], "TRAILING_STOP_MARKET", "{resting}");
    assert_eq!(stop["positionId"], *position_id, "{resting}");
    assert_eq!(stop["orderId"], entry["trailingStopId"], "{resting}");
    assert_eq!((&stop["stopPrice"], &stop["qty"]), (&json!("99"), &json!("1")), "{resting}");
    let path = format!("/orders/{}", stop["orderId"].as_str().unwrap());
    let alone = client.send(Method::GET, &path, Value::Null, 200).await.body;
    assert_eq!(alone["order"]["stopPrice"], "99", "{alone}");
    let amended = client.send(Method::PATCH, &path, json!({ "callbackBps": 50 }), 200).await.body;
    assert_eq!(amended["order"]["stopPrice"], "99.5", "{amended}");
    client.send(Method::PATCH, &path, json!({ "callbackBps": 100 }), 200).await;
    counter.tick("99", "100").await;
    assert_eq!(open().await["orders"], json!([]));
    let path = format!("/fills?orderId={}", stop["orderId"].as_str().unwrap());
    let fills = async || client.send(Method::GET, &path, Value::Null, 200).await.body;
    eventually("the fill is stored", async || fills().await["fills"] != json!([])).await;
    let fill = &fills().await["fills"][0];
    assert_eq!((&fill["price"], &fill["realizedPnL"]), (&json!("99"), &json!("9")), "{fill}");
}

/// Checks that an order is there, and that it can be neither changed nor canceled.
async fn check_done(client: &Client<'_>, order_id: &str) {
    let path = format!("/orders/{order_id}");
    let found = client.send(Method::GET, &path, Value::Null, 200).await.body;
    let order = &found["order"];
    assert_eq!((&order["status"], &order["type"]), (&json!("FILLED"), &json!("MARKET")), "{found}");
    for (method, body) in [(Method::DELETE, Value::Null), (Method::PATCH, json!({ "qty": "2" }))] {
        let refused = client.send(method, &path, body, 409).await;
        assert_eq!(refused.body["code"], "ORDER_ALREADY_DONE", "{}", refused.body);
        assert_eq!(refused.body["order"]["orderId"], *order_id, "{}", refused.body);
    }
    let batch = json!({ "orderIds": [order_id] });
    let results = client.send(Method::DELETE, "/orders/batch", batch, 200).await;
    assert_eq!(results.body["results"][0]["code"], "ORDER_ALREADY_DONE", "{}", results.body);
}

/// A market order of mode `separate` that says nothing but its position leaves no record of its own in
/// the engine.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_market_order_is_an_order_like_any_other() {
    let mut counter = Counter::open().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let client = Client { counter: &counter, token: &token };
    let plain = json!({ "asset": "BTCUSDT", "side": "BUY", "qty": "1", "leverage": 10 });
    let order_id = client.place(plain).await;
    // Before its row is written, and afterwards.
    check_done(&client, &order_id).await;
    counter.stack.start(Service::DbWorker).await;
    let client = Client { counter: &counter, token: &token };
    eventually("it is stored", async || {
        let orders = client.send(Method::GET, "/orders?status=FILLED", Value::Null, 200).await;
        orders.body["orders"] != json!([])
    })
    .await;
    check_done(&client, &order_id).await;
    // To others it is unknown.
    let other = Client { counter: &counter, token: &other };
    let path = format!("/orders/{order_id}");
    for method in [Method::GET, Method::DELETE] {
        other.send(method, &path, Value::Null, 404).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_with_a_body_cancels_nothing() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let client = Client { counter: &counter, token: &token };
    let order_id = client.place(limit("a")).await;
    let paths = ["/orders".to_owned(), format!("/orders/{order_id}")];
    let sessions = client.send(Method::GET, "/user/sessions", Value::Null, 200).await;
    let session = sessions.body["sessions"][0]["sessionId"].as_str().unwrap();
    for path in paths.iter().chain([&format!("/user/sessions/{session}")]) {
        let refused = client.send(Method::DELETE, path, json!({ "clientOrderId": "x" }), 400).await;
        assert!(refused.body["fields"]["body"].is_string(), "{path}: {}", refused.body);
    }
    let open = client.send(Method::GET, "/orders", Value::Null, 200).await;
    assert_eq!(open.body["orders"][0]["orderId"], *order_id, "{}", open.body);
    client.send(Method::DELETE, &paths[1], json!({}), 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_of_a_batch_counts_against_the_limit() {
    let counter = Counter::closed_with(&["--rate-limit-orders", "5/3600s"]).await;
    let token = counter.sign_up(1).await;
    let batch = json!({ "orders": vec![limit("a"); 8] });
    let placed = counter.post(&token, "/orders/batch", &batch).await;
    let results = placed.body["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| result["code"].as_str().unwrap()).collect();
    let expected = [["ENGINE_NOT_READY"; 5].as_slice(), &["TOO_MANY_REQUESTS"; 3]].concat();
    assert_eq!(codes, expected, "{}", placed.body);
    let refused = counter.post(&token, "/orders/batch", &batch).await;
    assert_eq!(refused.refusal(), (429, "TOO_MANY_REQUESTS"));
}
