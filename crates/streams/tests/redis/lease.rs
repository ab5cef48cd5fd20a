use crate::desk::{Desk, eventually, fields, id};
use messages::{EntryId, Shard};
use std::time::Duration;
use streams::{FenceError, Lease};

const TTL: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_mins(1);

fn lease(desk: &Desk, holder: &str, ttl: Duration) -> Lease {
    Lease::new(&desk.redis, Shard::ONLY, "test", holder, ttl)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_has_it_until_it_expires_or_is_released_and_epochs_only_grow() {
    let desk = Desk::open();
    let (a, b) = (lease(&desk, "a", TTL), lease(&desk, "b", LONG));
    let first = a.acquire(0).await.unwrap().unwrap();
    assert_eq!(b.acquire(0).await.unwrap(), None);
    assert!(a.renew(&first).await.unwrap());
    let mut second = None;
    eventually(async || {
        second = b.acquire(0).await.unwrap();
        second.is_some()
    })
    .await;
    let second = second.unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    assert!(!a.renew(&first).await.unwrap(), "another holder has the lease");
    a.release().await.unwrap();
    assert!(b.renew(&second).await.unwrap(), "a process can't release another holder's lease");
    b.release().await.unwrap();
    // A holder that knows of later epochs, such as from a database, begins above them.
    assert_eq!(a.acquire(100).await.unwrap().unwrap().number, 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_expired_unnoticed_is_still_its_epochs() {
    let desk = Desk::open();
    let a = lease(&desk, "a", LONG);
    let epoch = a.acquire(0).await.unwrap().unwrap();
    desk.command(&["DEL", "test:lease"]);
    assert!(a.renew(&epoch).await.unwrap());
    assert_eq!(lease(&desk, "b", LONG).acquire(0).await.unwrap(), None);
    // The reply to an attempt was lost: the next one succeeds, in a new epoch.
    assert_eq!(a.acquire(0).await.unwrap().unwrap().number, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_epoch_writes_after_the_next_has_begun_is_refused() {
    let desk = Desk::open();
    let (a, b) = (lease(&desk, "a", LONG), lease(&desk, "b", LONG));
    let first = a.acquire(0).await.unwrap().unwrap();
    let mut writer = a.writer(&first).await.unwrap();
    for seq in 1..=3 {
        let mut batch = desk.redis.batch();
        batch.append_at("s", id(seq), &fields(seq));
        writer.send(&mut batch).await.unwrap();
    }
    assert_eq!(writer.last_id("s").await.unwrap(), id(3));
    assert_eq!(writer.entry("s", id(2)).await.unwrap().unwrap().fields, fields(2));

    a.release().await.unwrap();
    let second = b.acquire(0).await.unwrap().unwrap();
    let mut batch = desk.redis.batch();
    batch.append_at("s", id(4), &fields(4)).publish("c", "m");
    for _ in 0..2 {
        assert_eq!(writer.send(&mut batch).await.unwrap_err(), FenceError::Fenced);
        assert_eq!(batch.len(), 2, "commands that were not written stay in the batch");
    }
    assert!(matches!(a.writer(&first).await, Err(FenceError::Fenced)));
    assert_eq!(desk.redis.last_id("s").await.unwrap(), id(3));
    b.writer(&second).await.unwrap().send(&mut batch).await.unwrap();
    assert_eq!(desk.redis.last_id("s").await.unwrap(), id(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_does_not_outlive_its_connection() {
    let mut desk = Desk::open();
    let a = lease(&desk, "a", LONG);
    let epoch = a.acquire(0).await.unwrap().unwrap();
    let mut writer = a.writer(&epoch).await.unwrap();
    desk.restart();
    let mut batch = desk.redis.batch();
    batch.append_at("s", id(1), &fields(1));
    for _ in 0..2 {
        let error = writer.send(&mut batch).await.unwrap_err();
        assert!(matches!(error, FenceError::Redis(_)), "{error}");
    }
    assert_eq!(desk.redis.last_id("s").await.unwrap(), EntryId::MIN);
    a.writer(&epoch).await.unwrap().send(&mut batch).await.unwrap();
    assert_eq!(desk.redis.last_id("s").await.unwrap(), id(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_holder_speaks_while_somebody_holds_it() {
    let desk = Desk::open();
    let (a, b) = (lease(&desk, "a", LONG), lease(&desk, "b", LONG));
    assert!(b.set_expiring("k", "before", LONG).await.unwrap());
    a.acquire(0).await.unwrap().unwrap();
    assert!(!b.set_expiring("k", "meanwhile", LONG).await.unwrap());
    assert!(a.set_expiring("k", "held", LONG).await.unwrap());
    assert_eq!(desk.redis.get("k").await.unwrap().as_deref(), Some("held"));
}
