//! Listen keys: their connections, what was missed, and their end.

use crate::binance_events::{API_KEY, account, canceled, owner};
use crate::desk::Desk;
use messages::{EntryId, RESPONSE_STREAM};
use serde_json::json;
use session::{LISTEN_KEY_TTL, ListenKeys, SessionId};
use std::time::Duration;
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_name_a_listen_key_works() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let paths = [
        (format!("/private/ws?listenKey={key}"), false),
        (format!("/binance/private/stream?listenKey={key}"), true),
        (format!("/stream?streams={key}"), true),
        (format!("/ws/{key}"), false),
        ("/binance/ws".to_owned(), false),
        ("/private/stream".to_owned(), true),
    ];
    let mut clients = Vec::new();
    for (path, is_combined) in paths {
        let mut client = desk.bot(&path).await;
        client.ask(json!({ "method": "SUBSCRIBE", "params": [key], "id": 1 })).await;
        clients.push((client, is_combined));
    }
    let unknown = "a".repeat(64);
    let mut stranger = desk.bot(&format!("/binance/ws/{unknown}")).await;
    stranger.ask(json!({ "method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1 })).await;
    desk.tell(&canceled(1)).await;
    for (client, is_combined) in &mut clients {
        let event = client.json().await;
        let data = if *is_combined {
            assert_eq!(event["stream"], key);
            &event["data"]
        } else {
            &event
        };
        assert_eq!(data["o"]["c"], "x-1");
    }
    desk.publish(&crate::binance::trade(1)).await;
    assert_eq!(stranger.json().await["e"], "trade");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_sent_after_a_reconnect_and_after_a_restart() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    desk.tell(&canceled(7)).await;
    let mut client = desk.listening(&key).await;
    assert_eq!(client.canceled(1).await, [7]);
    drop(client);
    eventually("the position is recorded", async || {
        let position = ListenKeys::new(desk.streams.clone()).position(&key).await.unwrap();
        position.unwrap().sequence == Some(7)
    })
    .await;
    desk.tell_all(&(8..5_000).map(canceled).collect::<Vec<_>>()).await;
    let path = format!("/binance/ws/{key}");
    let mut clients = [desk.bot(&path).await, desk.bot(&path).await];
    desk.tell(&canceled(5_000)).await;
    for client in &mut clients {
        let missed: Vec<u64> = (8..=5_000).collect();
        assert_eq!(client.canceled(missed.len()).await, missed);
    }
    let desk = desk.restarted().await;
    for client in &mut clients {
        assert_eq!(client.close_code().await, 1001);
    }
    desk.tell(&canceled(5_001)).await;
    let mut client = desk.bot(&path).await;
    desk.tell(&canceled(5_002)).await;
    assert_eq!(client.canceled(2).await, [5_001, 5_002]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_redis_loses_and_repeats_nothing() {
    let mut desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    desk.tell(&canceled(1)).await;
    assert_eq!(client.canceled(1).await, [1]);
    desk.redis.stop().unwrap();
    eventually("the outage is noticed", async || desk.health.not_ready_reason().is_some()).await;
    desk.redis.restart().unwrap();
    // These are there before the server is back.
    for sequence in 2..50 {
        desk.tell(&canceled(sequence)).await;
    }
    eventually("the server is back", async || desk.health.not_ready_reason().is_none()).await;
    desk.tell(&canceled(50)).await;
    assert_eq!(client.canceled(49).await, (2..=50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_end_the_connection_and_the_next_one_begins_anew() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    desk.tell(&canceled(1)).await;
    assert_eq!(client.canceled(1).await, [1]);
    desk.tell(&canceled(3)).await;
    assert_eq!(client.close_code().await, 1008);
    let mut client = desk.listening(&key).await;
    desk.tell(&canceled(4)).await;
    assert_eq!(client.canceled(1).await, [4]);
    drop(client);
    let keys = ListenKeys::new(desk.streams.clone());
    eventually("the position is recorded", async || {
        keys.position(&key).await.unwrap().unwrap().sequence == Some(4)
    })
    .await;
    // What was missed is no longer in the stream.
    desk.tell(&canceled(5)).await;
    let last = desk.tell(&canceled(6)).await;
    let next = EntryId::new(last.ms, last.seq + 1);
    desk.streams.trim_before(RESPONSE_STREAM, next).await.unwrap();
    let mut client = desk.bot(&format!("/binance/ws/{key}")).await;
    assert_eq!(client.close_code().await, 1008);
    let mut client = desk.listening(&key).await;
    desk.tell(&canceled(7)).await;
    assert_eq!(client.canceled(1).await, [7]);
    drop(client);
    eventually("the position is recorded", async || {
        keys.position(&key).await.unwrap().unwrap().sequence == Some(7)
    })
    .await;
    // Everything up to the position may be gone: what came after it is there.
    let last = desk.streams.last_id(RESPONSE_STREAM).await.unwrap();
    let next = EntryId::new(last.ms, last.seq + 1);
    desk.streams.trim_before(RESPONSE_STREAM, next).await.unwrap();
    desk.tell(&canceled(8)).await;
    let mut client = desk.bot(&format!("/binance/ws/{key}")).await;
    assert_eq!(client.canceled(1).await, [8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_listen_key_is_told_and_ends_the_connection() {
    let desk = Desk::open(&[]).await;
    let keys = ListenKeys::new(desk.streams.clone());
    let expire = async |key: &str, after_ms: u64| {
        let mut batch = desk.streams.batch();
        batch.expire(&format!("listen-key:{key}"), Duration::from_millis(after_ms));
        batch.send().await.unwrap();
    };
    for way in ["closed", "expired", "key deleted"] {
        let key = desk.listen_key().await;
        if way == "expired" {
            expire(&key, 900).await;
        }
        let mut client = desk.listening(&key).await;
        match way {
            "closed" => assert!(keys.close(account(), API_KEY).await.unwrap()),
            "expired" => {}
            _ => desk.sessions.end(owner(), SessionId(API_KEY)).await.unwrap(),
        }
        let event = client.event("listenKeyExpired").await;
        assert_eq!(event["listenKey"], key, "{way}");
        assert_eq!(client.close_code().await, 1000, "{way}");
        eventually("it is gone", async || keys.find(&key).await.unwrap().is_none()).await;
    }
    // One that is extended in time lives on.
    let key = desk.listen_key().await;
    expire(&key, 900).await;
    let mut client = desk.listening(&key).await;
    assert!(keys.extend(account(), API_KEY).await.unwrap());
    assert!(keys.expires_in(&key).await.unwrap().unwrap() > LISTEN_KEY_TTL / 2);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    desk.tell(&canceled(1)).await;
    assert_eq!(client.canceled(1).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_prices_are_not_public_only_a_listen_key_opens_them() {
    let desk = Desk::open(&["--ws-public", "false"]).await;
    let key = desk.listen_key().await;
    let mut stranger = desk.bot("/binance/ws").await;
    let name = "btcusdt@trade";
    let ask = json!({ "method": "SUBSCRIBE", "params": [name, "a".repeat(64)], "id": 1 });
    assert_eq!(stranger.ask(ask).await["error"]["code"], 2);
    assert_eq!(desk.bot(&format!("/ws/{name}")).await.close_code().await, 1008);
    let mut client = desk.bot(&format!("/stream?streams={name}/{key}")).await;
    client.ask(json!({ "method": "LIST_SUBSCRIPTIONS", "id": 1 })).await;
    desk.publish(&crate::binance::trade(1)).await;
    assert_eq!(client.json().await["stream"], name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_have_so_many_connections() {
    let desk = Desk::open(&["--ws-connections-per-user-max", "2"]).await;
    let key = desk.listen_key().await;
    let first = desk.listening(&key).await;
    let _second = desk.listening(&key).await;
    let mut third = desk.bot(&format!("/ws/{key}")).await;
    assert_eq!(third.close_code().await, 1008);
    drop(first);
    eventually("there is room again", async || {
        let mut client = desk.bot(&format!("/ws/{key}")).await;
        client.say(&json!({ "method": "LIST_SUBSCRIPTIONS", "id": 1 })).await;
        client.text_or_close().await.is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_account_events_is_closed() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut stalled = desk.listening(&key).await;
    let mut awake = desk.listening(&key).await;
    for start in (1..=40_000).step_by(200) {
        let sent: Vec<u64> = (start..start + 200).collect();
        desk.tell_all(&sent.iter().map(|n| canceled(*n)).collect::<Vec<_>>()).await;
        assert_eq!(awake.canceled(200).await, sent);
    }
    let mut heard = 0;
    while stalled.text_or_close().await.is_some() {
        heard += 1;
    }
    assert!(heard < 40_000, "it was not slow enough");
}
