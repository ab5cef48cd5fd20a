//! Prices and candles.

use crate::desk::{Desk, price};
use messages::{MarkPrice, last_mark_key};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::symbols::BTC;

#[tokio::test(flavor = "multi_thread")]
async fn a_price_has_the_digits_of_the_venue() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    desk.publish(&price(1, "92000.50000001", 1_703_001_234)).await;
    let expected = r#"{"type":"price_update","symbol":"BTCUSDT","data":{"bidPrice":92000.50000001,"askPrice":92092.5,"timestamp":1703001234000}}"#;
    loop {
        let text = client.text().await;
        if text.contains("price_update") {
            assert_eq!(text, expected);
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_gets_that_and_no_more() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    client
        .say(&json!({ "type": "subscribe", "channels": ["price:ETHUSDT", "candles:BTCUSDT:1m"] }))
        .await;
    let subscribed = client.expect("subscribed").await;
    assert_eq!(subscribed["channels"], json!(["price:ETHUSDT", "candles:BTCUSDT:1m"]));
    for (id, mid, time_s) in [(1, "100", 70), (2, "105", 80), (3, "99", 119), (4, "101", 120)] {
        desk.publish(&price(id, mid, time_s)).await;
        let update: Value = serde_json::from_str(&client.text().await).unwrap();
        assert_eq!(update["type"], "candle_update", "no price of Bitcoin");
        if id == 3 {
            let data = json!({
                "time": 60, "open": 100, "high": 105, "low": 99, "close": 99, "volume": 1.5,
                "partial": true,
            });
            assert_eq!(
                update,
                json!({ "type": "candle_update", "symbol": "BTCUSDT", "duration": "1m", "data": data })
            );
        }
        if id == 4 {
            assert_eq!(
                (&update["data"]["time"], &update["data"]["partial"]),
                (&json!(120), &json!(false))
            );
        }
    }
    client.say(&json!({ "type": "unsubscribe", "channels": ["candles:BTCUSDT:1m"] })).await;
    assert_eq!(client.expect("subscribed").await["channels"], json!(["price:ETHUSDT"]));
    // A text that was posted before is sent at once.
    client.say(&json!({ "type": "subscribe", "channels": ["candles:BTCUSDT:5m"] })).await;
    assert_eq!(client.expect("candle_update").await["data"]["close"], 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_answered_and_changes_nothing() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    let rows = [
        (json!({ "type": "subscribe", "channels": ["price:DOGE"] }), "BTCUSDT, ETHUSDT, SOLUSDT"),
        (json!({ "type": "subscribe", "channels": ["candles:BTCUSDT:2m"] }), "30s, 1m, 5m"),
        (json!({ "type": "subscribe", "channels": ["user:me"] }), "a channel is"),
        (json!({ "type": "subscribe" }), "channels"),
        (json!({ "type": "buy" }), "unknown variant"),
        (json!({ "type": "hello" }), "already sent"),
    ];
    for (message, problem) in rows {
        client.say(&message).await;
        let error = client.expect("error").await;
        assert!(error["error"].as_str().unwrap().contains(problem), "{message}: {error}");
    }
    client.say(&json!({ "type": "ping" })).await;
    client.expect("pong").await;
    desk.publish(&price(1, "92000.5", 60)).await;
    client.expect("price_update").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_to_marks_gets_the_last_and_each_new_one() {
    let desk = Desk::open(&[]).await;
    let bare = MarkPrice::new(BTC, "92000.00000001".parse().unwrap(), None);
    desk.publish_mark(&bare).await;
    let mut client = desk.visitor("c").await;
    // Marks come to subscribers alone: a price is heard first.
    desk.publish(&price(1, "92000.5", 60)).await;
    client.expect("price_update").await;
    client.say(&json!({ "type": "subscribe", "channels": ["mark:BTCUSDT"] })).await;
    let channels = client.expect("subscribed").await["channels"].clone();
    let prices = ["price:BTCUSDT", "price:ETHUSDT", "price:SOLUSDT", "mark:BTCUSDT"];
    assert_eq!(channels, json!(prices));
    let expected =
        r#"{"type":"mark_update","symbol":"BTCUSDT","data":{"markPrice":92000.00000001}}"#;
    assert_eq!(client.text().await, expected);
    let full = MarkPrice {
        index: Some("91990.5".parse().unwrap()),
        funding_rate: Some("-0.000025".parse().unwrap()),
        next_funding_ms: Some(1_703_030_400_000),
        marked_at_ms: Some(1_703_001_234_000),
        ..bare
    };
    desk.publish_mark(&full).await;
    let expected = r#"{"type":"mark_update","symbol":"BTCUSDT","data":{"markPrice":92000.00000001,"indexPrice":91990.5,"fundingRate":-0.000025,"nextFundingTime":1703030400000,"timestamp":1703001234000}}"#;
    assert_eq!(client.text().await, expected);
    // Nonsense on the channel stops nothing.
    let mut batch = desk.streams.batch();
    batch.publish("mark:BTCUSDT", "{");
    batch.send().await.unwrap();
    client.say(&json!({ "type": "unsubscribe", "channels": ["mark:BTCUSDT"] })).await;
    client.expect("subscribed").await;
    desk.publish_mark(&bare).await;
    desk.publish(&price(2, "92001.5", 61)).await;
    let next: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(next["type"], "price_update");
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_are_there_after_a_restart() {
    let desk = Desk::open(&[]).await;
    let bare = MarkPrice::new(BTC, "92000.5".parse().unwrap(), None);
    let mut batch = desk.streams.batch();
    batch.set_expiring(&last_mark_key(BTC), &bare.to_json(), Duration::from_hours(1));
    batch.send().await.unwrap();
    let desk = desk.restarted().await;
    let mut client = desk.visitor("c").await;
    client.say(&json!({ "type": "subscribe", "channels": ["mark:BTCUSDT"] })).await;
    assert_eq!(client.expect("mark_update").await["data"], json!({ "markPrice": 92000.5 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_to_trades_gets_the_last_ones_and_each_new_one() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    desk.publish(&price(1, "92000.5", 60)).await;
    desk.publish(&price(2, "92001.00000001", 61)).await;
    // Trades come to subscribers alone: a price is heard first.
    while client.expect("price_update").await["data"]["timestamp"] != 61_000 {}
    let channels = ["price:ETHUSDT", "trades:BTCUSDT"];
    client.say(&json!({ "type": "subscribe", "channels": channels })).await;
    assert_eq!(client.expect("subscribed").await["channels"], json!(channels));
    let last = r#"{"type":"trade_update","symbol":"BTCUSDT","data":[{"id":1,"price":92000.5,"quantity":0.5,"time":60000},{"id":2,"price":92001.00000001,"quantity":0.5,"time":61000,"move":"UP"}]}"#;
    assert_eq!(client.text().await, last);
    // A price that is published again, as a disputed one, is no trade.
    desk.publish(&price(2, "92001.00000001", 61)).await;
    desk.publish(&price(3, "92000", 62)).await;
    let next = r#"{"type":"trade_update","symbol":"BTCUSDT","data":[{"id":3,"price":92000,"quantity":0.5,"time":62000,"move":"DOWN"}]}"#;
    assert_eq!(client.text().await, next);
    client.say(&json!({ "type": "unsubscribe", "channels": ["trades:BTCUSDT"] })).await;
    assert_eq!(client.expect("subscribed").await["channels"], json!(["price:ETHUSDT"]));
    client.say(&json!({ "type": "subscribe", "channels": ["price:BTCUSDT"] })).await;
    client.expect("price_update").await;
    for (id, second) in [(4, 63), (5, 64)] {
        desk.publish(&price(id, "92002", second)).await;
        let next: Value = serde_json::from_str(&client.text().await).unwrap();
        assert_eq!(next["type"], "price_update");
    }
}
