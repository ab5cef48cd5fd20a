//! The real binary, killed again and again.

use crate::expected::{check, check_quote_volumes, market};
use crate::office::is_done;
use messages::{MarketData, StreamMessage as _, UPLOADER_STREAM};
use std::time::Duration;
use testkit::stack::{Service, Stack, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_under_load_it_stores_every_trade_once() {
    let mut stack =
        Stack::new(&[("UPLOADER_BATCH_LEN", "50"), ("UPLOADER_BATCH_WAIT_MS", "50")]).await;
    let trades = market(20_000);
    let mut delays: u64 = 3;
    for part in trades.chunks(trades.len() / 20) {
        stack.start(Service::BatchUploader).await;
        let mut batch = stack.streams.batch();
        for trade in part {
            batch.append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode());
        }
        batch.send().await.unwrap();
        // A pseudo-random delay, so that the kill comes at an arbitrary moment.
        delays = delays * 37 % 101;
        tokio::time::sleep(Duration::from_millis(delays)).await;
        stack.kill(Service::BatchUploader);
    }
    stack.start(Service::BatchUploader).await;
    eventually("all is stored", async || is_done(&stack.streams).await).await;
    let count: i64 =
        sqlx::query_scalar("select count(*) from trades").fetch_one(&stack.pool).await.unwrap();
    assert_eq!(count, 20_000);
    check(&mut stack.pool.acquire().await.unwrap(), &trades).await;
    check_quote_volumes(&mut stack.pool.acquire().await.unwrap(), &trades).await;
}
