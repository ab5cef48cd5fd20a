//! Tests of things to do at their times.

use crate::desk::{Desk, is_unavailable};
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_taken_once_and_again_if_it_is_not_done() {
    let desk = Desk::open();
    let redis = &desk.redis;
    for (what, at_ms) in [("late", 2_000), ("early", 1_000), ("next", 3_000), ("late", 1_500)] {
        redis.schedule("s", what, at_ms).await.unwrap();
    }
    let due = async |now_ms| redis.take_due("s", now_ms, LEASE).await.unwrap();
    assert_eq!(due(999).await, [""; 0]);
    assert_eq!(due(1_500).await, ["early", "late"]);
    assert_eq!(due(1_500).await, [""; 0], "another process has taken them");
    redis.scheduled_is_done("s", "early", 1_500, LEASE).await.unwrap();
    assert_eq!(due(11_500).await, ["next", "late"], "the one that is not done is due again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_to_another_time_while_it_is_done_stays() {
    let desk = Desk::open();
    let redis = &desk.redis;
    redis.schedule("s", "renewed", 1_000).await.unwrap();
    redis.schedule("s", "dropped", 1_000).await.unwrap();
    let due = async |now_ms| redis.take_due("s", now_ms, LEASE).await.unwrap();
    assert_eq!(due(1_000).await.len(), 2);
    redis.schedule("s", "renewed", 5_000).await.unwrap();
    redis.unschedule("s", "dropped").await.unwrap();
    for what in ["renewed", "dropped"] {
        redis.scheduled_is_done("s", what, 1_000, LEASE).await.unwrap();
    }
    assert_eq!(due(5_000).await, ["renewed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_are_taken_at_once() {
    let mut desk = Desk::open();
    for n in 0..101 {
        desk.redis.schedule("s", &n.to_string(), n).await.unwrap();
    }
    assert_eq!(desk.redis.take_due("s", 1_000, LEASE).await.unwrap().len(), 100);
    assert_eq!(desk.redis.take_due("s", 1_000, LEASE).await.unwrap(), ["100"]);
    desk.stop();
    crate::desk::eventually(async || is_unavailable(&desk.redis.take_due("s", 1, LEASE).await))
        .await;
}
