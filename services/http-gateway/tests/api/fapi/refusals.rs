//! Requests that are refused, each with its code, and nothing changed.

use super::bot::{Bot, now_ms, reply};
use crate::counter::Counter;
use reqwest::Method;
use serde_json::json;
use testkit::signing::sign;

const ORDER: &str = "/fapi/v1/order";

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_may_be_in_the_query_or_in_the_body_and_must_be_right() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=50";
    let signed = |text: &str| format!("{text}&signature={}", sign(&bot.secret, text));
    let timed = || format!("{order}&quantity=1&timestamp={}", now_ms());
    for method in [Method::POST, Method::DELETE] {
        let text = match method {
            Method::POST => timed(),
            _ => format!("symbol=BTCUSDT&orderId=999999&timestamp={}", now_ms()),
        };
        let expected = if method == Method::POST { 200 } else { 400 };
        let in_body = bot.raw(method.clone(), ORDER, &signed(&text)).await;
        assert_eq!(in_body.status, expected, "{}", in_body.body);
        let in_query = bot.raw(method, &format!("{ORDER}?{}", signed(&text)), "").await;
        assert_eq!(in_query.status, expected, "{}", in_query.body);
    }
    // Half of it here and half of it there.
    let (query, body) = (order, format!("quantity=1&timestamp={}", now_ms()));
    let signature = sign(&bot.secret, &format!("{query}{body}"));
    let target = format!("{ORDER}?{query}&signature={signature}");
    bot.raw(Method::POST, &target, &body).await.ok();
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 3);

    let text = timed();
    let wrong = [
        (text.clone(), (400, -1102)),
        (format!("{text}&signature="), (400, -1102)),
        (format!("{text}&signature=00"), (400, -1022)),
        (format!("{text}&signature={}", sign("another secret", &text)), (400, -1022)),
        (signed(&text).replace("quantity=1", "quantity=2"), (400, -1022)),
        (signed(order), (400, -1102)),
        (signed(&format!("{order}&timestamp={}", now_ms() - 5_500)), (400, -1021)),
        (signed(&format!("{order}&timestamp={}", now_ms() + 5_500)), (400, -1021)),
        (signed(&format!("{order}&timestamp=x")), (400, -1102)),
        (signed(&format!("{order}&timestamp={}&recvWindow=60001", now_ms())), (400, -1130)),
    ];
    for (query, expected) in wrong {
        let refused = bot.raw(Method::POST, &format!("{ORDER}?{query}"), "").await;
        assert_eq!(refused.refusal(), expected, "{query}: {}", refused.body);
    }
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok().as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_can_t_be_is_refused_with_its_code() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let market = "symbol=BTCUSDT&side=BUY&type=MARKET";
    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1";
    let rows = [
        (format!("{market}&quantity=1").replace("BTCUSDT", "NOPE"), -1121),
        (format!("{market}&quantity=1").replace("symbol=BTCUSDT&", ""), -1102),
        (market.to_owned(), -1102),
        (format!("{market}&quantity=x"), -1102),
        (format!("{market}&quantity=0"), -4003),
        (format!("{market}&quantity=-1"), -4003),
        (format!("{market}&quantity=0.000000001"), -1111),
        (format!("{market}&quantity=100000"), -2019),
        (format!("{market}&quantity=1&positionSide=LONG"), -4061),
        (format!("{market}&quantity=1&reduceOnly=true"), -2022),
        (format!("{limit}&price=0"), -4001),
        (format!("{limit}&price=50.001"), -4014),
        (format!("{market}&quantity=0.0000001"), -1111),
        (format!("{limit}&price=200").replace("GTC", "GTX"), -5022),
        (format!("{limit}&price=50").replace("GTC", "FOK"), -5021),
        (format!("{limit}&price=50").replace("GTC", "X"), -1115),
        (format!("{limit}&price=50").replace("LIMIT", "X"), -1116),
        (format!("{limit}&price=50").replace("BUY", "X"), -1117),
        (format!("{limit}&price=50&timeInForce=GTD").replace("timeInForce=GTC&", ""), -1102),
        (
            format!("{limit}&price=50&timeInForce=GTD&goodTillDate=5")
                .replace("timeInForce=GTC&", ""),
            -1130,
        ),
        ("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&stopPrice=120&quantity=1".to_owned(), -2021),
    ];
    for (params, code) in rows {
        let refused = bot.post(ORDER, &params).await;
        assert_eq!(refused.refusal(), (400, code), "{params}: {}", refused.body);
    }
    let ioc = bot.post(ORDER, &format!("{limit}&price=50").replace("GTC", "IOC")).await;
    assert_eq!(ioc.ok()["status"], "NEW", "as it was accepted");
    assert_eq!(bot.get("/fapi/v1/openOrders", "").await.ok(), &json!([]));
    let account = bot.get("/fapi/v3/account", "").await;
    assert_eq!(account.ok()["availableBalance"], "1000");
    for (path, params, code) in [
        ("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=101", -4028),
        ("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=0", -4028),
        ("/fapi/v1/leverage", "symbol=BTCUSDT", -1102),
        ("/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED", -4046),
        ("/fapi/v1/marginType", "symbol=BTCUSDT&marginType=CROSSED", -1130),
        ("/fapi/v1/multiAssetsMargin", "multiAssetsMargin=true", -1130),
    ] {
        assert_eq!(bot.post(path, params).await.refusal(), (400, code), "{path}?{params}");
    }
    assert_eq!(bot.get(ORDER, "symbol=BTCUSDT&orderId=77").await.refusal(), (400, -2013));
    assert_eq!(bot.get(ORDER, "symbol=BTCUSDT&origClientOrderId=x").await.refusal(), (400, -2013));
    assert_eq!(bot.get(ORDER, "symbol=BTCUSDT").await.refusal(), (400, -1102));
    assert_eq!(bot.delete(ORDER, "symbol=BTCUSDT&orderId=77").await.refusal(), (400, -2011));
    for path in ["/fapi/v1/nothing", "/fapi", "/fapi/", "/futures/", "/sapi", "/ws-fapi/v2"] {
        assert_eq!(bot.get(path, "").await.refusal(), (404, -5000), "{path}");
    }
    assert_eq!(bot.send(Method::PATCH, ORDER, "").await.refusal(), (404, -5000));
    let large = "x".repeat(17 * 1_024);
    assert_eq!(bot.raw(Method::POST, ORDER, &large).await.refusal(), (413, -1101));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_separate_positions_is_read_and_not_traded_with() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let opened = counter
        .post(
            &token,
            "/order/open",
            &json!({"asset": "BTC", "orderType": "LONG", "leverage": 10, "qty": 1}),
        )
        .await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let second = counter
        .post(
            &token,
            "/order/open",
            &json!({"asset": "BTC", "orderType": "LONG", "leverage": 5, "qty": 1}),
        )
        .await;
    assert_eq!(second.status, 201, "{}", second.body);
    let body = json!({ "name": "reader", "kind": "EXCHANGE", "scope": "TRADE" });
    let bot = Bot::made(&counter, &token, &body).await;
    let risk = bot.get("/fapi/v3/positionRisk", "").await;
    assert_eq!(risk.ok()[0]["positionSide"], "LONG");
    assert_eq!(risk.ok()[0]["positionAmt"], "2");
    assert_eq!(risk.ok()[0]["liquidationPrice"], "91", "that of the nearer one");
    let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
    assert_eq!(bot.post(ORDER, order).await.refusal(), (400, -4061));
    assert_eq!(
        bot.post("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=5").await.refusal(),
        (400, -4061)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_too_much_is_refused_and_then_banned() {
    let settings = ["--fapi-limit-weight", "10/60s", "--fapi-limit-orders", "2/10s"];
    let mut counter = Counter::closed_with(&settings).await;
    counter.stack.start(testkit::stack::Service::Engine).await;
    counter.tick("99.9", "100").await;
    let token = counter.sign_up(1).await;
    let bot = Bot::with_account(&counter, &token, "TRADE").await;
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50";
    testkit::stack::eventually("the engine takes orders", async || {
        bot.post(ORDER, order).await.status == 200
    })
    .await;
    let second = bot.post(ORDER, order).await;
    assert_eq!(second.ok()["status"], "NEW");
    let third = bot.post(ORDER, order).await;
    assert_eq!(third.refusal(), (429, -1015));
    assert!(third.headers.contains_key("retry-after"));
    let time = async || {
        let url = format!("{}/fapi/v1/time", counter.url);
        reply(reqwest::get(url).await.unwrap()).await
    };
    let mut statuses = Vec::new();
    for _ in 0..30 {
        let answer = time().await;
        if answer.status == 200 {
            assert!(answer.headers.contains_key("x-mbx-used-weight-1m"));
        } else {
            assert_eq!(answer.refusal().1, -1003);
            assert!(answer.headers.contains_key("retry-after"));
        }
        statuses.push(answer.status.as_u16());
    }
    statuses.dedup();
    assert!(statuses.ends_with(&[429, 418]), "{statuses:?}");
}
