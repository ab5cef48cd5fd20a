//! A tick that closes many positions.

use crate::floor::{Floor, long, now_ms, price, register, user};
use messages::{
    REQUEST_STREAM, RESPONSE_STREAM, RegisterUser, Reply, Request, RequestEntry, RequestId,
    StreamMessage as _, user_channel,
};
use streams::{Message, Subscription};
use testkit::stack::eventually;
use uuid::Uuid;

/// More positions than one transaction closes.
const POSITIONS: u32 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_behind_a_burst_is_answered_before_all_of_it_is_written() {
    let mut floor = Floor::new().await;
    floor.config.max_open_positions = POSITIONS;
    floor.start().await;
    for request in [rich(1), register(2), price("99.9", "100")] {
        floor.append(request).await;
    }
    let mut batch = floor.streams.batch();
    let opening = (0..POSITIONS).map(|n| long(1, n.into(), Some("95")));
    for request in opening {
        batch.append(REQUEST_STREAM, &entry(request, None).encode());
    }
    batch.send().await.unwrap();
    let outputs = 2 + u64::from(POSITIONS);
    eventually("all are open", async || {
        let info = floor.streams.stream_info(RESPONSE_STREAM).await.unwrap();
        info.is_some_and(|info| info.length == outputs)
    })
    .await;

    // One connection receives all messages in the order in which they were published.
    let channels = [&user_channel(user(1)), "reply:other"];
    let mut heard = Subscription::open(&floor.streams, &channels).await.unwrap();
    let question = RequestId(Uuid::now_v7());
    let mut batch = floor.streams.batch();
    batch.append(REQUEST_STREAM, &entry(price("94", "94.1"), None).encode());
    batch.append(REQUEST_STREAM, &entry(long(2, 1_000_000, None), Some(question)).encode());
    batch.send().await.unwrap();
    let mut closed_before = 0;
    let reply = loop {
        match heard.next().await {
            Message::Text { channel, payload } if channel == "reply:other" => break payload,
            Message::Text { .. } => closed_before += 1,
            _ => {}
        }
    };
    assert!(closed_before < POSITIONS, "the reply came after the whole burst");
    let reply: Reply = serde_json::from_str(&reply).unwrap();
    assert_eq!(reply.request_id, question);
    reply.outcome.unwrap();
    floor.check_outputs().await;
}

fn rich(n: u128) -> Request {
    Request::RegisterUser(user(n), RegisterUser { deposit: "10000000".parse().unwrap() })
}

fn entry(request: Request, request_id: Option<RequestId>) -> RequestEntry {
    let reply_to = request_id.map(|_| "reply:other".to_owned());
    RequestEntry { request_id, timestamp_ms: now_ms(), reply_to, request }
}
