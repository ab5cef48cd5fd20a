use crate::desk::{Desk, id};
use crate::group::{NEVER, ids_of, join};
use std::time::Duration;
use streams::GroupBacklog;

fn backlog(pending: u64, unread: u64, oldest: Option<u64>) -> Vec<GroupBacklog> {
    let (group, oldest) = ("g".to_owned(), oldest.map(id));
    vec![GroupBacklog { group, pending, unread: Some(unread), oldest }]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_group_has_before_it_is_what_it_has_not_acknowledged() {
    let desk = Desk::open();
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), []);
    desk.fill("s", 5).await;
    let mut member = join(&desk.redis, "one", NEVER).await;
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), backlog(0, 5, Some(1)));
    let taken = ids_of(&member.next(3, Duration::ZERO).await.unwrap());
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), backlog(3, 2, Some(1)));
    member.acknowledge(&taken[..1]).await.unwrap();
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), backlog(2, 2, Some(2)));
    member.acknowledge(&taken[1..]).await.unwrap();
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), backlog(0, 2, Some(4)));
    let taken = ids_of(&member.next(3, Duration::ZERO).await.unwrap());
    member.acknowledge(&taken).await.unwrap();
    assert_eq!(desk.redis.backlogs("s").await.unwrap(), backlog(0, 0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_tells_of_its_memory_and_of_its_disk() {
    let desk = Desk::open();
    let info = desk.redis.server_info().await.unwrap();
    assert!(info.memory_used > 0 && info.can_persist);
    assert_eq!(info.memory_max, 0);
    desk.command(&["CONFIG", "SET", "maxmemory", "123456789"]);
    assert_eq!(desk.redis.server_info().await.unwrap().memory_max, 123_456_789);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_tells_what_it_may_lose() {
    let desk = Desk::open();
    let info = desk.redis.server_info().await.unwrap();
    assert_eq!((info.evicts(), info.is_append_only), (None, true));
    assert!(info.version.starts_with(|first: char| first.is_ascii_digit()), "{info:?}");
    desk.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    desk.command(&["CONFIG", "SET", "appendonly", "no"]);
    let info = desk.redis.server_info().await.unwrap();
    assert_eq!((info.evicts(), info.is_append_only), (Some("allkeys-lru"), false));
    assert!(info.eviction_problem().unwrap().contains("maxmemory-policy is allkeys-lru"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_of_an_entry_that_was_deleted_until_it_is_trimmed_past_it() {
    let desk = Desk::open();
    desk.fill("s", 5).await;
    let hole = async || desk.redis.stream_info("s").await.unwrap().unwrap().hole();
    desk.redis.trim_before("s", id(2)).await.unwrap();
    assert_eq!(hole().await, None);
    desk.redis.delete_entry("s", id(3)).await.unwrap();
    assert_eq!(hole().await, Some(id(3)));
    desk.redis.trim_before("s", id(4)).await.unwrap();
    assert_eq!(hole().await, None);
}
