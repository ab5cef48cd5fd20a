use crate::desk::{Desk, append_all, fields, id, ids, within_patience};
use messages::EntryId;
use std::time::{Duration, Instant};
use streams::{LogError, LogReader, StreamCursor};

const BLOCK: Duration = Duration::from_millis(200);

fn after(stream: &str, after: EntryId) -> StreamCursor {
    StreamCursor { stream: stream.to_owned(), after, continuous: true, last: None }
}

async fn read_to(log: &mut LogReader, last: EntryId) -> Vec<EntryId> {
    within_patience(async {
        let mut read = Vec::new();
        while read.last() != Some(&last) {
            read.extend(log.next(100, BLOCK).await.unwrap().into_iter().map(|(_, e)| e.id));
        }
        read
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn several_streams_are_read_each_from_its_position() {
    let desk = Desk::open();
    desk.fill("a", 5).await;
    desk.fill("b", 3).await;
    let mut log = LogReader::new(&desk.redis, vec![after("a", id(2)), after("b", EntryId::MIN)]);
    let read = log.next(2, Duration::ZERO).await.unwrap();
    let read: Vec<_> = read.into_iter().map(|(index, entry)| (index, entry.id)).collect();
    assert_eq!(read, [(0, id(3)), (0, id(4)), (1, id(1)), (1, id(2))]);
    assert_eq!((log.positions()[0].after, log.positions()[1].after), (id(4), id(2)));
    let read = log.next(2, Duration::ZERO).await.unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].1.fields, fields(3));
    assert!(log.next(2, Duration::ZERO).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_what_comes_and_no_longer_than_told() {
    let desk = Desk::open();
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    let started = Instant::now();
    assert!(log.next(10, BLOCK).await.unwrap().is_empty());
    assert!(started.elapsed() >= BLOCK);
    let (read, ()) = tokio::join!(log.next(10, crate::desk::PATIENCE), desk.fill("s", 1));
    assert_eq!(read.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_seen_twice_when_redis_restarts_in_the_middle() {
    const COUNT: u64 = 3_000;
    let mut desk = Desk::open();
    let writer = tokio::spawn(append_all(desk.redis.clone(), "s", COUNT));
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    let reader = tokio::spawn(async move { read_to(&mut log, id(COUNT)).await });
    for part in 1..=3 {
        crate::desk::eventually(async || {
            let info = desk.redis.stream_info("s").await;
            info.is_ok_and(|info| info.is_some_and(|info| info.length >= part * COUNT / 5))
        })
        .await;
        desk.restart();
    }
    writer.await.unwrap();
    assert_eq!(reader.await.unwrap(), ids(1..=COUNT));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_it_returns_nothing_in_time_and_then_goes_on() {
    let mut desk = Desk::open();
    desk.fill("s", 1).await;
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    read_to(&mut log, id(1)).await;
    assert!(log.is_connected());
    desk.stop();
    for _ in 0..5 {
        let started = Instant::now();
        assert!(log.next(10, BLOCK).await.unwrap().is_empty());
        assert!(started.elapsed() >= BLOCK, "a loop around it must not spin");
        assert!(started.elapsed() < BLOCK + Duration::from_secs(1));
        assert!(!log.is_connected());
    }
    desk.start();
    desk.redis.append("s", &fields(2)).await.unwrap();
    within_patience(async { while log.next(10, BLOCK).await.unwrap().is_empty() {} }).await;
    assert!(log.is_connected());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lost_its_data_is_an_error_even_when_it_has_newer_entries() {
    let mut desk = Desk::open();
    desk.fill("s", 5).await;
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    read_to(&mut log, id(5)).await;
    desk.lose_the_data();
    desk.redis.append("s", &fields(9)).await.unwrap();
    let lost = LogError::HistoryLost { stream: "s".to_owned(), id: id(5) };
    for _ in 0..3 {
        assert_eq!(log.next(10, BLOCK).await.unwrap_err(), lost, "the error persists");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_trimmed_past_the_position_is_an_error_where_it_matters() {
    let desk = Desk::open();
    desk.fill("s", 10).await;
    desk.redis.trim_before("s", id(5)).await.unwrap();
    let lost = LogError::HistoryLost { stream: "s".to_owned(), id: id(4) };
    let mut log = LogReader::new(&desk.redis, vec![after("s", id(4))]);
    assert_eq!(log.next(10, BLOCK).await.unwrap_err(), lost);
    // The entry at the position itself is kept: `trim_before` takes the oldest entry to keep.
    let mut log = LogReader::new(&desk.redis, vec![after("s", id(5))]);
    assert_eq!(read_to(&mut log, id(10)).await, ids(6..=10));
    let position = StreamCursor { continuous: false, ..after("s", id(2)) };
    let mut log = LogReader::new(&desk.redis, vec![position]);
    assert_eq!(read_to(&mut log, id(10)).await, ids(5..=10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_trimmed_past_the_position_meanwhile_is_an_error_as_well() {
    let desk = Desk::open();
    desk.fill("s", 5).await;
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    assert_eq!(read_to(&mut log, id(5)).await, ids(1..=5));
    desk.fill_from("s", 6, 10).await;
    // The connection is the same, so nothing is verified anew.
    desk.redis.trim_before("s", id(5)).await.unwrap();
    assert_eq!(log.next(2, BLOCK).await.unwrap().len(), 2);
    desk.redis.trim_before("s", id(9)).await.unwrap();
    let lost = LogError::HistoryLost { stream: "s".to_owned(), id: id(7) };
    for _ in 0..2 {
        assert_eq!(log.next(10, BLOCK).await.unwrap_err(), lost, "the error persists");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_in_the_stream_after_a_restart_is_fine() {
    let mut desk = Desk::open();
    desk.fill("s", 5).await;
    let mut log = LogReader::new(&desk.redis, vec![after("s", id(3))]);
    read_to(&mut log, id(5)).await;
    desk.restart();
    assert!(log.next(10, BLOCK).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_loses_nothing() {
    const COUNT: u64 = 500;
    let desk = Desk::open();
    let writer = tokio::spawn(append_all(desk.redis.clone(), "s", COUNT));
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    let mut read = Vec::new();
    let (mut cancelled, mut turn) = (0, 0_u32);
    within_patience(async {
        while read.len() < usize::try_from(COUNT).unwrap() {
            turn += 1;
            let next = log.next(3, Duration::from_mins(1));
            // No answer comes before the first look at it, however fast Redis is.
            let micros = if turn.is_multiple_of(5) { 0 } else { 300 };
            match tokio::time::timeout(Duration::from_micros(micros), next).await {
                Ok(entries) => read.extend(entries.unwrap().into_iter().map(|(_, e)| e.id)),
                // A cancelled read must not delay the next one by its minute.
                Err(_) => cancelled += 1,
            }
            if cancelled % 50 == 49 {
                read.extend(log.next(3, BLOCK).await.unwrap().into_iter().map(|(_, e)| e.id));
            }
        }
    })
    .await;
    assert!(cancelled > 0);
    assert_eq!(read, ids(1..=COUNT));
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_error() {
    let desk = Desk::open();
    desk.redis.set_expiring("s", "v", Duration::from_mins(1)).await.unwrap();
    let mut log = LogReader::new(&desk.redis, vec![after("s", EntryId::MIN)]);
    assert!(matches!(log.next(1, BLOCK).await, Err(LogError::Redis(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_told_the_last_entry_notices_another_one_in_its_place() {
    let desk = Desk::open();
    desk.fill("s", 5).await;
    let known = desk.redis.entry("s", id(3)).await.unwrap();
    let position = StreamCursor { last: known.clone(), ..after("s", id(3)) };
    let mut log = LogReader::new(&desk.redis, vec![position]);
    assert_eq!(read_to(&mut log, id(5)).await, ids(4..=5));

    let other = desk.redis.entry("s", id(4)).await.unwrap().unwrap();
    let other = streams::Entry { id: id(3), ..other };
    assert_ne!(Some(&other), known.as_ref());
    let position = StreamCursor { last: Some(other), ..after("s", id(3)) };
    let mut log = LogReader::new(&desk.redis, vec![position]);
    let lost = LogError::HistoryLost { stream: "s".to_owned(), id: id(3) };
    assert_eq!(log.next(10, BLOCK).await.unwrap_err(), lost);
}
