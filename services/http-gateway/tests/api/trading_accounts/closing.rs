//! Closing an account.

use super::{Person, open, text};
use crate::contract::CONTRACT;
use crate::counter::{Counter, ticket};
use crate::order_entry::limit;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

const UNKNOWN: &str = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";

#[tokio::test(flavor = "multi_thread")]
async fn only_a_flat_account_can_be_closed() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let second = person.second.as_str();
    assert_eq!(person.close(&person.first).await.refusal(), (409, "FIRST_ACCOUNT"));
    let opened = person.post(second, "/order/open", ticket()).await;
    let refused = person.close(second).await;
    assert_eq!(refused.refusal(), (409, "NOT_FLAT"));
    assert!(text(&refused.body["error"]).contains("positions or orders"), "{}", refused.body);
    let order_id = text(&opened.body["order"]["orderId"]);
    person.post(second, &format!("/order/close/{order_id}"), json!({})).await;
    person.post(second, "/orders", limit("a")).await;
    assert_eq!(person.close(second).await.refusal(), (409, "NOT_FLAT"));
    // The refusals have left it open.
    let canceled = person.send(second, Method::DELETE, "/orders", Value::Null).await;
    assert_eq!(canceled.status, StatusCode::OK, "{}", canceled.body);
    let closed = person.close(second).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    let closed_at = closed.body["account"]["closedAt"].clone();
    assert!(closed_at.is_u64(), "{}", closed.body);
    let again = person.close(second).await;
    assert_eq!(again.body["account"]["closedAt"], closed_at, "{}", again.body);
    let another = open(&counter, &person.token, &json!({ "name": "Another" })).await;
    let (_, key) = counter.api_key(&person.token, "TRADE").await;
    let path = format!("/accounts/{another}");
    let refused = counter.send(Method::DELETE, &key, &path, None, &[]).await;
    assert_eq!(refused.refusal(), (403, "SESSION_REQUIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_read_and_not_traded_with() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let person = Person::with_two_accounts(&counter).await;
    let second = person.second.as_str();
    let body = json!({ "name": "bot", "scope": "TRADE", "accountId": second });
    let made = counter.post(&person.token, "/user/api-keys", &body).await;
    let key = text(&made.body["secret"]);
    let opened = person.post(second, "/order/open", ticket()).await;
    let order_id = text(&opened.body["order"]["orderId"]);
    person.post(second, &format!("/order/close/{order_id}"), json!({})).await;
    let elsewhere = counter.another_gateway(&[]).await;
    assert_eq!(person.close(second).await.status, StatusCode::OK);

    eventually("the order is stored", async || {
        let history = person.get(second, "/order/user/orders?status=CLOSED").await;
        history.body["orders"].as_array().map(Vec::len) == Some(1)
    })
    .await;
    for path in ["/positions", "/orders", "/order/user/balance", "/fills", "/user/ws-ticket"] {
        person.get(second, path).await;
        assert_eq!(counter.get(&key, path).await.status, StatusCode::OK, "{path}");
    }
    let mut count = 0;
    for operation in &CONTRACT.operations {
        let conflicts = &operation.object["responses"]["409"]["content"]["application/json"];
        let closed = conflicts["examples"].get("ACCOUNT_CLOSED").is_some();
        if !closed || operation.id == "makeApiKey" || operation.id == "resetAccount" {
            continue;
        }
        count += 1;
        let path = operation.path.strip_prefix("/api/v1").unwrap().split('/');
        let path = path.map(|part| if part.starts_with('{') { UNKNOWN } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let body = operation.object.get("requestBody").map(|_| json!({})).unwrap_or_default();
        let refused = person.send(second, operation.method.clone(), &path, body).await;
        assert_eq!(refused.refusal(), (409, "ACCOUNT_CLOSED"), "{}", operation.id);
    }
    assert_eq!(count, 18, "operations that trade");
    assert_eq!(
        counter.post(&key, "/order/open", &ticket()).await.refusal(),
        (409, "ACCOUNT_CLOSED")
    );
    let path = format!("/accounts/{second}/reset");
    let refused = counter.post(&person.token, &path, &json!({ "balance": 100 })).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_CLOSED"));
    let refused = counter.post(&person.token, "/user/api-keys", &body).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_CLOSED"));
    // Another gateway knows it as well: nothing that it had cached is fresh any more.
    let request = reqwest::Client::new().post(format!("{elsewhere}/api/v1/order/open"));
    let request = request.bearer_auth(&person.token).header("x-account", second);
    let refused = request.json(&ticket()).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

/// An order that a gateway has let through before the account was marked as closed.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_flat_after_all_is_open_again() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let second = person.second.as_str();
    // The gateway that closed it stopped before it looked again.
    person.post(second, "/orders", limit("a")).await;
    sqlx::query("update accounts set closed_at = now() where account_id = $1::uuid")
        .bind(second)
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    let mut n = 0;
    eventually("it is closed", async || {
        n += 1;
        let refused = person.post(second, "/orders", limit(&n.to_string())).await;
        refused.status == StatusCode::CONFLICT
    })
    .await;
    assert_eq!(person.close(second).await.refusal(), (409, "NOT_FLAT"));
    let canceled = person.send(second, Method::DELETE, "/orders", Value::Null).await;
    assert_eq!(canceled.status, StatusCode::OK, "{}", canceled.body);
    assert_eq!(person.close(second).await.status, StatusCode::OK);
}

/// Another gateway still takes the account for open while this one closes it.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_at_another_gateway_keeps_an_account_from_being_closed() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let (elsewhere, client) = (counter.another_gateway(&[]).await, reqwest::Client::new());
    let is_marked = async |account: &str| -> bool {
        let marked = "select closed_at is not null from accounts where account_id = $1::uuid";
        let marked = sqlx::query_scalar(marked).bind(account);
        marked.fetch_one(&counter.stack.pool).await.unwrap()
    };
    let mut n = 0;
    eventually("an order gets through", async || {
        n += 1;
        let account = open(&counter, &person.token, &json!({ "name": format!("n{n}") })).await;
        let request = |method: Method, path: &str| {
            let request = client.request(method, format!("{elsewhere}/api/v1{path}"));
            request.bearer_auth(&person.token).header("x-account", &account)
        };
        let place = async || {
            // The gateway looks the account up.
            request(Method::GET, "/positions").send().await.unwrap();
            eventually("it is marked", async || is_marked(&account).await).await;
            request(Method::POST, "/orders").json(&limit("late")).send().await.unwrap().status()
        };
        let close = async || {
            // Not before the other gateway has looked.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            person.close(&account).await
        };
        let (placed, closed) = tokio::join!(place(), close());
        let is_placed = placed == StatusCode::CREATED;
        assert_eq!(is_placed, closed.status == StatusCode::CONFLICT, "{}", closed.body);
        assert_eq!(!is_marked(&account).await, is_placed, "it is open again");
        if is_placed {
            assert_eq!(closed.refusal(), (409, "NOT_FLAT"));
        }
        // An account is free for the next attempt.
        person.send(&account, Method::DELETE, "/orders", Value::Null).await;
        person.close(&account).await;
        is_placed
    })
    .await;
}
