//! Keys whose owners sign with Ed25519.

use super::bot::{Bot, ed25519_pair, now_ms, sign, signed};
use super::life::ORDER;
use crate::counter::Counter;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::signing;

const LIMIT: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=50&quantity=1";

fn new_key(public_key: &str) -> Value {
    json!({ "name": "a bot", "kind": "EXCHANGE", "scope": "TRADE", "publicKey": public_key })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_public_key_has_no_secret() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let (_, public) = ed25519_pair(1);
    let made = counter.post(&token, "/user/api-keys", &new_key(&public)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["secret"], Value::Null);
    assert_eq!(made.body["apiKey"]["signsWith"], "ED25519");
    let (_, _) = counter.api_key(&token, "READ").await;
    let list = counter.get(&token, "/user/api-keys").await;
    let keys = list.body["apiKeys"].as_array().unwrap();
    let signs_with: Vec<_> = keys.iter().map(|key| &key["signsWith"]).collect();
    assert_eq!(signs_with, [&json!("ED25519"), &Value::Null]);
    assert_eq!(keys[0]["key"].as_str().unwrap().len(), 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_public_key_is_refused_with_the_reason() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let (private, public) = ed25519_pair(1);
    let rsa = "-----BEGIN PUBLIC KEY-----\n\
        MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALs+u8OXrGOYMhit+YLPFCCdnIloNnOz\n\
        D36W5ItWHx5yV/3OMnjCEhCBUD46Ep+XSvYwgZqbG67Vx0C1Yepvb/cCAwEAAQ==\n\
        -----END PUBLIC KEY-----";
    for (text, problem) in [
        (json!(""), "must be one PEM"),
        (json!("garbage"), "must be one PEM"),
        (json!(format!("{public}and more")), "must be one PEM"),
        (json!(rsa), "RSA and other algorithms are not supported"),
        (json!(private), "is a private key"),
        (json!(public.replace('M', "N")), "is damaged"),
        (json!(7), "must be a string"),
        (Value::Null, "is required"),
    ] {
        let mut body = new_key("");
        body["publicKey"] = text;
        let refused = counter.post(&token, "/user/api-keys", &body).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{body}");
        let said = refused.body["fields"]["publicKey"].as_str().unwrap();
        assert!(said.contains(problem), "{said}");
    }
    let mut bearer = new_key(&public);
    bearer["kind"] = "BEARER".into();
    let refused = counter.post(&token, "/user/api-keys", &bearer).await;
    assert_eq!(refused.refusal(), (409, "KEY_FIELDS_CONFLICT"));
    let list = counter.get(&token, "/user/api-keys").await;
    assert_eq!(list.body["apiKeys"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_with_the_private_key() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_ed25519(&counter, &token, "TRADE", 1).await;
    bot.get("/fapi/v3/account", "").await.ok();
    bot.post(ORDER, LIMIT).await.ok();
    let timed = || format!("{LIMIT}&timestamp={}", now_ms());
    bot.raw(Method::POST, ORDER, &signed(&bot.secret, &timed())).await.ok();
    // Half of it here and half of it there; in the body first, so that its order does not matter.
    let body = format!("timestamp={}", now_ms());
    let signature = sign(&bot.secret, &format!("{LIMIT}{body}")).replace('+', "%2B");
    let body = format!("signature={signature}&{body}");
    bot.raw(Method::POST, &format!("{ORDER}?{LIMIT}"), &body).await.ok();
    // Some clients sign what they encode.
    let text = format!("symbol=BTCUSDT&note=a/b&timestamp={}", now_ms());
    let query = signed(&bot.secret, &text).replace("a/b", "a%2Fb");
    let open = bot.raw(Method::GET, &format!("/fapi/v1/openOrders?{query}"), "").await;
    assert_eq!(open.ok().as_array().unwrap().len(), 3);

    let (other, _) = ed25519_pair(2);
    let text = timed();
    for (query, code) in [
        (text.clone(), -1102),
        (signed(&other, &text), -1022),
        (signed(&bot.secret, &text).replace("quantity=1", "quantity=2"), -1022),
        (format!("{text}&signature={}", signing::sign("a secret", &text)), -1022),
        (format!("{text}&signature="), -1102),
        (format!("{text}&signature=AAAA"), -1022),
        (format!("{text}&signature=%C3%A9"), -1022),
        (signed(&bot.secret, LIMIT), -1102),
        (signed(&bot.secret, &format!("{LIMIT}&timestamp={}", now_ms() - 5_500)), -1021),
    ] {
        let refused = bot.raw(Method::POST, &format!("{ORDER}?{query}"), "").await;
        assert_eq!(refused.refusal(), (400, code), "{query}");
    }
    // A key with a secret is not signed for with a private key.
    let keeper = Bot::with_account(&counter, &token, "TRADE").await;
    let query = signed(&bot.secret, &text);
    let refused = keeper.raw(Method::POST, &format!("{ORDER}?{query}"), "").await;
    assert_eq!(refused.refusal(), (400, -1022));
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 3);

    let reader = Bot::with_ed25519(&counter, &token, "READ", 3).await;
    assert_eq!(reader.post(ORDER, LIMIT).await.refusal(), (401, -1002));
    bot.end(&token).await;
    assert_eq!(bot.get("/fapi/v3/account", "").await.refusal(), (401, -2015));
}
