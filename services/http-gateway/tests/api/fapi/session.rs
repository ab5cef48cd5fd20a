//! Connections that log on with a key that signs with Ed25519.

use super::bot::{Bot, now_ms};
use super::life::trading;
use super::socket::{Speaker, limit, refusal};
use serde_json::{Value, json};
use testkit::stack::eventually;

/// Returns an order without a key and a signature.
fn timed(name: &str) -> Value {
    let mut order = limit(name);
    order["timestamp"] = now_ms().into();
    order
}

fn time() -> Value {
    json!({ "timestamp": now_ms() })
}

#[tokio::test(flavor = "multi_thread")]
async fn after_logging_on_nothing_is_signed() {
    let (counter, token) = trading().await;
    let bot = Bot::with_ed25519(&counter, &token, "TRADE", 1).await;
    let mut socket = Speaker::open(&bot).await;
    assert_eq!(refusal(&socket.ask_unsigned("order.place", timed("a")).await), (401, -2014));
    let before = socket.ask_unsigned("session.status", json!({})).await;
    let connected = before["result"]["connectedSince"].as_u64().unwrap();
    assert!(connected.abs_diff(now_ms()) < 60_000, "{before}");
    let nobody = |answer: &Value| {
        let result = &answer["result"];
        assert_eq!(result["connectedSince"], connected);
        assert_eq!((&result["apiKey"], &result["authorizedSince"]), (&Value::Null, &Value::Null));
    };
    nobody(&before);

    let on = socket.ask("session.logon", json!({})).await;
    let result = &on["result"];
    assert_eq!((&on["status"], &result["apiKey"]), (&json!(200), &json!(bot.key)));
    assert_eq!(
        (&result["connectedSince"], &result["returnRateLimits"]),
        (&json!(connected), &json!(true))
    );
    let (since, now) = (&result["authorizedSince"], &result["serverTime"]);
    assert!(connected <= since.as_u64().unwrap() && since.as_u64() <= now.as_u64(), "{on}");
    assert_eq!(on["rateLimits"][0]["rateLimitType"], "REQUEST_WEIGHT");
    let status = socket.ask_unsigned("session.status", json!({})).await;
    assert_eq!(&status["result"]["authorizedSince"], since);

    let placed = socket.ask_unsigned("order.place", timed("a")).await;
    assert_eq!(placed["result"]["status"], "NEW", "{placed}");
    // With the key, and with key and signature, as before.
    let mut named = timed("b");
    named["apiKey"] = bot.key.clone().into();
    assert_eq!(socket.ask_unsigned("order.place", named).await["status"], 200);
    assert_eq!(socket.ask("order.place", limit("c")).await["status"], 200);
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 3);
    assert_eq!(socket.ask_unsigned("userDataStream.start", json!({})).await["status"], 200);

    // The time is still needed, and a signature that is there is checked.
    assert_eq!(refusal(&socket.ask_unsigned("order.place", limit("d")).await), (400, -1102));
    let late = json!({ "timestamp": now_ms() - 6_000 });
    assert_eq!(refusal(&socket.ask_unsigned("account.balance", late).await), (400, -1021));
    let mut wrong = time();
    wrong["signature"] = "A".repeat(86).into();
    assert_eq!(refusal(&socket.ask_unsigned("account.balance", wrong).await), (400, -1022));

    nobody(&socket.ask_unsigned("session.logout", json!({})).await);
    assert_eq!(refusal(&socket.ask_unsigned("order.place", timed("d")).await), (401, -2014));
    nobody(&socket.ask_unsigned("session.logout", json!({})).await);
    assert_eq!(socket.ask("order.place", limit("d")).await["status"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_can_sign_logs_on() {
    let (counter, token) = trading().await;
    let bot = Bot::with_ed25519(&counter, &token, "READ", 1).await;
    let other = Bot::with_ed25519(&counter, &token, "TRADE", 2).await;
    let keeper = Bot::with_account(&counter, &token, "TRADE").await;
    let mut by_secret = Speaker::open(&keeper).await;
    assert_eq!(by_secret.refused("session.logon", json!({})).await, (400, -4056));
    assert_eq!(refusal(&by_secret.ask_unsigned("account.balance", time()).await), (401, -2014));

    let mut socket = Speaker::open(&bot).await;
    let with = |key: &str, signature: &str| {
        let mut params = time();
        params["apiKey"] = key.into();
        params["signature"] = signature.into();
        params
    };
    for (params, expected) in [
        (time(), (401, -2014)),
        (with("vlx_0190a6e47f3c7c1a9d523b1f0a8c4e11", "AAAA"), (401, -2015)),
        (with(&bot.key, ""), (400, -1102)),
        (with(&bot.key, &"A".repeat(86)), (400, -1022)),
    ] {
        let refused = socket.ask_unsigned("session.logon", params).await;
        assert_eq!(refusal(&refused), expected, "{refused}");
    }
    let late = json!({ "timestamp": now_ms() - 6_000 });
    assert_eq!(socket.refused("session.logon", late).await, (400, -1021));
    let status = socket.ask_unsigned("session.status", json!({})).await;
    assert_eq!(status["result"]["apiKey"], Value::Null);

    // Who is logged on does what the key is for, and asks for another by showing it.
    socket.ask("session.logon", json!({})).await;
    assert_eq!(refusal(&socket.ask_unsigned("order.place", timed("a")).await), (401, -1002));
    let mut foreign = timed("a");
    foreign["apiKey"] = other.key.clone().into();
    assert_eq!(refusal(&socket.ask_unsigned("order.place", foreign).await), (400, -1102));
    // A failed logon changes nothing, and another connection has a session of its own.
    let refused = socket.ask_unsigned("session.logon", with(&other.key, "AAAA")).await;
    assert_eq!(refusal(&refused), (400, -1022));
    let status = socket.ask_unsigned("session.status", json!({})).await;
    assert_eq!(status["result"]["apiKey"], bot.key);
    let mut elsewhere = Speaker::open(&bot).await;
    assert_eq!(refusal(&elsewhere.ask_unsigned("account.balance", time()).await), (401, -2014));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_logged_on_no_more() {
    let (counter, token) = trading().await;
    let bot = Bot::with_ed25519(&counter, &token, "TRADE", 1).await;
    let url = counter.another_gateway(&[]).await;
    let mut here = Speaker::open(&bot).await;
    let mut there = Speaker::open_at(&bot, &url).await;
    for socket in [&mut here, &mut there] {
        socket.ask("session.logon", json!({})).await;
        assert_eq!(socket.ask_unsigned("account.balance", time()).await["status"], 200);
    }
    bot.end(&token).await;
    assert_eq!(refusal(&here.ask_unsigned("order.place", timed("a")).await), (401, -2015));
    let status = here.ask_unsigned("session.status", json!({})).await;
    assert_eq!(status["result"]["apiKey"], Value::Null);
    eventually("the other gateway has noticed", async || {
        let answer = there.ask_unsigned("account.balance", time()).await;
        answer["error"]["code"] == -2015
    })
    .await;
}
