//! Key pairs.

use super::bot::Bot;
use crate::counter::Counter;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::eventually;

const LISTEN_KEY: &str = "/fapi/v1/listenKey";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_pair_has_an_account_of_its_own() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    assert_eq!(bot.key.len(), 36);
    assert_eq!(bot.secret.len(), 64);
    let accounts = counter.get(&token, "/accounts").await;
    let own = accounts.body["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|account| account["accountId"].as_str() == Some(&bot.account_id));
    let own = own.expect("it is listed");
    assert_eq!((&own["name"], &own["mode"]), (&json!("Bot's own"), &json!("one_way")));
    let list = counter.get(&token, "/user/api-keys").await;
    let key = &list.body["apiKeys"][0];
    assert_eq!((&key["kind"], &key["key"]), (&json!("EXCHANGE"), &json!(bot.key)));
    assert_eq!((&key["signsWith"], &key["lastUsedAt"]), (&json!("HMAC_SHA256"), &Value::Null));
    bot.get("/fapi/v3/balance", "").await.ok();
    eventually("the use is noted", async || {
        counter.get(&token, "/user/api-keys").await.body["apiKeys"][0]["lastUsedAt"].is_u64()
    })
    .await;
    // The name is taken now, and nothing is made twice.
    let again = json!({
        "name": "a bot", "kind": "EXCHANGE", "scope": "TRADE", "newAccount": "bot's OWN",
    });
    let refused = counter.post(&token, "/user/api-keys", &again).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_NAME_TAKEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_it_is_for() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let reader = Bot::with_account(&counter, &token, "READ").await;
    reader.get("/fapi/v3/account", "").await.ok();
    let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
    assert_eq!(reader.post("/fapi/v1/order", order).await.refusal(), (401, -1002));
    // A key pair is no credential of the own API, and a key of that is none here.
    let own = counter.get(&reader.key, "/user/me").await;
    assert_eq!(own.refusal(), (401, "UNAUTHENTICATED"));
    let (_, bearer) = counter.api_key(&token, "TRADE").await;
    let of = |key: &str| Bot {
        counter: &counter,
        key: key.to_owned(),
        secret: reader.secret.clone(),
        account_id: String::new(),
    };
    for (key, code) in [
        (bearer.as_str(), -2014),
        (&bearer[..36], -2014),
        ("", -2014),
        ("nonsense", -2014),
        ("vlx_0190a6e47f3c7c1a9d523b1f0a8c4e11", -2015),
    ] {
        assert_eq!(of(key).get("/fapi/v3/account", "").await.refusal(), (401, code), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_used_from_where_it_may_be() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let body = |networks: Value| json!({ "name": "a bot", "kind": "EXCHANGE", "scope": "READ", "allowedAddresses": networks });
    let here = Bot::made(&counter, &token, &body(json!(["127.0.0.0/8", "::1"]))).await;
    here.get("/fapi/v3/account", "").await.ok();
    let elsewhere = Bot::made(&counter, &token, &body(json!(["203.0.113.7"]))).await;
    assert_eq!(elsewhere.get("/fapi/v3/account", "").await.refusal(), (401, -2015));
    for wrong in [json!([]), json!(["nonsense"]), json!("127.0.0.1")] {
        let refused = counter.post(&token, "/user/api-keys", &body(wrong)).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"));
    }
    let mut bearer = body(json!(["127.0.0.1"]));
    bearer["kind"] = "BEARER".into();
    let refused = counter.post(&token, "/user/api-keys", &bearer).await;
    assert_eq!(refused.refusal(), (409, "KEY_FIELDS_CONFLICT"));
    let mut two = json!({ "name": "x", "scope": "READ", "newAccount": "y" });
    two["accountId"] = here.account_id.clone().into();
    let refused = counter.post(&token, "/user/api-keys", &two).await;
    assert_eq!(refused.refusal(), (409, "KEY_FIELDS_CONFLICT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_trade_sets_the_mode_of_an_account_that_is_flat() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let make = async |scope: &str, kind: &str| {
        let body = json!({ "name": "a bot", "kind": kind, "scope": scope });
        counter.post(&token, "/user/api-keys", &body).await.body
    };
    let order = json!({ "asset": "BTCUSDT", "side": "BUY", "qty": "1", "leverage": 10 });
    let opened = counter.post(&token, "/orders", &order).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    // With a position it stays as it is.
    assert_eq!(make("TRADE", "EXCHANGE").await["mode"], "separate");
    let body = json!({ "name": "x", "kind": "EXCHANGE", "scope": "TRADE" });
    let bot = Bot::made(&counter, &token, &body).await;
    let buy = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
    for side in ["BOTH", "LONG"] {
        let refused = bot.post("/fapi/v1/order", &format!("{buy}&positionSide={side}")).await;
        assert_eq!(refused.refusal(), (400, -4061));
        let way_out = refused.body["msg"].as_str().unwrap();
        assert!(way_out.contains("POST /fapi/v1/positionSide/dual"), "{way_out}");
    }
    let closed = counter.post(&token, "/positions/close-all", &json!({})).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!(make("READ", "EXCHANGE").await["mode"], "separate");
    assert_eq!(make("TRADE", "BEARER").await["mode"], "separate");
    assert_eq!(make("TRADE", "EXCHANGE").await["mode"], "one_way");
    bot.post("/fapi/v1/order", buy).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_refused() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    bot.get("/fapi/v3/account", "").await.ok();
    bot.end(&token).await;
    assert_eq!(bot.get("/fapi/v3/account", "").await.refusal(), (401, -2015));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listen_key_lives_until_it_is_closed() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "READ").await;
    // Only the key is shown, no signature.
    let opened = bot.raw(Method::POST, LISTEN_KEY, "").await;
    let key = opened.ok()["listenKey"].clone();
    assert_eq!(key.as_str().unwrap().len(), 64);
    assert_eq!(bot.raw(Method::POST, LISTEN_KEY, "").await.ok()["listenKey"], key);
    bot.raw(Method::PUT, LISTEN_KEY, "").await.ok();
    assert_eq!(bot.raw(Method::DELETE, LISTEN_KEY, "").await.ok(), &json!({}));
    assert_eq!(bot.raw(Method::PUT, LISTEN_KEY, "").await.refusal(), (400, -1125));
    assert_ne!(bot.raw(Method::POST, LISTEN_KEY, "").await.ok()["listenKey"], key);
}
