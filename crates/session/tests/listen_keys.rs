//! Tests of the store of listen keys on a real Redis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use devstack::servers::RedisServer;
use messages::{EntryId, Fields, PositionMode, RESPONSE_STREAM, UserId};
use session::{Delivered, LISTEN_KEY_ENDED, LISTEN_KEY_TTL, ListenKeys, is_listen_key};
use std::time::Duration;
use streams::{Message, Redis, Subscription};
use uuid::Uuid;

const KEY: Uuid = Uuid::from_u128(77);

fn account(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn start() -> (RedisServer, Redis, ListenKeys) {
    let server = RedisServer::private().unwrap();
    let redis = Redis::new(&server.url()).unwrap();
    (server, redis.clone(), ListenKeys::new(redis))
}

async fn shorten(redis: &Redis, keys: &[&str]) {
    let mut batch = redis.batch();
    for key in keys {
        batch.expire(key, Duration::from_mins(1));
    }
    batch.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_has_one_listen_key_which_lives_on_while_it_is_extended() {
    let (_server, redis, keys) = start();
    assert!(!keys.extend(account(1), KEY).await.unwrap());
    let key = keys.open(account(1), account(9), KEY, 5).await.unwrap();
    assert!(is_listen_key(&key), "{key}");
    let other = keys.open(account(1), account(9), Uuid::from_u128(78), 5).await.unwrap();
    assert_ne!(key, other);
    let found = keys.find(&key).await.unwrap().unwrap();
    assert_eq!((found.account, found.user, found.api_key), (account(1), account(9), KEY));

    let names = [
        format!("listen-key:{key}"),
        format!("listen-key:{key}:position"),
        format!("listen-key:of:{KEY}"),
    ];
    let minute = Duration::from_mins(1);
    for again in [true, false] {
        shorten(&redis, &names.each_ref().map(String::as_str)).await;
        assert!(keys.expires_in(&key).await.unwrap().unwrap() <= minute);
        if again {
            assert_eq!(keys.open(account(1), account(9), KEY, 6).await.unwrap(), key);
        } else {
            assert!(keys.extend(account(1), KEY).await.unwrap());
        }
        for name in &names {
            let left = redis.expires_in(name).await.unwrap().unwrap();
            assert!(left > minute && left <= LISTEN_KEY_TTL, "{name}: {left:?}");
        }
    }
    assert!(!keys.extend(account(2), KEY).await.unwrap(), "it belongs to another account");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_the_same_time_get_the_same_key() {
    let (_server, redis, keys) = start();
    let open = || {
        let keys = keys.clone();
        tokio::spawn(async move { keys.open(account(1), account(1), KEY, 5).await.unwrap() })
    };
    let opening: Vec<_> = (0..20).map(|_| open()).collect();
    let mut opened = Vec::new();
    for task in opening {
        opened.push(task.await.unwrap());
    }
    opened.dedup();
    assert_eq!(opened.len(), 1, "{opened:?}");
    // Those that were made in vain are gone.
    assert_eq!(redis.keys("listen-key:*", None).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_key_is_gone_and_its_end_is_told() {
    let (_server, redis, keys) = start();
    let key = keys.open(account(1), account(1), KEY, 5).await.unwrap();
    assert!(!keys.close(account(2), KEY).await.unwrap());
    let mut heard = Subscription::open(&redis, &[LISTEN_KEY_ENDED]).await.unwrap();
    assert!(keys.close(account(1), KEY).await.unwrap());
    let Message::Text { payload, .. } = heard.next().await else { panic!("the end is told") };
    assert_eq!(payload, key);
    assert!(keys.find(&key).await.unwrap().is_none());
    assert!(!keys.close(account(1), KEY).await.unwrap());
    let second = keys.open(account(1), account(1), KEY, 6).await.unwrap();
    assert_ne!(second, key);
    keys.end_of_api_key(KEY).await.unwrap();
    let Message::Text { payload, .. } = heard.next().await else { panic!("the end is told") };
    assert_eq!(payload, second);
    assert!(redis.keys("listen-key:*", None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_begins_after_the_last_event_and_goes_on_after_the_last_delivered_one() {
    let (_server, redis, keys) = start();
    let fields = Fields::from_iter([("type".to_owned(), b"X".to_vec())]);
    let last = redis.append(RESPONSE_STREAM, &fields).await.unwrap();
    let key = keys.open(account(1), account(1), KEY, 5).await.unwrap();
    let begun = Delivered { event: last, sequence: None, entries: Some(1) };
    assert_eq!(keys.position(&key).await.unwrap(), Some(begun));
    let position =
        Delivered { event: EntryId::new(last.ms + 5, 7), sequence: Some(3), entries: None };
    keys.note_positions(&[(key.clone(), position)]).await.unwrap();
    assert_eq!(keys.open(account(1), account(1), KEY, 6).await.unwrap(), key);
    assert_eq!(keys.position(&key).await.unwrap(), Some(position));
    assert_eq!(keys.mode(account(1)).await.unwrap(), None);
    keys.note_mode(account(1), PositionMode::Hedge).await.unwrap();
    assert_eq!(keys.mode(account(1)).await.unwrap(), Some(PositionMode::Hedge));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_listen_key_is_found_nowhere() {
    let (_server, redis, keys) = start();
    let of = "of:00000000-0000-0000-0000-000000000001";
    redis.set_expiring(&format!("listen-key:{of}"), "{}", LISTEN_KEY_TTL).await.unwrap();
    for text in ["", "*", of, &"a".repeat(63), &"ä".repeat(32), &"a".repeat(64)] {
        assert!(keys.find(text).await.unwrap().is_none(), "{text}");
    }
}
