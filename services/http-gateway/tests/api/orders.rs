//! Orders through the real engine, to the last digit.

use crate::counter::{Answer, Counter, ticket};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

async fn open(counter: &Counter, token: &str, body: &Value) -> Value {
    let answer = counter.post(token, "/order/open", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body
}

async fn close(counter: &Counter, token: &str, order: &Value) -> Answer {
    let path = format!("/order/close/{}", order["orderId"].as_str().unwrap());
    counter.send(Method::POST, token, &path, None, &[]).await
}

async fn patch(counter: &Counter, token: &str, order: &Value, body: Value) -> Answer {
    let path = format!("/order/{}", order["orderId"].as_str().unwrap());
    counter.send(Method::PATCH, token, &path, Some(body.to_string()), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_opened_read_changed_and_closed() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let body = json!({
        "asset": "btc", "orderType": "LONG", "leverage": 7, "qty": "0.33333333", "stopLoss": 95,
    });
    let opened = open(&counter, &token, &body).await;
    let order = &opened["order"];
    let expected = json!({
        "orderId": order["orderId"],
        "asset": "BTCUSDT",
        "orderType": "LONG",
        "leverage": 7,
        "status": "OPEN",
        "qty": "0.33333333",
        "qtyInt": "33333333",
        "executionPrice": "100",
        "executionPriceInt": "10000000000",
        // 0.33333333 × 100 / 7 = 4.76190471428…, rounded up.
        "margin": "4.76190472",
        "marginInt": "476190472",
        // 100 − ⌊100 × 90 / 700⌋
        "liquidationPrice": "87.14285715",
        "liquidationPriceInt": "8714285715",
        "stopLoss": "95",
        "stopLossInt": "9500000000",
        "takeProfit": null,
        "takeProfitInt": null,
        "markPrice": "99.9",
        "markPriceInt": "9990000000",
        // 0.33333333 × −0.1 = −0.033333333, rounded down.
        "unrealizedPnL": "-0.03333334",
        "unrealizedPnLInt": "-3333334",
        "createdAt": order["createdAt"],
    });
    assert_eq!(*order, expected);
    assert_eq!(opened["balance"]["balance"], "995.23809528");

    let changed =
        patch(&counter, &token, order, json!({ "stopLoss": null, "takeProfit": 120 })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.body["order"]["stopLoss"], Value::Null);
    assert_eq!(changed.body["order"]["takeProfit"], "120");
    let path = format!("/order/{}", order["orderId"].as_str().unwrap());
    assert_eq!(counter.get(&token, &path).await.body["order"], changed.body["order"]);

    counter.tick("110", "111").await;
    let closed = close(&counter, &token, order).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    assert_eq!(closed.body["order"]["finalPnL"], "3.3333333");
    assert_eq!(closed.body["order"]["closeReason"], "MANUAL");
    assert_eq!(closed.body["balance"]["balance"], "1003.3333333");
    let again = close(&counter, &token, order).await;
    assert_eq!(again.refusal(), (409, "ORDER_ALREADY_CLOSED"));
    assert_eq!(again.body["order"], closed.body["order"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engines_refusals_have_their_status_code_and_field() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let with = |field: &str, value: Value| {
        let mut body = ticket();
        body[field] = value;
        body
    };
    let rows = [
        (with("qty", json!(101)), 422, "INSUFFICIENT_BALANCE", Some("qty")),
        (with("qty", json!(90_000_000_000_i64)), 400, "AMOUNT_OUT_OF_RANGE", Some("qty")),
        (with("stopLoss", json!(101)), 422, "STOP_LOSS_WRONG_SIDE", Some("stopLoss")),
        (with("stopLoss", json!(50)), 422, "STOP_LOSS_BEYOND_LIQUIDATION", Some("stopLoss")),
        (with("takeProfit", json!(50)), 422, "TAKE_PROFIT_WRONG_SIDE", Some("takeProfit")),
        (with("asset", json!("ETHUSDT")), 503, "NO_PRICE", None),
    ];
    for (body, status, code, field) in rows {
        let refused = counter.post(&token, "/order/open", &body).await;
        assert_eq!(refused.refusal(), (status, code), "{body}");
        let named = refused.body["fields"].as_object();
        assert_eq!(named.and_then(|fields| fields.keys().next().map(String::as_str)), field);
    }
    counter.tick("98", "100").await;
    let refused = counter.post(&token, "/order/open", &with("leverage", json!(100))).await;
    assert_eq!(refused.refusal(), (422, "LIQUIDATED_AT_ONCE"));
    assert_eq!(counter.get(&token, "/order/user/balance").await.body["balance"]["equity"], "1000");
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_elses_order_does_not_exist() {
    let counter = Counter::open().await;
    let (owner, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let order = open(&counter, &owner, &ticket()).await["order"].take();
    let path = format!("/order/{}", order["orderId"].as_str().unwrap());
    assert_eq!(counter.get(&other, &path).await.refusal(), (404, "ORDER_NOT_FOUND"));
    assert_eq!(close(&counter, &other, &order).await.refusal(), (404, "ORDER_NOT_FOUND"));
    let edit = json!({ "stopLoss": 95 });
    let refused = patch(&counter, &other, &order, edit).await;
    assert_eq!(refused.refusal(), (404, "ORDER_NOT_FOUND"));
    let listed = counter.get(&other, "/order/user/orders").await.body["orders"].take();
    assert_eq!(listed, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_gives_the_same_order_and_the_same_close() {
    let counter = Counter::open().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let key = [("idempotency-key", "k-1")];
    let place = async |token: &str, body: Value| {
        counter.send(Method::POST, token, "/order/open", Some(body.to_string()), &key).await
    };
    let first = place(&token, ticket()).await;
    assert_eq!((first.status, &first.body["repeated"]), (StatusCode::CREATED, &Value::Null));
    let again = place(&token, ticket()).await;
    assert_eq!((again.status, &again.body["repeated"]), (StatusCode::OK, &json!(true)));
    assert_eq!(again.body["order"], first.body["order"]);
    let short = json!({ "asset": "BTC", "orderType": "SHORT", "leverage": 10, "qty": 1 });
    assert_eq!(place(&token, short).await.refusal(), (409, "ORDER_ID_REUSED"));
    let theirs = place(&other, ticket()).await;
    assert_ne!(
        theirs.body["order"]["orderId"], first.body["order"]["orderId"],
        "keys are one's own"
    );

    let path = format!("/order/close/{}", first.body["order"]["orderId"].as_str().unwrap());
    let close = async || counter.send(Method::POST, &token, &path, None, &key).await;
    let closed = close().await;
    let again = close().await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert_eq!(again.body["order"], closed.body["order"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_change_is_refused() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let order = open(&counter, &token, &ticket()).await["order"].take();
    assert_eq!(patch(&counter, &token, &order, json!({})).await.refusal(), (400, "VALIDATION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_orders_come_from_the_database_newest_first_page_by_page() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let token = counter.sign_up(1).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let order = open(&counter, &token, &ticket()).await["order"].take();
        assert_eq!(close(&counter, &token, &order).await.status, StatusCode::OK);
        ids.insert(0, order["orderId"].clone());
    }
    eventually("all are stored", async || counter.stack.closed_order_count().await == 5).await;
    let mut listed = Vec::new();
    let mut query = "/order/user/orders?status=CLOSED&limit=2".to_owned();
    let mut pages = 0;
    loop {
        let page = counter.get(&token, &query).await.body;
        listed.extend(page["orders"].as_array().unwrap().iter().map(|o| o["orderId"].clone()));
        pages += 1;
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("/order/user/orders?status=CLOSED&limit=2&cursor={cursor}");
    }
    assert_eq!((listed, pages), (ids.clone(), 3));

    // The engine has evicted them; the database has not.
    counter.stack.stop(Service::Engine);
    counter.stack.set("CLOSED_RETENTION_MAX", "0");
    counter.stack.start(Service::Engine).await;
    counter.tick("99.9", "100").await;
    counter.tick("99.9", "100").await;
    let path = format!("/order/{}", ids[0].as_str().unwrap());
    eventually("the order is read", async || {
        counter.get(&token, &path).await.status == StatusCode::OK
    })
    .await;
    let read = counter.get(&token, &path).await.body;
    assert_eq!(read["order"]["status"], "CLOSED");
    let refused = close(&counter, &token, &read["order"]).await;
    assert_eq!(refused.refusal(), (409, "ORDER_ALREADY_CLOSED"));
}
