use crate::desk::{Desk, fields, id, ids};
use messages::EntryId;
use std::time::Duration;
use streams::{Group, GroupConfig, PendingEntry};

async fn join(desk: &Desk, consumer: &str) -> Group {
    let (group, consumer) = ("g".to_owned(), consumer.to_owned());
    let config =
        GroupConfig { confirmed: false, group, consumer, claim_idle: Duration::from_mins(10) };
    Group::join(&desk.redis, "s", config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_stream_goes_on_where_the_original_stood() {
    let desk = Desk::open();
    desk.fill("s", 9).await;
    let (mut a, mut b) = (join(&desk, "a").await, join(&desk, "b").await);
    let taken = a.next(3, Duration::ZERO).await.unwrap();
    a.acknowledge(&[taken[0].entry.id, taken[1].entry.id]).await.unwrap();
    assert_eq!(b.next(2, Duration::ZERO).await.unwrap().len(), 2);
    desk.redis.trim_acknowledged("s").await.unwrap();
    let info = desk.redis.stream_info("s").await.unwrap().unwrap();
    let group = desk.redis.groups("s").await.unwrap().pop().unwrap();
    assert_eq!(group.consumers, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!((group.pending, group.lag), (3, Some(4)));
    assert_eq!((group.oldest_pending, group.last_delivered), (Some(id(3)), id(5)));
    let pending = desk.redis.pending_entries("s", "g", EntryId::MIN, 10).await.unwrap();
    let of = |seq, consumer: &str| PendingEntry {
        id: id(seq),
        consumer: consumer.to_owned(),
        deliveries: 1,
    };
    assert_eq!(pending, [of(3, "a"), of(4, "b"), of(5, "b")]);
    let entries = desk.redis.read_range("s", EntryId::MIN, 100).await.unwrap();

    desk.redis.remove_everything().await.unwrap();
    assert_eq!(desk.redis.key_count().await.unwrap(), 0);
    desk.redis.refill("s", &entries).await.unwrap();
    desk.redis.continue_as("s", &info).await.unwrap();
    desk.redis.continue_group("s", &group, &pending).await.unwrap();
    assert_eq!(desk.redis.stream_info("s").await.unwrap().unwrap(), info);
    assert_eq!(desk.redis.groups("s").await.unwrap(), [group]);
    assert_eq!(desk.redis.pending_entries("s", "g", EntryId::MIN, 10).await.unwrap(), pending);
    let new = join(&desk, "c").await.next(10, Duration::ZERO).await.unwrap();
    let new: Vec<_> = new.into_iter().map(|delivery| delivery.entry.id).collect();
    assert_eq!(new, ids(6..=9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_which_nothing_is_left_is_continued_as_well() {
    let desk = Desk::open();
    desk.fill("s", 3).await;
    desk.redis.trim_before("s", id(4)).await.unwrap();
    let info = desk.redis.stream_info("s").await.unwrap().unwrap();
    desk.redis.remove_everything().await.unwrap();
    desk.redis.refill("s", &[]).await.unwrap();
    desk.redis.continue_as("s", &info).await.unwrap();
    let again = desk.redis.stream_info("s").await.unwrap().unwrap();
    assert_eq!((again.last_generated_id, again.entries_added), (id(3), 3));
    assert_eq!(again.length, 0);
    let mut batch = desk.redis.batch();
    batch.append_at("s", id(3), &fields(3));
    assert_eq!(batch.send().await.unwrap().already_there, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_may_have_a_gap_before_it_is_none() {
    let desk = Desk::open();
    desk.fill("s", 9).await;
    let page = desk.redis.read_on("s", id(3), 2).await.unwrap().unwrap();
    assert_eq!(page.iter().map(|entry| entry.id).collect::<Vec<_>>(), ids(4..=5));
    assert_eq!(desk.redis.read_on("s", EntryId::MIN, 100).await.unwrap().unwrap().len(), 9);
    desk.redis.trim_before("s", id(5)).await.unwrap();
    assert_eq!(desk.redis.read_on("s", id(4), 2).await.unwrap(), None);
    assert_eq!(desk.redis.read_on("s", id(5), 100).await.unwrap().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_found_by_pattern_and_type() {
    let desk = Desk::open();
    desk.fill("s:1", 1).await;
    let minute = Duration::from_mins(1);
    let mut batch = desk.redis.batch();
    for n in 0..2_500 {
        batch.set_expiring(&format!("t:{n}"), "1", minute);
    }
    batch.send().await.unwrap();
    assert_eq!(desk.redis.keys("*", Some("stream")).await.unwrap(), ["s:1"]);
    assert_eq!(desk.redis.keys("t:*", None).await.unwrap().len(), 2_500);
    assert_eq!(desk.redis.key_count().await.unwrap(), 2_501);
    assert!(desk.redis.expires_in("t:1").await.unwrap().unwrap() <= minute);
    assert_eq!(desk.redis.expires_in("s:1").await.unwrap(), None);
    assert!(desk.redis.memory("s:1").await.unwrap().unwrap() > 0);
    assert_eq!(desk.redis.memory("nothing").await.unwrap(), None);
    assert!(desk.redis.server_version().await.unwrap().contains('.'));
    assert_eq!(desk.redis.last_entry("s:1").await.unwrap().unwrap().id, id(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_moved_once() {
    let desk = Desk::open();
    desk.fill("a", 2).await;
    let moved = desk.redis.move_entry("a", id(1), "b", &fields(7)).await.unwrap().unwrap();
    assert_eq!(desk.redis.entry("b", moved).await.unwrap().unwrap().fields, fields(7));
    assert_eq!(desk.redis.move_entry("a", id(1), "b", &fields(7)).await.unwrap(), None);
    assert_eq!((desk.ids("a").await, desk.ids("b").await), (ids(2..=2), vec![moved]));
    assert!(desk.redis.delete_entry("a", id(2)).await.unwrap());
    assert!(!desk.redis.delete_entry("a", id(2)).await.unwrap());
}
