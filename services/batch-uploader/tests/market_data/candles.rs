//! Candles that a trigger maintains.

use crate::expected::{check, check_quote_volumes, market, trade};
use crate::office::Office;
use messages::{CandleHistory, CandlePart, MarketData, Timeframe, UPLOADER_STREAM};
use testkit::stack::eventually;
use testkit::symbols::{BTC, SOL};

#[tokio::test(flavor = "multi_thread")]
async fn they_are_right_however_trades_come() {
    let office = Office::new().await;
    let trades = market(3_000);
    // Three uploaders share the stream, so that batches overlap. A third of the trades comes late
    // and in reverse order; every fifth comes twice.
    let late = |n: usize| n % 3 == 1;
    let in_time = trades.iter().enumerate().filter(|(n, _)| !late(*n)).map(|(_, t)| *t);
    let mut sent: Vec<_> = in_time.collect();
    sent.extend(trades.iter().enumerate().rev().filter(|(n, _)| late(*n)).map(|(_, t)| *t));
    sent.extend(trades.iter().step_by(5));
    let uploaders = ["a", "b", "c"].map(|name| {
        office.uploader(&["--consumer", name, "--batch-len", "7", "--batch-len-max", "40"])
    });
    office.append_trades(&sent).await;
    eventually("all is stored", async || office.is_done().await).await;
    assert_eq!(office.count("trades").await, 3_000);
    check(&mut office.pool.acquire().await.unwrap(), &trades).await;
    check_quote_volumes(&mut office.pool.acquire().await.unwrap(), &trades).await;
    for uploader in uploaders {
        uploader.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_and_close_go_by_the_trade_id_within_a_millisecond() {
    let office = Office::new().await;
    // Ids are compared as numbers: as text, 10 would come before 9.
    let trades = [10, 9, 11, 8].map(|id| trade(SOL, id, 1_000_000, i128::from(id), 1));
    let uploader = office.uploader(&[]);
    office.append_trades(&trades).await;
    eventually("all is stored", async || office.is_done().await).await;
    let (open, close): (i64, i64) =
        sqlx::query_as("select open, close from candles_1d").fetch_one(&office.pool).await.unwrap();
    assert_eq!((open, close), (8, 11));
    uploader.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_stored_beside_them_and_never_over_trades() {
    let office = Office::new().await;
    let part = |from_s: u64, until_s: u64| CandlePart {
        from_s,
        until_s,
        open: "100".parse().unwrap(),
        high: "103".parse().unwrap(),
        low: "99".parse().unwrap(),
        close: "101".parse().unwrap(),
        volume: "5".parse().unwrap(),
        trades: 9,
    };
    let uploader = office.uploader(&[]);
    // Trades at 930 s and 1,000 s: the parts from 840 s and from 960 s hold none, the one from 900
    // s does.
    let known = [1_000, 930].map(|s| trade(BTC, s, s * 1_000_000, 10_000_000_000, 1));
    office.append_trades(&known).await;
    eventually("the trades are stored", async || office.count("trades").await == 2).await;
    let parts = vec![part(840, 900), part(900, 960), part(960, 1_000)];
    let history = CandleHistory { symbol: BTC, timeframe: Timeframe::M1, parts };
    for _ in 0..2 {
        office.append(&MarketData::History(history.clone())).await;
    }
    eventually("all is stored", async || office.is_done().await).await;
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        r#"select extract(epoch from "time")::bigint, extract(epoch from from_time)::bigint
           from candle_history order by 1"#,
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert_eq!(rows, [(840, 840), (960, 960)]);
    check(&mut office.pool.acquire().await.unwrap(), &known).await;
    // A part that spans two candles cannot be stored.
    let parts = vec![part(30, 90)];
    let history = CandleHistory { parts, ..history };
    office.append(&MarketData::History(history)).await;
    let dead = messages::dead_letter_stream(UPLOADER_STREAM);
    eventually("it is dead-lettered", async || {
        office.streams.stream_info(&dead).await.unwrap().is_some_and(|info| info.length == 1)
    })
    .await;
    uploader.stop().await;
}
