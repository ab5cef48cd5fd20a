//! Tests of failing entries: retries and dead letters.

use crate::desk::{Desk, field, fields, id, ids, within_patience};
use crate::group::{BLOCK, NEVER, ids_of, join, some};
use messages::EntryId;
use std::time::{Duration, Instant};
use streams::{DELIVERIES_MAX, Failure};

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_fails_five_times_becomes_a_dead_letter() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    let mut group = join(&desk.redis, "one", NEVER).await;
    let started = Instant::now();
    for count in 1..=DELIVERIES_MAX {
        let deliveries = some(&mut group).await;
        assert_eq!((ids_of(&deliveries), deliveries[0].deliveries), (ids(1..=1), count));
        let failure = group.fail(&deliveries[0], &format!("reason {count}")).await.unwrap();
        let is_last = count == DELIVERIES_MAX;
        assert_eq!(failure, if is_last { Failure::DeadLettered } else { Failure::WillRetry });
    }
    assert!(started.elapsed() >= Duration::from_secs(3), "it waits between attempts");
    assert!(group.next(10, BLOCK).await.unwrap().is_empty());

    let dead = desk.redis.read_range("s:dead", EntryId::MIN, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    let is_original = |(name, value): (&str, &[u8])| {
        dead[0].fields.iter().any(|(other, found)| (other, found) == (name, value))
    };
    assert!(fields(1).iter().all(is_original));
    assert_eq!(field(&dead[0], "error").as_deref(), Some("reason 5"));
    assert_eq!(field(&dead[0], "originalId").as_deref(), Some("1-1"));
    assert_eq!(field(&dead[0], "group").as_deref(), Some("g"));
    let failed_at: u64 = field(&dead[0], "failedAt").unwrap().parse().unwrap();
    assert!(failed_at.abs_diff(dead[0].id.ms) < 60_000);
    // It was acknowledged, and the entry itself stays for other readers of the stream.
    assert_eq!(desk.redis.trim_acknowledged("s").await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hopeless_entry_is_given_up_at_once() {
    let desk = Desk::open();
    desk.fill("s", 2).await;
    let mut group = join(&desk.redis, "one", NEVER).await;
    let deliveries = some(&mut group).await;
    group.give_up(&deliveries[0], "hopeless").await.unwrap();
    let dead = desk.redis.read_range("s:dead", EntryId::MIN, 10).await.unwrap();
    assert_eq!(field(&dead[0], "error").as_deref(), Some("hopeless"));
    assert_eq!(field(&dead[0], "originalId").as_deref(), Some("1-1"));
    assert!(group.next(10, BLOCK).await.unwrap().is_empty(), "it is not delivered again");
    assert_eq!(desk.redis.trim_acknowledged("s").await.unwrap(), 1, "the other one stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_of_failures_survives_the_process() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    for count in 1..=DELIVERIES_MAX {
        let mut group = join(&desk.redis, "one", NEVER).await;
        let deliveries = group.next(10, Duration::ZERO).await.unwrap();
        assert_eq!(deliveries[0].deliveries, count);
        group.fail(&deliveries[0], "no").await.unwrap();
    }
    assert_eq!(desk.ids("s:dead").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_entry_does_not_hold_up_the_others() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    let mut group = join(&desk.redis, "one", NEVER).await;
    let bad = some(&mut group).await;
    assert_eq!(group.fail(&bad[0], "no").await.unwrap(), Failure::WillRetry);
    desk.fill_from("s", 2, 50).await;
    let next = group.next(100, Duration::ZERO).await.unwrap();
    assert_eq!(ids_of(&next), ids(2..=50), "while the bad one waits");
    group.acknowledge(&ids_of(&next)).await.unwrap();
    assert_eq!(ids_of(&some(&mut group).await), ids(1..=1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_member_wakes_up_for_the_retry() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    let mut group = join(&desk.redis, "one", NEVER).await;
    let first = some(&mut group).await;
    group.fail(&first[0], "no").await.unwrap();
    let again = within_patience(group.next(10, NEVER)).await.unwrap();
    assert_eq!((ids_of(&again), again[0].deliveries), (ids(1..=1), 2));
    group.acknowledge(&[id(1)]).await.unwrap();
    assert!(group.next(10, BLOCK).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_can_t_be_written_is_not_acknowledged() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    let mut group = join(&desk.redis, "one", NEVER).await;
    let mut last = some(&mut group).await.remove(0);
    for _ in 1..DELIVERIES_MAX {
        group.fail(&last, "no").await.unwrap();
        last = some(&mut group).await.remove(0);
    }
    desk.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = group.fail(&last, "no").await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    desk.command(&["CONFIG", "SET", "maxmemory", "0"]);
    let again = some(&mut group).await.remove(0);
    assert_eq!(again.deliveries, DELIVERIES_MAX + 1);
    assert_eq!(group.fail(&again, "no").await.unwrap(), Failure::DeadLettered);
    assert_eq!(desk.ids("s:dead").await.len(), 1);
}
