//! Outages of Redis and of the price feed.

use crate::desk::{Desk, feed_says, price};
use messages::FEED_STATUS;
use serde_json::json;
use testkit::symbols::publish_shipped;
use tokio_tungstenite::tungstenite::Error;

#[tokio::test(flavor = "multi_thread")]
async fn clients_stay_are_told_and_get_prices_again() {
    let mut desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    desk.redis.stop().unwrap();
    loop {
        if client.expect("status").await["feed"] == "stale" {
            break;
        }
    }
    desk.redis.restart().unwrap();
    feed_says(&desk.streams, "binance").await;
    loop {
        if client.expect("status").await["feed"] == "binance" {
            break;
        }
    }
    desk.publish(&price(1, "92000.5", 60)).await;
    assert_eq!(client.expect("price_update").await["symbol"], "BTCUSDT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_feed_that_is_gone_shows() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    desk.streams.take(FEED_STATUS).await.unwrap();
    loop {
        let status = client.expect("status").await;
        if status["feed"] == "stale" {
            assert_eq!(status["message"], "the price feed is not running");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_written_a_moment_ago_is_known() {
    let desk = Desk::unlisted().await;
    let Err(Error::Http(refused)) = desk.connect_with("/", &[]).await else {
        panic!("a client that could subscribe to nothing");
    };
    assert_eq!(refused.status(), 503);
    publish_shipped(&desk.streams).await;
    let mut client = desk.connect().await;
    client.say(&json!({ "type": "hello", "clientId": "c" })).await;
    let assets = json!(["BTCUSDT", "ETHUSDT", "SOLUSDT"]);
    assert_eq!(client.expect("connection").await["assets"], assets);
}
