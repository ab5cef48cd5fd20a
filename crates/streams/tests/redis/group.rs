use crate::desk::{Desk, append_all, eventually, fields, id, ids, is_unavailable, within_patience};
use messages::EntryId;
use std::collections::BTreeSet;
use std::time::Duration;
use streams::{Delivery, Group, GroupConfig, Redis};

pub const BLOCK: Duration = Duration::from_millis(100);
/// The `claim_idle` of tests that are not about claiming.
pub const NEVER: Duration = Duration::from_hours(1);

pub async fn join(redis: &Redis, consumer: &str, claim_idle: Duration) -> Group {
    let (group, consumer) = ("g".to_owned(), consumer.to_owned());
    Group::join(redis, "s", GroupConfig { confirmed: false, group, consumer, claim_idle })
        .await
        .unwrap()
}

pub fn ids_of(deliveries: &[Delivery]) -> Vec<EntryId> {
    deliveries.iter().map(|delivery| delivery.entry.id).collect()
}

/// Waits for the next deliveries.
pub async fn some(group: &mut Group) -> Vec<Delivery> {
    within_patience(async {
        loop {
            let deliveries = group.next(10, BLOCK).await.unwrap();
            if !deliveries.is_empty() {
                return deliveries;
            }
        }
    })
    .await
}

