//! Tests of the session store on a real Redis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use devstack::servers::RedisServer;
use messages::UserId;
use session::{Ended, Method, Origin, SESSION_ENDED, SESSIONS_PER_USER_MAX, Session, Sessions};
use std::time::{Duration, Instant};
use streams::{Message, Redis, Subscription};
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn origin(created_at_ms: u64) -> Origin {
    let (address, user_agent) = ("127.0.0.1".to_owned(), "a test".to_owned());
    Origin { method: Method::Password, created_at_ms, address, user_agent }
}

fn start() -> (RedisServer, Redis, Sessions) {
    let server = RedisServer::private().unwrap();
    let redis = Redis::new(&server.url()).unwrap();
    (server, redis.clone(), Sessions::new(redis))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_open_from_its_beginning_to_its_end() {
    let (_server, redis, sessions) = start();
    let (one, other) = (Session::begin(user(1), 0, 60), Session::begin(user(1), 0, 60));
    assert!(!sessions.is_open(&one).await.unwrap());
    sessions.open(&one, origin(1)).await.unwrap();
    sessions.open(&other, origin(2)).await.unwrap();
    assert!(sessions.is_open(&one).await.unwrap());
    let stolen = Session { user_id: user(2), ..one };
    assert!(!sessions.is_open(&stolen).await.unwrap(), "the session belongs to another user");
    let listed = sessions.list(user(1)).await.unwrap();
    assert_eq!(
        listed,
        [(other.id, other.expires_at_s, origin(2)), (one.id, one.expires_at_s, origin(1))]
    );

    let mut heard = Subscription::open(&redis, &[SESSION_ENDED]).await.unwrap();
    sessions.end(user(1), one.id).await.unwrap();
    let Message::Text { payload, .. } = heard.next().await else {
        panic!("the end of a session is published")
    };
    let ended = Ended { user_id: user(1), session_id: Some(one.id) };
    assert_eq!(serde_json::from_str::<Ended>(&payload).unwrap(), ended);
    assert!(!sessions.is_open(&one).await.unwrap());
    assert!(sessions.is_open(&other).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_all_ends_those_that_are_just_being_begun_as_well() {
    let (_server, _, sessions) = start();
    let (open, under_way) = (Session::begin(user(1), 4, 60), Session::begin(user(1), 4, 60));
    let somebody_else_s = Session::begin(user(2), 4, 60);
    sessions.open(&open, origin(1)).await.unwrap();
    sessions.open(&somebody_else_s, origin(1)).await.unwrap();
    sessions.end_all(user(1), 5, DAY).await.unwrap();
    sessions.open(&under_way, origin(2)).await.unwrap();
    let later = Session::begin(user(1), 5, 60);
    sessions.open(&later, origin(3)).await.unwrap();
    for (session, is_open) in
        [(open, false), (under_way, false), (later, true), (somebody_else_s, true)]
    {
        assert_eq!(sessions.is_open(&session).await.unwrap(), is_open, "{session:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_session_ends_when_there_would_be_too_many() {
    let (_server, redis, sessions) = start();
    let expired = Session { expires_at_s: 1, ..Session::begin(user(1), 0, 60) };
    sessions.open(&Session::begin(user(1), 0, 60), origin(0)).await.unwrap();
    let mut batch = redis.batch();
    let json =
        r#"{"expiresAtS":1,"method":"PASSWORD","createdAtMs":1,"address":"","userAgent":""}"#;
    batch.hash_set(&format!("session:{}", user(1)), &expired.id.0.to_string(), json);
    batch.send().await.unwrap();
    let mut all = Vec::new();
    for n in 0..SESSIONS_PER_USER_MAX {
        let session = Session::begin(user(1), 0, 60);
        sessions.open(&session, origin(n.try_into().unwrap())).await.unwrap();
        all.push(session);
    }
    let listed = sessions.list(user(1)).await.unwrap();
    assert_eq!(listed.len(), SESSIONS_PER_USER_MAX);
    for session in &all {
        assert!(sessions.is_open(session).await.unwrap());
    }
    let fields = redis.hash_all(&format!("session:{}", user(1))).await.unwrap();
    assert_eq!(fields.len(), SESSIONS_PER_USER_MAX, "expired sessions are removed as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_is_seen_here_at_once_and_elsewhere_within_50_ms() {
    let (_server, redis, here) = start();
    let elsewhere = Sessions::new(redis);
    for round in 0..200 {
        let session = Session::begin(user(1), round, 60);
        here.open(&session, origin(1)).await.unwrap();
        assert!(here.is_open(&session).await.unwrap());
        assert!(elsewhere.is_open(&session).await.unwrap());
        if round % 2 == 0 {
            here.end(user(1), session.id).await.unwrap();
        } else {
            here.end_all(user(1), round + 1, DAY).await.unwrap();
        }
        let ended = Instant::now();
        assert!(!here.is_open(&session).await.unwrap(), "round {round}");
        while elsewhere.is_open(&session).await.unwrap() {
            assert!(ended.elapsed() < Duration::from_millis(50), "round {round}");
        }
    }
}
