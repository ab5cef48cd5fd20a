//! Tests of quotas and lockouts.

use crate::desk::{Desk, eventually, is_unavailable};
use std::time::{Duration, Instant};
use streams::{Lockout, Quota, Redis};

fn quota(text: &str) -> Quota {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_exact_whoever_counts_and_however_many_at_once() {
    let desk = Desk::open();
    let other = Redis::new(&desk.server.url()).unwrap();
    let asked: Vec<_> = (0..200)
        .map(|n| {
            let redis = if n % 2 == 0 { desk.redis.clone() } else { other.clone() };
            tokio::spawn(async move { redis.charge("q", quota("50/3600s")).await.unwrap() })
        })
        .collect();
    let mut remaining = Vec::new();
    for standing in asked {
        let standing = standing.await.unwrap();
        if standing.is_admitted {
            assert_eq!(standing.retry_after, Duration::ZERO);
            remaining.push(standing.remaining);
        } else {
            let next = standing.retry_after;
            assert!(next > Duration::from_mins(1) && next <= Duration::from_secs(72), "{next:?}");
            assert_eq!(standing.remaining, 0);
        }
    }
    remaining.sort_unstable();
    assert_eq!(remaining, (0..50).collect::<Vec<_>>());
    assert!(desk.redis.charge("other", quota("1/1s")).await.unwrap().is_admitted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_comes_back_and_leaves_nothing_behind() {
    let desk = Desk::open();
    let quota = quota("20/1s");
    let started = Instant::now();
    let mut admitted: u32 = 0;
    while started.elapsed() < Duration::from_millis(1_500) {
        admitted += u32::from(desk.redis.charge("q", quota).await.unwrap().is_admitted);
    }
    // Twenty at once, then one every 50 ms for the time that the loop really took.
    let steps = u32::try_from(started.elapsed().as_millis() / 50).unwrap();
    assert!((20 + 20..=20 + steps).contains(&admitted), "{admitted} in {steps} steps");
    eventually(async || desk.redis.get("q").await.unwrap().is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_limit_says_so_instead_of_waiting() {
    let mut desk = Desk::open();
    desk.redis.ping().await.unwrap();
    desk.stop();
    eventually(async || is_unavailable(&desk.redis.ping().await)).await;
    assert!(is_unavailable(&desk.redis.charge("q", quota("1/1s")).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_failing_is_locked_out_for_longer_and_longer() {
    let desk = Desk::open();
    let lockout = Lockout {
        free: 3,
        first: Duration::from_millis(100),
        longest: Duration::from_millis(400),
        memory: Duration::from_mins(1),
    };
    let begin = async || desk.redis.begin_attempt("a", lockout).await.unwrap();
    for _ in 0..3 {
        assert_eq!(begin().await, None);
    }
    let mut locks = Vec::new();
    for _ in 0..4 {
        let locked = begin().await.expect("the third attempt locks, and so does each after it");
        locks.push(locked.as_millis());
        eventually(async || begin().await.is_none()).await;
    }
    for (lock, longest) in locks.iter().zip([100, 200, 400, 400]) {
        assert!(*lock <= longest && *lock > longest / 2, "{locks:?}");
    }
    desk.redis.forget_attempts("a").await.unwrap();
    assert_eq!(begin().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_at_once_are_no_way_round_a_lock() {
    let desk = Desk::open();
    let minute = Duration::from_mins(1);
    let lockout = Lockout { free: 5, first: minute, longest: minute, memory: minute };
    let attempts: Vec<_> = (0..1_000)
        .map(|_| {
            let redis = desk.redis.clone();
            tokio::spawn(async move { redis.begin_attempt("a", lockout).await.unwrap() })
        })
        .collect();
    let mut begun = 0;
    for attempt in attempts {
        begun += usize::from(attempt.await.unwrap().is_none());
    }
    assert_eq!(begun, 5);
    // Taking back an attempt removes the lock and uncounts the attempt.
    desk.redis.take_back_attempt("a").await.unwrap();
    assert_eq!(desk.redis.begin_attempt("a", lockout).await.unwrap(), None);
    assert!(desk.redis.begin_attempt("a", lockout).await.unwrap().is_some());
}
