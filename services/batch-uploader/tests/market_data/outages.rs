//! An outage of PostgreSQL under load, and entries that cannot be stored.

use crate::expected::{check, market};
use crate::office::Office;
use messages::{Fields, UPLOADER_STREAM, dead_letter_stream};
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_it_catches_up_and_every_trade_is_there_once() {
    let mut office = Office::new().await;
    let trades = market(60_000);
    let uploader = office.uploader(&[]);
    office.append_trades(&trades[..1_000]).await;
    eventually("it is at work", async || office.count("trades").await > 0).await;
    office.postgres.kill_hard().unwrap();
    office.append_trades(&trades[1_000..]).await;
    office.postgres.restart().unwrap();
    eventually("all is stored", async || office.is_done().await).await;
    assert_eq!(office.count("trades").await, 60_000);
    check(&mut office.pool.acquire().await.unwrap(), &trades).await;
    uploader.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_can_not_be_stored_holds_up_nothing() {
    let office = Office::new().await;
    let mut trades = market(200);
    trades[50].qty = "0".parse().unwrap();
    trades[120].price = "1e20".parse().unwrap();
    let mut differing = trades[10];
    differing.price = "1".parse().unwrap();
    let mut unreadable = Fields::default();
    unreadable.push("type", b"TRADE".to_vec());
    office.append_fields(&unreadable).await;
    office.append_trades(&trades).await;
    office.append_trades(&[differing]).await;
    let uploader = office.uploader(&["--consumer", "one"]);
    eventually("the good ones are stored", async || office.count("trades").await == 198).await;
    let dead = dead_letter_stream(UPLOADER_STREAM);
    eventually("the bad ones are dead-lettered", async || {
        office.streams.stream_info(&dead).await.unwrap().is_some_and(|info| info.length == 4)
    })
    .await;
    trades.remove(120);
    trades.remove(50);
    check(&mut office.pool.acquire().await.unwrap(), &trades).await;
    uploader.stop().await;
}
