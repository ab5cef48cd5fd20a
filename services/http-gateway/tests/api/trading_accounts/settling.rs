//! Accounts that are in the table and not in the engine: a gateway has stopped in between, or the
//! engine was away.

use super::{Person, open, text};
use crate::counter::{Counter, ticket};
use crate::socket::Socket;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

const LOST: &str = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e99";

/// Writes an account as a gateway does that stops before it asks the engine.
async fn write_lost(counter: &Counter, user: &str, mode: Option<&str>) {
    sqlx::query(
        "insert into accounts (account_id, user_id, name, starting_balance, pending_mode)
         values ($1::uuid, $2::uuid, 'Lost', 700000000000, $3)",
    )
    .bind(LOST)
    .bind(user)
    .bind(mode)
    .execute(&counter.stack.pool)
    .await
    .unwrap();
}

async fn pending(counter: &Counter) -> Option<String> {
    let pending = sqlx::query_scalar("select pending_mode from accounts where name = 'Lost'");
    pending.fetch_one(&counter.stack.pool).await.unwrap()
}

fn in_hedge() -> Value {
    json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "MARKET", "qty": "1", "positionSide": "LONG",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_brings_an_account_to_the_engine() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    write_lost(&counter, &person.first, None).await;
    let balance = person.get(LOST, "/order/user/balance").await;
    assert_eq!(balance.body["balance"]["balance"], "7000", "{}", balance.body);

    sqlx::query("delete from accounts where name = 'Lost'")
        .execute(&counter.stack.pool)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_order_finds_the_mode_with_which_its_account_was_opened() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    write_lost(&counter, &person.first, Some("hedge")).await;
    let placed = person.post(LOST, "/orders", in_hedge()).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    assert_eq!(person.get(LOST, "/account/settings").await.body["mode"], "hedge");
    assert_eq!(pending(&counter).await, None);
    // From then on the mode is the owner's affair.
    let flat = person.post(LOST, "/positions/close-all", Value::Null).await;
    assert_eq!(flat.status, StatusCode::OK, "{}", flat.body);
    let mode = json!({ "mode": "separate" });
    person.send(LOST, Method::PUT, "/account/position-mode", mode).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(person.get(LOST, "/account/settings").await.body["mode"], "separate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_a_message_settle_an_account_as_well() {
    let counter = Counter::open().await;
    let person = Person::with_two_accounts(&counter).await;
    write_lost(&counter, &person.first, Some("one_way")).await;
    let listed = counter.get(&person.token, "/accounts").await;
    let lost = listed.body["accounts"].as_array().unwrap().iter().find(|a| a["name"] == "Lost");
    assert_eq!(lost.unwrap()["mode"], "one_way", "{}", listed.body);
    assert_eq!(pending(&counter).await, None);

    sqlx::query("update accounts set pending_mode = 'hedge' where name = 'Lost'")
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    let bearer = format!("Bearer {}", person.token);
    let headers = [("authorization", bearer.as_str()), ("x-account", LOST)];
    eventually("the gateway reads the row again", async || {
        let settings = person.get(LOST, "/account/settings").await;
        settings.body["mode"] == "hedge"
    })
    .await;
    let mut socket = Socket::connect(&counter, &headers).await.unwrap_or_else(|e| panic!("{e:?}"));
    let placed = socket.ask("order.place", in_hedge()).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_an_account_is_opened_and_its_balance_follows() {
    let mut counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let body = json!({ "name": "Early", "balance": 300, "mode": "hedge" });
    let opened = counter.post(&token, "/accounts", &body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let account = &opened.body["account"];
    assert_eq!((&account["balance"], &account["mode"]), (&Value::Null, &Value::Null));
    let id = text(&account["accountId"]);
    let other = open(&counter, &token, &json!({ "name": "Other" })).await;
    let named = [("x-account", id.as_str())];
    let body = Some(ticket().to_string());
    let refused = counter.send(Method::POST, &token, "/order/open", body, &named).await;
    assert_eq!(refused.refusal(), (503, "ENGINE_NOT_READY"));
    let path = format!("/accounts/{other}");
    let refused = counter.send(Method::DELETE, &token, &path, None, &[]).await;
    assert_eq!(refused.refusal(), (503, "ENGINE_NOT_READY"));
    counter.stack.start(Service::Engine).await;
    counter.tick("99.9", "100").await;
    eventually("the gateway sees the engine", async || {
        let settings = counter.send(Method::GET, &token, "/account/settings", None, &named).await;
        settings.body["mode"] == "hedge"
    })
    .await;
    let balance = counter.send(Method::GET, &token, "/order/user/balance", None, &named).await;
    assert_eq!(balance.body["balance"]["balance"], "300", "{}", balance.body);
}
