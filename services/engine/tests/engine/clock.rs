//! A wall clock that steps.

use crate::floor::{Floor, close, long, price, register};
use messages::{EntryId, REQUEST_STREAM, RequestEntry, StreamMessage as _};
use std::time::SystemTime;

const HOUR_MS: u64 = 3_600_000;

/// An hour from now, on the clock of this machine.
fn in_an_hour_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap() + HOUR_MS
}

/// When a clock steps back, the ids that Redis gives stay where they were and only count on. To a
/// stream it looks the same when its last entry came from an hour ahead.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_step_back_by_an_hour_trading_goes_on_in_the_time_of_the_stream() {
    let mut floor = Floor::new().await;
    floor.config.stale_price_ms = 10_000;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    let entry = RequestEntry {
        request_id: None,
        timestamp_ms: 0,
        reply_to: None,
        request: price("99.9", "100"),
    };
    let ahead = EntryId::new(in_an_hour_ms(), 0);
    let mut batch = floor.streams.batch();
    batch.append_at(REQUEST_STREAM, ahead, &entry.encode());
    batch.send().await.unwrap();

    // Replies come, and the price is not stale: for the stream no time has gone by.
    floor.send(long(1, 1, None)).await.unwrap();
    let last = floor.streams.last_id(REQUEST_STREAM).await.unwrap();
    assert_eq!((last.ms, last.seq), (ahead.ms, 1));
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());

    floor.crash().await;
    floor.start().await;
    floor.send(close(1, 1)).await.unwrap();
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
    floor.check_outputs().await;
}
