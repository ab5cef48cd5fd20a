//! Acceptance of held prices.

use crate::scene::{velox, velox_json};
use messages::{DisputeReason, DisputedPrice, FEED_STATUS, Feed, FeedStatus, accepted_price_key};
use std::time::Duration;
use testkit::stack::Stack;
use testkit::symbols::{BTC, ETH, SYMBOLS};

#[tokio::test(flavor = "multi_thread")]
async fn a_held_price_is_accepted_only_when_that_is_confirmed() {
    let stack = Stack::new(&[]).await;
    let (btc, eth) = (BTC, ETH);
    velox(&stack, &["price", "accept", "BTCUSDT", "--yes"])
        .ends_with(2)
        .complains_of("not running");
    let held = Some("26000.5".parse().unwrap());
    let paused = DisputedPrice { symbol: btc, reason: DisputeReason::Paused, since_ms: 1, held };
    let silent =
        DisputedPrice { symbol: eth, reason: DisputeReason::Silent, since_ms: 1, held: None };
    let status = FeedStatus {
        feed: Feed::Binance,
        connected: true,
        timestamp_ms: 1,
        message: "live trades".to_owned(),
        disputed: vec![paused, silent],
        recording: None,
    };
    let json = serde_json::to_string(&status).unwrap();
    stack.streams.set_expiring(FEED_STATUS, &json, Duration::from_mins(10)).await.unwrap();

    // Without an answer nothing is changed.
    velox(&stack, &["price", "accept", "BTCUSDT"]).ends_with(2).complains_of("not yes");
    velox(&stack, &["price", "accept", "ETHUSDT", "--yes"]).ends_with(1).complains_of("is held");
    for symbol in SYMBOLS {
        assert_eq!(stack.streams.get(&accepted_price_key(symbol)).await.unwrap(), None);
    }
    let accepted = velox_json(&stack, &["price", "accept", "BTCUSDT", "--yes"]);
    assert_eq!(accepted["accepted"], "26000.5");
    let told = stack.streams.get(&accepted_price_key(btc)).await.unwrap();
    assert_eq!(told.as_deref(), Some("26000.5"));
    velox(&stack, &["status"]).ends_with(1).shows("the price of BTCUSDT is disputed, 26000.5");
}
