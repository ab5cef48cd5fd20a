//! Two accounts of one user, which know nothing of each other.

use super::{Person, open, text};
use crate::contract::CONTRACT;
use crate::counter::{Answer, Counter, ticket};
use crate::order_entry::limit;
use crate::socket::{Refused, Socket};
use messages::ticket_key;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

const UNKNOWN: &str = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";

fn len(answer: &Answer, list: &str) -> usize {
    answer.body[list].as_array().unwrap_or_else(|| panic!("{}", answer.body)).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_trade_without_touching_each_other() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let person = Person::with_two_accounts(&counter).await;
    let (first, second) = (person.first.as_str(), person.second.as_str());
    let opened = person.post(second, "/order/open", ticket()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    assert_eq!(opened.body["balance"]["balance"], "4990", "{}", opened.body);
    let order_id = text(&opened.body["order"]["orderId"]);
    let rests = person.post(second, "/orders", limit("mine")).await;
    assert_eq!(rests.status, StatusCode::CREATED, "{}", rests.body);
    let rests = text(&rests.body["order"]["orderId"]);
    // The id of one's own is free in the other account.
    let other = person.post(first, "/orders", limit("mine")).await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.body);
    let canceled = person.send(first, Method::DELETE, "/orders", Value::Null).await;
    assert_eq!(len(&canceled, "orders"), 1, "{}", canceled.body);

    assert_eq!(len(&person.get(first, "/positions").await, "positions"), 0);
    assert_eq!(len(&person.get(second, "/positions").await, "positions"), 1);
    assert_eq!(len(&person.get(second, "/orders").await, "orders"), 1);
    assert_eq!(person.get(first, "/order/user/balance").await.body["balance"]["equity"], "1000");
    // Without the header it is the first account.
    let without = counter.get(&person.token, "/order/user/balance").await;
    assert_eq!(without.body["balance"]["balance"], "1000");
    for path in [format!("/order/{order_id}"), format!("/orders/{rests}")] {
        let refused = person.send(first, Method::GET, &path, Value::Null).await;
        assert_eq!(refused.refusal(), (404, "ORDER_NOT_FOUND"), "{path}");
        person.get(second, &path).await;
    }
    let refused = person.post(first, &format!("/order/close/{order_id}"), json!({})).await;
    assert_eq!(refused.refusal(), (404, "ORDER_NOT_FOUND"));
    let mode = json!({ "mode": "one_way" });
    let changed = person.send(first, Method::PUT, "/account/position-mode", mode).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(person.get(second, "/account/settings").await.body["mode"], "separate");

    let closed = person.post(second, &format!("/order/close/{order_id}"), json!({})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    let history = "/order/user/orders?status=CLOSED";
    eventually("the order is stored", async || {
        len(&person.get(second, history).await, "orders") == 1
    })
    .await;
    assert_eq!(len(&person.get(second, "/fills").await, "fills"), 2);
    for (path, list) in
        [(history, "orders"), ("/fills", "fills"), ("/orders?status=FILLED", "orders")]
    {
        assert_eq!(len(&person.get(first, path).await, list), 0, "{path}");
    }
    let realized = person.get(first, "/order/user/realized-pnl").await;
    assert_eq!(realized.body["realized"]["orders"], 0);
    let realized = person.get(second, "/order/user/realized-pnl").await;
    assert_eq!(realized.body["realized"]["orders"], 1);
    let file = person.get(second, "/order/user/closed-orders.csv").await;
    assert!(file.text.contains(&order_id), "{}", file.text);
    let file = person.get(first, "/order/user/closed-orders.csv").await;
    assert_eq!(file.text.lines().count(), 1, "{}", file.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_another_order_in_another_account() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let place = async |account: &str| {
        let headers = [("x-account", account), ("idempotency-key", "once")];
        let body = Some(ticket().to_string());
        let path = "/order/open";
        let placed = counter.send(Method::POST, &person.token, path, body, &headers).await;
        (placed.status.as_u16(), text(&placed.body["order"]["orderId"]))
    };
    let (one, other) = (place(&person.first).await, place(&person.second).await);
    assert_eq!((one.0, other.0), (201, 201));
    assert_ne!(one.1, other.1);
    assert_eq!(place(&person.second).await, (200, other.1));
}

/// Every operation that takes `X-Account`, as the description says, refuses an account that is not
/// the caller's before it looks at anything else.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_must_be_one_s_own() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let other = counter.sign_up(2).await;
    let theirs = open(&counter, &other, &json!({ "name": "Theirs" })).await;
    let me = counter.get(&other, "/user/me").await;
    let their_first = text(&me.body["user"]["userId"]);
    let (_, key) = counter.api_key(&person.token, "TRADE").await;
    let mut count = 0;
    for operation in &CONTRACT.operations {
        let parameters = operation.object["parameters"].as_array();
        let mut names = parameters.into_iter().flatten().map(|parameter| &parameter["name"]);
        if !names.any(|name| name == "X-Account") {
            continue;
        }
        count += 1;
        let path = operation.path.strip_prefix("/api/v1").unwrap().split('/');
        let path = path.map(|part| if part.starts_with('{') { UNKNOWN } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let body = operation.object.get("requestBody").map(|_| "{}".to_owned());
        let send = async |token: &str, account: &str| {
            let headers = [("x-account", account)];
            counter.send(operation.method.clone(), token, &path, body.clone(), &headers).await
        };
        for account in [UNKNOWN, &theirs, &their_first] {
            let refused = send(&person.token, account).await;
            assert_eq!(refused.refusal(), (404, "ACCOUNT_NOT_FOUND"), "{}", operation.id);
        }
        let refused = send(&person.token, "main").await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{}", operation.id);
        assert_eq!(refused.body["fields"]["X-Account"], "must be the UUID of an account");
        for account in [UNKNOWN, &theirs, &person.second] {
            let refused = send(&key, account).await;
            assert_eq!(refused.refusal(), (403, "KEY_ACCOUNT_MISMATCH"), "{}", operation.id);
        }
    }
    assert_eq!(count, 34, "operations about an account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_for_one_account() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let create = async |body: Value| counter.post(&person.token, "/user/api-keys", &body).await;
    let made = create(json!({ "name": "bot", "scope": "TRADE", "accountId": person.second })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["apiKey"]["accountId"], person.second);
    let key = text(&made.body["secret"]);
    let plain = create(json!({ "name": "old", "scope": "READ" })).await;
    assert_eq!(plain.body["apiKey"]["accountId"], person.first);
    let keys = counter.get(&person.token, "/user/api-keys").await;
    let keys = keys.body["apiKeys"].as_array().unwrap();
    let ids: Vec<_> = keys.iter().map(|key| text(&key["accountId"])).collect();
    assert_eq!(ids, [person.second.clone(), person.first.clone()]);

    let balance = async |token: &str| {
        let balance = counter.get(token, "/order/user/balance").await;
        text(&balance.body["balance"]["balance"])
    };
    assert_eq!(balance(&key).await, "5000");
    assert_eq!(balance(&text(&plain.body["secret"])).await, "1000");
    let opened = counter.post(&key, "/order/open", &ticket()).await;
    assert_eq!(opened.body["balance"]["balance"], "4990", "{}", opened.body);
    let named = [("x-account", person.second.as_str())];
    let same = counter.send(Method::GET, &key, "/positions", None, &named).await;
    assert_eq!(len(&same, "positions"), 1);
    let other = [("x-account", person.first.as_str())];
    let refused = counter.send(Method::GET, &key, "/positions", None, &other).await;
    assert_eq!(refused.refusal(), (403, "KEY_ACCOUNT_MISMATCH"));
    let listed = counter.get(&key, "/accounts").await;
    assert_eq!(len(&listed, "accounts"), 1, "{}", listed.body);
    assert_eq!(listed.body["accounts"][0]["accountId"], person.second);
    let path = format!("/accounts/{}/reset", person.first);
    let refused = counter.post(&key, &path, &json!({ "balance": 100 })).await;
    assert_eq!(refused.refusal(), (403, "KEY_ACCOUNT_MISMATCH"));

    let other = counter.sign_up(2).await;
    let foreign = json!({ "name": "x", "scope": "READ", "accountId": person.second });
    let refused = counter.post(&other, "/user/api-keys", &foreign).await;
    assert_eq!(refused.refusal(), (404, "ACCOUNT_NOT_FOUND"));
    let refused = create(json!({ "name": "x", "scope": "READ", "accountId": "main" })).await;
    assert_eq!(refused.body["fields"]["accountId"], "must be the UUID of an account");
}

#[tokio::test(flavor = "multi_thread")]
async fn order_entry_is_for_the_account_of_its_upgrade() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let bearer = format!("Bearer {}", person.token);
    let connect = async |account: &str| {
        let headers = [("authorization", bearer.as_str()), ("x-account", account)];
        Socket::connect(&counter, &headers).await
    };
    let mut second = connect(&person.second).await.unwrap_or_else(|error| panic!("{error:?}"));
    let mut first = Socket::open(&counter, &person.token).await;
    for (socket, balance) in [(&mut first, "995"), (&mut second, "4995")] {
        let placed = socket.ask("order.place", limit("a")).await;
        let body = placed.result(201, &Method::POST, "/api/v1/orders");
        assert_eq!(body["account"]["balance"], balance, "{body}");
    }
    let refused = connect(UNKNOWN).await.err();
    assert_eq!(refused, Some(Refused(404, "ACCOUNT_NOT_FOUND".to_owned())));
    // An account that is closed meanwhile takes no more orders from an open connection.
    second.ask("orders.cancel", json!({})).await;
    assert_eq!(person.close(&person.second).await.status, StatusCode::OK);
    let refused = second.ask("order.place", limit("b")).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_CLOSED"));
    let refused = connect(&person.second).await.err();
    assert_eq!(refused, Some(Refused(409, "ACCOUNT_CLOSED".to_owned())));
    assert_eq!(first.ask("order.place", limit("b")).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_for_the_account_that_it_was_made_with() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    let body = json!({ "name": "bot", "scope": "READ", "accountId": person.second });
    let made = counter.post(&person.token, "/user/api-keys", &body).await;
    let content = async |answer: Answer| {
        let key = ticket_key(&text(&answer.body["ticket"]));
        let json = counter.stack.streams.get(&key).await.unwrap().unwrap();
        serde_json::from_str::<Value>(&json).unwrap()
    };
    let rows = [
        (counter.get(&person.token, "/user/ws-ticket").await, &person.first),
        (person.get(&person.second, "/user/ws-ticket").await, &person.second),
        (counter.get(&text(&made.body["secret"]), "/user/ws-ticket").await, &person.second),
    ];
    for (answer, account) in rows {
        let content = content(answer).await;
        assert_eq!(
            (&content["accountId"], &content["userId"]),
            (&json!(account), &json!(person.first))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trading_goes_on_in_accounts_in_use_while_postgres_is_away() {
    let mut counter = Counter::open().await;
    let (token, second) = {
        let person = Person::with_two_accounts(&counter).await;
        person.get(&person.second, "/positions").await;
        (person.token, person.second)
    };
    counter.stack.postgres.kill_hard().unwrap();
    let place = async |account: &str| {
        let (body, headers) = (Some(ticket().to_string()), [("x-account", account)]);
        counter.send(Method::POST, &token, "/order/open", body, &headers).await
    };
    assert_eq!(place(&second).await.status, StatusCode::CREATED);
    assert_eq!(place(UNKNOWN).await.refusal(), (503, "DATABASE_UNAVAILABLE"));
}
