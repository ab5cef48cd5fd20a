//! The instruments of the operator's file, and what an operator sets by an entry.

use crate::floor::{Floor, register};
use messages::{Instrument, REQUEST_STREAM, Request, RequestEntry, Symbol};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, shipped};

/// The highest leverages that were set for an instrument.
async fn leverages(floor: &Floor, symbol: Symbol) -> Vec<u8> {
    let entries = floor.entries::<RequestEntry>(REQUEST_STREAM).await;
    let set = entries.into_iter().filter_map(|(_, entry)| match entry.request {
        Request::SetInstrument(set) if set.symbol == symbol => Some(set.max_leverage),
        _ => None,
    });
    set.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_sets_stays_until_the_file_changes_or_an_engine_starts() {
    let mut floor = Floor::new().await;
    floor.start().await;
    eventually("the file is listed", async || leverages(&floor, BTC).await == [100]).await;
    let set = Instrument { max_leverage: 20, ..shipped(BTC) };
    floor.send(Request::SetInstrument(Box::new(set.clone()))).await.unwrap();
    // What the leader has to say about an entry follows it before the next is answered.
    for n in 1..=3 {
        floor.send(register(n)).await.unwrap();
    }
    assert_eq!(leverages(&floor, BTC).await, [100, 20]);

    floor.stop().await;
    floor.start().await;
    eventually("the file is applied", async || leverages(&floor, BTC).await == [100, 20, 100])
        .await;

    floor.send(Request::SetInstrument(Box::new(set))).await.unwrap();
    let ether = |listed: &mut Vec<Instrument>| {
        let ether = listed.iter_mut().find(|listed| listed.symbol == ETH);
        ether.unwrap().max_leverage = 50;
    };
    floor.wanted.send_modify(ether);
    eventually("the file is applied", async || leverages(&floor, ETH).await.last() == Some(&50))
        .await;
    assert_eq!(leverages(&floor, BTC).await, [100, 20, 100, 20, 100]);
}
