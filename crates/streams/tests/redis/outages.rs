use crate::desk::{Desk, eventually, fields, ids, is_unavailable, within_patience};
use std::time::{Duration, Instant};
use streams::{Error, Redis};

/// The longest time for a command to fail while Redis is unavailable.
const FAILS_WITHIN: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn commands_fail_fast_while_redis_is_away_and_work_when_it_is_back() {
    let mut desk = Desk::open();
    desk.fill("s", 3).await;
    desk.stop();
    for _ in 0..5 {
        let started = Instant::now();
        let error = desk.redis.append("s", &fields(4)).await.unwrap_err();
        assert!(started.elapsed() < FAILS_WITHIN);
        assert!(error.is_transient(), "{error}");
    }
    let error = desk.redis.append("s", &fields(4)).await.unwrap_err();
    assert!(!error.maybe_executed(), "there was no connection to send it on");
    desk.start();
    eventually(async || desk.redis.ping().await.is_ok()).await;
    assert_eq!(desk.ids("s").await, ids(1..=3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_waits_for_one_attempt_and_not_in_line() {
    let mut desk = Desk::open();
    desk.redis.ping().await.unwrap();
    desk.stop();
    let started = Instant::now();
    let crowd: Vec<_> = (0..500)
        .map(|_| {
            let redis = desk.redis.clone();
            tokio::spawn(async move { redis.ping().await })
        })
        .collect();
    for one in crowd {
        assert!(is_unavailable(&one.await.unwrap()));
    }
    assert!(started.elapsed() < FAILS_WITHIN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_commands_is_not_noticed() {
    let mut desk = Desk::open();
    for _ in 0..5 {
        desk.redis.ping().await.unwrap();
        desk.restart();
        desk.redis.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_gets_no_answer_may_have_been_executed() {
    let desk = Desk::open();
    desk.redis.ping().await.unwrap();
    desk.server.pause();
    let error = within_patience(desk.redis.append("s", &fields(1))).await.unwrap_err();
    assert!(error.is_transient() && error.maybe_executed(), "{error}");
    let error = within_patience(desk.redis.append("s", &fields(1))).await.unwrap_err();
    assert!(error.is_transient() && !error.maybe_executed(), "{error}");
    desk.server.resume();
    eventually(async || desk.redis.ping().await.is_ok()).await;
    // It was in transit when the server froze, and was not sent again.
    eventually(async || desk.ids("s").await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_a_refusal() {
    let desk = Desk::open();
    desk.command(&["CONFIG", "SET", "requirepass", "right"]);
    let url = |password: &str| desk.server.url().replace("//", &format!("//:{password}@"));
    let error = Redis::new(&url("wrong")).unwrap().ping().await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)) && !error.is_transient(), "{error}");
    Redis::new(&url("right")).unwrap().ping().await.unwrap();
}
