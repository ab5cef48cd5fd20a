use crate::desk::{Desk, within_patience};
use streams::{Message, Subscription};

fn text(channel: &str, payload: &str) -> Message {
    Message::Text { channel: channel.to_owned(), payload: payload.to_owned() }
}

async fn publish(desk: &Desk, channel: &str, payload: &str) {
    desk.redis.batch().publish(channel, payload).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_heard_by_name_and_by_pattern() {
    let desk = Desk::open();
    let mut heard = Subscription::open(&desk.redis, &["one", "market:*"]).await.unwrap();
    assert!(heard.is_connected());
    for channel in ["one", "two", "market:BTCUSDT", "marketing"] {
        publish(&desk, channel, "ü").await;
    }
    publish(&desk, "one", "").await;
    let mut messages = Vec::new();
    while messages.len() < 3 {
        messages.push(within_patience(heard.next()).await);
    }
    assert_eq!(messages, [text("one", "ü"), text("market:BTCUSDT", "ü"), text("one", "")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_is_told_and_then_it_goes_on() {
    let mut desk = Desk::open();
    let mut heard = Subscription::open(&desk.redis, &["c", "p:*"]).await.unwrap();
    for turn in ["1", "2"] {
        publish(&desk, "c", turn).await;
        desk.restart();
        // Messages that arrived before the outage are not lost.
        assert_eq!(within_patience(heard.next()).await, text("c", turn));
        assert_eq!(within_patience(heard.next()).await, Message::Interrupted);
        assert_eq!(within_patience(heard.next()).await, Message::Reconnected);
        publish(&desk, "p:1", turn).await;
        assert_eq!(within_patience(heard.next()).await, text("p:1", turn));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_without_redis_is_an_error_that_passes() {
    let mut desk = Desk::open();
    desk.stop();
    let error = Subscription::open(&desk.redis, &["c"]).await.err().unwrap();
    assert!(error.is_transient(), "{error}");
}
