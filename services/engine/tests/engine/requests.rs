//! Requests, queries, replies and notifications.

use crate::floor::{Floor, close, long, order_id, price, register, user};
use messages::{
    EngineState, Event, EventKind, GetOrder, Notification, PositionState, Query, REQUEST_STREAM,
    RESPONSE_STREAM, Rejection, Request, RequestEntry, Response, dead_letter_stream, user_channel,
};
use streams::{Message, Subscription};
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_queries_are_answered_and_events_written() {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    assert_eq!(floor.send(long(1, 1, None)).await, Err(Rejection::NoPrice));
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());
    let answer = floor.ask(1, Query::GetOrder(GetOrder { order_id: order_id(1) })).await.unwrap();
    let Response::Position { order, .. } = answer else { panic!("{answer:?}") };
    assert!(matches!(*order, PositionState::Open(_)));
    floor.send(close(1, 1)).await.unwrap();
    assert_eq!(floor.ask(2, Query::GetBalance).await, Err(Rejection::UnknownUser));
    floor.check_outputs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_of_an_account_hear_its_events_under_their_stream_ids() {
    let mut floor = Floor::new().await;
    floor.start().await;
    let mut heard = Subscription::open(&floor.streams, &[&user_channel(user(1))]).await.unwrap();
    floor.send(register(1)).await.unwrap();
    floor.send(register(2)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, Some("95"))).await.unwrap();
    floor.tick("94", "95").await;
    let mut notifications = Vec::new();
    while notifications.len() < 3 {
        if let Message::Text { payload, .. } = heard.next().await {
            notifications.push(Notification::from_json(&payload).unwrap());
        }
    }
    let of_user_1 = |(_, event): &(_, Event)| event.user_id == user(1);
    let written = floor.entries::<Event>(RESPONSE_STREAM).await.into_iter().filter(of_user_1);
    let written: Vec<_> = written.map(|(id, event)| Notification { id, event }).collect();
    assert_eq!(notifications, written);
    assert!(matches!(written[2].event.kind, EventKind::PositionClosed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_can_not_be_read_is_put_aside_and_the_next_ones_are_applied() {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    let mut poison = messages::Fields::default();
    poison.push("type", b"PLACE_ORDER".to_vec());
    poison.push("payload", vec![0xff, 0xfe]);
    let poisoned = floor.streams.append(REQUEST_STREAM, &poison).await.unwrap();
    let crossed = floor.append(price("101", "100")).await;
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();

    let dead = dead_letter_stream(REQUEST_STREAM);
    let letters = floor.streams.read_range(&dead, messages::EntryId::MIN, 10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), [poisoned, crossed]);
    let error = |n: usize| {
        let (_, error) = letters[n].fields.iter().find(|(name, _)| *name == "error").unwrap();
        String::from_utf8(error.to_vec()).unwrap()
    };
    assert!(error(0).contains("payload"), "{}", error(0));
    assert!(error(1).contains("not a valid price"), "{}", error(1));

    // A replay reads them again and adds nothing.
    floor.crash().await;
    floor.start().await;
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());
    assert_eq!(floor.streams.stream_info(&dead).await.unwrap().unwrap().length, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_differ_from_history_are_written_into_it() {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.stop().await;
    floor.config.max_open_positions = 1;
    floor.start().await;
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    let refused = floor.send(long(1, 2, None)).await;
    assert_eq!(refused, Err(Rejection::TooManyPositions { limit: 1 }));
    // At the third start the limits equal those of the history, so nothing is added.
    floor.stop().await;
    floor.start().await;
    floor.send(close(1, 1)).await.unwrap();
    let requests = floor.entries::<RequestEntry>(REQUEST_STREAM).await;
    let rules = requests.iter().filter(|(_, e)| matches!(e.request, Request::SetRules(_)));
    assert_eq!(rules.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_what_the_engine_does_and_a_dead_one_shows() {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.crash().await;
    eventually("the status of the dead engine expires", async || floor.status().await.is_none())
        .await;
    floor.start().await;
    floor.stop().await;
    let status = floor.status().await.unwrap();
    assert_eq!(status.status, EngineState::Shutdown);
    assert_eq!(status.message, "stopped on request");
}
