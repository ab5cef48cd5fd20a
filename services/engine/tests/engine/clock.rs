//! A wall clock that steps.

use crate::floor::{Floor, close, long, now_ms, price, register};
use messages::{EntryId, REQUEST_STREAM, Rejection, RequestEntry, StreamMessage as _};

const HOUR_MS: u64 = 3_600_000;

/// After a clock steps back, Redis keeps the time of the last id and only counts the sequence up.
/// An entry with an id from an hour ahead has the same effect on a stream.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_step_back_by_an_hour_positions_can_be_closed_and_none_opened() {
    let mut floor = Floor::new().await;
    floor.config.stale_price_ms = 10_000;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    let entry = RequestEntry {
        request_id: None,
        timestamp_ms: now_ms(),
        reply_to: None,
        request: price("99.9", "100"),
    };
    let ahead = EntryId::new(now_ms() + HOUR_MS, 0);
    let mut batch = floor.streams.batch();
    batch.append_at(REQUEST_STREAM, ahead, &entry.encode());
    batch.send().await.unwrap();

    // Replies still come, and report that the stream's clock is wrong.
    let refused = floor.send(long(1, 2, None)).await;
    assert!(matches!(refused, Err(Rejection::ClockAhead { .. })), "{refused:?}");
    let last = floor.streams.last_id(REQUEST_STREAM).await.unwrap();
    assert_eq!((last.ms, last.seq), (ahead.ms, 1));
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());

    floor.crash().await;
    floor.start().await;
    floor.send(close(1, 1)).await.unwrap();
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
    floor.check_outputs().await;
}
