//! Prices and candles.

use crate::desk::{Desk, price};
use serde_json::{Value, json};

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