fn pending(desk: &Desk) -> i64 {
    match desk.command(&["XPENDING", "s", "g"]) {
        redis::Value::Array(summary) => redis::from_redis_value(summary[0].clone()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_goes_to_one_member_and_the_oldest_come_first() {
    let desk = Desk::open();
    desk.fill("s", 5).await;
    let mut one = join(&desk.redis, "one", NEVER).await;
    let mut two = join(&desk.redis, "two", NEVER).await;
    let of_one = one.next(3, Duration::ZERO).await.unwrap();
    let of_two = two.next(3, Duration::ZERO).await.unwrap();
    assert_eq!((ids_of(&of_one), ids_of(&of_two)), (ids(1..=3), ids(4..=5)));
    assert_eq!(of_one[0].entry.fields, fields(1));
    assert!(of_one.iter().chain(&of_two).all(|delivery| delivery.deliveries == 1));
    one.acknowledge(&ids_of(&of_one)).await.unwrap();
    two.acknowledge(&ids_of(&of_two)).await.unwrap();
    two.acknowledge(&ids_of(&of_two)).await.unwrap();
    assert_eq!(pending(&desk), 0);
    assert!(one.next(3, BLOCK).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_waits_gets_what_comes() {
    let desk = Desk::open();
    let mut group = join(&desk.redis, "one", NEVER).await;
    let (deliveries, ()) = tokio::join!(group.next(10, NEVER), desk.fill("s", 1));
    assert_eq!(ids_of(&deliveries.unwrap()), ids(1..=1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_member_first_gets_what_it_left() {
    let desk = Desk::open();
    desk.fill("s", 30).await;
    let mut before = join(&desk.redis, "one", NEVER).await;
    let read = before.next(25, Duration::ZERO).await.unwrap();
    before.acknowledge(&ids_of(&read)[..5]).await.unwrap();
    drop(before);
    let mut after = join(&desk.redis, "one", NEVER).await;
    let mut seen = Vec::new();
    while seen.len() < 25 {
        for delivery in after.next(7, Duration::ZERO).await.unwrap() {
            let is_new = delivery.entry.id > id(25);
            assert_eq!(delivery.deliveries, if is_new { 1 } else { 2 });
            seen.push(delivery.entry.id);
        }
    }
    assert_eq!(seen, ids(6..=30), "once each: delivered entries are not delivered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_member_left_goes_to_another() {
    let desk = Desk::open();
    desk.fill("s", 25).await;
    let mut dead = join(&desk.redis, "dead", NEVER).await;
    assert_eq!(dead.next(25, Duration::ZERO).await.unwrap().len(), 25);
    drop(dead);
    let mut heir = join(&desk.redis, "heir", Duration::from_millis(300)).await;
    assert!(heir.next(10, Duration::ZERO).await.unwrap().is_empty(), "not yet idle");
    let mut seen = BTreeSet::new();
    while seen.len() < 25 {
        let deliveries = some(&mut heir).await;
        assert!(deliveries.iter().all(|delivery| delivery.deliveries == 2));
        heir.acknowledge(&ids_of(&deliveries)).await.unwrap();
        seen.extend(ids_of(&deliveries));
    }
    assert_eq!(pending(&desk), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_only_member_forgot_comes_again() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    let mut group = join(&desk.redis, "one", Duration::from_millis(200)).await;
    assert_eq!(group.next(10, Duration::ZERO).await.unwrap().len(), 1);
    let again = some(&mut group).await;
    assert_eq!((ids_of(&again), again[0].deliveries), (ids(1..=1), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_deleted_while_pending_leave_the_list_and_do_no_harm() {
    let desk = Desk::open();
    desk.fill("s", 4).await;
    let mut before = join(&desk.redis, "one", NEVER).await;
    before.next(3, Duration::ZERO).await.unwrap();
    desk.command(&["XDEL", "s", "1-1", "1-3"]);
    let mut after = join(&desk.redis, "one", NEVER).await;
    assert_eq!(ids_of(&some(&mut after).await), ids(2..=2));
    assert_eq!(ids_of(&some(&mut after).await), ids(4..=4));
    assert_eq!(pending(&desk), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_deleted_with_its_stream_is_made_again() {
    let desk = Desk::open();
    let mut group = join(&desk.redis, "one", NEVER).await;
    desk.fill("s", 2).await;
    assert_eq!(some(&mut group).await.len(), 2);
    desk.command(&["FLUSHALL"]);
    assert!(group.next(10, Duration::ZERO).await.unwrap().is_empty());
    desk.fill("s", 1).await;
    assert_eq!(ids_of(&some(&mut group).await), ids(1..=1));

    // The same during a blocking read.
    let refill = async {
        eventually(async || blocked_clients(&desk) == 1).await;
        desk.command(&["FLUSHALL"]);
        desk.fill("s", 3).await;
    };
    let (deliveries, ()) = within_patience(async { tokio::join!(some(&mut group), refill) }).await;
    assert_eq!(ids_of(&deliveries)[0], id(1));
}

fn blocked_clients(desk: &Desk) -> usize {
    let info: String = redis::from_redis_value(desk.command(&["INFO", "clients"])).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("blocked_clients:"));
    line.unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_redis_restarts_in_the_middle() {
    const COUNT: u64 = 2_000;
    let mut desk = Desk::open();
    let writer = tokio::spawn(append_all(desk.redis.clone(), "s", COUNT));
    let mut group = join(&desk.redis, "one", NEVER).await;
    let redis = desk.redis.clone();
    let worker = tokio::spawn(within_patience(async move {
        let mut done = BTreeSet::new();
        while done.len() < usize::try_from(COUNT).unwrap() {
            let Ok(deliveries) = group.next(20, BLOCK).await else { continue };
            let ids = ids_of(&deliveries);
            while is_unavailable(&group.acknowledge(&ids).await) {}
            done.extend(ids);
        }
        redis.ping().await.unwrap();
    }));
    for part in 1..=3 {
        eventually(async || {
            let info = desk.redis.stream_info("s").await;
            info.is_ok_and(|info| info.is_some_and(|info| info.length >= part * COUNT / 5))
        })
        .await;
        desk.restart();
    }
    writer.await.unwrap();
    worker.await.unwrap();
    assert_eq!(pending(&desk), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_loses_nothing() {
    const COUNT: u64 = 300;
    let desk = Desk::open();
    let mut group = join(&desk.redis, "one", Duration::from_secs(1)).await;
    let writer = tokio::spawn(append_all(desk.redis.clone(), "s", COUNT));
    let mut done = BTreeSet::new();
    let (mut cancelled, mut turn) = (0, 0_u32);
    within_patience(async {
        while done.len() < usize::try_from(COUNT).unwrap() {
            turn += 1;
            let patience = match turn % 5 {
                0 => BLOCK,
                // No answer comes before the first look at it, however fast Redis is.
                1 => Duration::ZERO,
                _ => Duration::from_micros(500),
            };
            match tokio::time::timeout(patience, group.next(3, NEVER)).await {
                Ok(deliveries) => {
                    let ids = ids_of(&deliveries.unwrap());
                    group.acknowledge(&ids).await.unwrap();
                    done.extend(ids);
                }
                Err(_) => cancelled += 1,
            }
        }
    })
    .await;
    assert!(cancelled > 0);
    writer.await.unwrap();
    assert_eq!(done, BTreeSet::from_iter(ids(1..=COUNT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_without_redis_is_an_error_that_passes() {
    let mut desk = Desk::open();
    desk.stop();
    let config = GroupConfig {
        confirmed: false,
        group: "g".to_owned(),
        consumer: "one".to_owned(),
        claim_idle: NEVER,
    };
    assert!(is_unavailable(&Group::join(&desk.redis, "s", config).await));
}
