//! Replays of recordings.

use crate::studio::{Studio, check_ticks, trade_of, trades_of};
use messages::{Feed, Trade, UPLOADER_STREAM};
use std::fmt::Write as _;
use std::path::Path;
use testkit::binance::{RecordedTrade, recorded_trades};
use testkit::stack::eventually;
use testkit::symbols::{BTC, SYMBOLS};

fn write(dir: &Path, name: &str, trades: &[RecordedTrade], header: bool) {
    let mut text = String::new();
    if header {
        text.push_str("id,price,qty,quote_qty,time,is_buyer_maker,is_best_match\n");
    }
    for trade in trades {
        writeln!(text, "{}", trade.line()).unwrap();
    }
    std::fs::write(dir.join(name), text).unwrap();
}

/// Plays a recording from its first price to its end.
async fn replayed(path: &Path, count: usize) -> (Studio, Vec<Trade>) {
    let studio = Studio::new();
    let first = &recorded_trades()[0];
    for symbol in SYMBOLS {
        studio.remember(Trade { symbol, ..trade_of(first) }).await;
    }
    let path = path.to_str().unwrap();
    let poller = studio.start(&[
        "--price-feed",
        "replay",
        "--replay-path",
        path,
        "--replay-speed",
        "0",
        "--replay-end",
        "stop",
    ]);
    studio.wait_for_ticks(count).await;
    poller.stop().await.unwrap();
    let trades = studio.trades().await;
    (studio, trades)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_played_whole_and_to_the_digit() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = recorded_trades();
    write(dir.path(), "BTCUSDT-trades-2021-01-08.csv", &recorded, false);
    let path = dir.path().join("BTCUSDT-trades-2021-01-08.csv");
    let (studio, trades) = replayed(&path, recorded.len()).await;
    assert_eq!(trades, trades_of(&recorded));
    check_ticks(&studio.ticks().await, &trades, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_played_in_the_order_of_time_with_microseconds_and_headers() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = recorded_trades();
    write(dir.path(), "BTCUSDT-trades-2021-01-08.csv", &recorded[..100], true);
    // A second file of the same symbol, in microseconds, and one of another symbol in between.
    let mut later = recorded[100..200].to_vec();
    for trade in &mut later {
        trade.time_ms *= 1_000;
    }
    write(dir.path(), "BTCUSDT-trades-2021-01-09.csv", &later, false);
    let mut other = recorded[50..60].to_vec();
    for trade in &mut other {
        trade.symbol = "ETHUSDT".to_owned();
    }
    write(dir.path(), "ETHUSDT-trades-2021-01-08.csv", &other, true);
    std::fs::write(dir.path().join("README.md"), "no archive").unwrap();

    let (_, trades) = replayed(dir.path(), 210).await;
    let mut expected = trades_of(&recorded[..200]);
    expected.extend(trades_of(&other));
    assert!(trades.windows(2).all(|pair| pair[0].time_us <= pair[1].time_us));
    let sorted = |mut trades: Vec<Trade>| {
        trades.sort_by_key(|trade| (trade.symbol, trade.trade_id));
        trades
    };
    assert_eq!(sorted(trades), sorted(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_is_played_and_a_broken_line_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = &recorded_trades()[..10];
    let path = dir.path().join("BTCUSDT-trades-2021-01-08.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("BTCUSDT.csv", zip::write::SimpleFileOptions::default()).unwrap();
    for (n, trade) in recorded.iter().enumerate() {
        std::io::Write::write_all(&mut archive, format!("{}\n", trade.line()).as_bytes()).unwrap();
        if n == 4 {
            std::io::Write::write_all(&mut archive, b"5,not a price,1,1,1,True,True\n").unwrap();
        }
    }
    archive.finish().unwrap();
    let (_, trades) = replayed(&path, recorded.len()).await;
    assert_eq!(trades, trades_of(recorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_loops_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = &recorded_trades()[..10];
    write(dir.path(), "BTCUSDT.csv", recorded, false);
    let studio = Studio::new();
    let path = dir.path().to_str().unwrap().to_owned();
    let poller =
        studio.start(&["--price-feed", "replay", "--replay-path", &path, "--replay-speed", "0"]);
    studio.wait_for_trades(25).await;
    poller.stop().await.unwrap();
    let trades = studio.trades().await;
    let expected = trades_of(recorded);
    assert!(trades.iter().zip(expected.iter().cycle()).all(|(trade, expected)| trade == expected));
}

/// A recording too short to confirm its first price in one run; its times and ids start over.
#[tokio::test(flavor = "multi_thread")]
async fn prices_go_on_in_a_new_run_each_time_a_short_recording_starts_over() {
    let dir = tempfile::tempdir().unwrap();
    let lines = "700000000,94000.10,0.01,940.0,1735689600000000,true,true\n\
                 700000001,94000.11,0.01,940.0,1735689600500000,true,true\n";
    std::fs::write(dir.path().join("BTCUSDT-trades-2025-01-01.csv"), lines).unwrap();
    let studio = Studio::new();
    let path = dir.path().to_str().unwrap().to_owned();
    let poller =
        studio.start(&["--price-feed", "replay", "--replay-path", &path, "--replay-speed", "100"]);
    studio.wait_for_ticks(20).await;
    let run = async || studio.last_price(BTC).await.unwrap().run.unwrap();
    let first = run().await;
    assert_eq!(first.feed, Feed::Replay);
    eventually("a new run is told", async || run().await.began_ms > first.began_ms).await;
    let made_at: Vec<u64> =
        studio.ticks().await.iter().map(|tick| tick.traded_at_ms.unwrap()).collect();
    assert!(made_at.is_sorted(), "the age of a price counts from when it was due");
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_played_at_its_pace() {
    let dir = tempfile::tempdir().unwrap();
    let mut trades = recorded_trades()[..3].to_vec();
    trades[1].time_ms = trades[0].time_ms + 500;
    trades[2].time_ms = trades[0].time_ms + 1_000_000;
    write(dir.path(), "BTCUSDT.csv", &trades, false);
    let studio = Studio::new();
    let path = dir.path().to_str().unwrap().to_owned();
    let started = std::time::Instant::now();
    let poller = studio.start(&["--price-feed", "replay", "--replay-path", &path]);
    studio.wait_for_trades(2).await;
    assert!(started.elapsed().as_millis() >= 500, "the second trade came half a second later");
    assert_eq!(studio.trades().await.len(), 2, "the third comes in a quarter of an hour");
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_recording_is_stored_while_it_plays_at_its_pace() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorded = recorded_trades()[..1_201].to_vec();
    for trade in &mut recorded[1..] {
        trade.time_ms += 3_600_000;
    }
    write(dir.path(), "BTCUSDT.csv", &recorded, false);
    let path = dir.path().to_str().unwrap().to_owned();
    let studio = Studio::new();
    studio.remember(trade_of(&recorded[0])).await;
    let poller = studio.start_with_history(&["--price-feed", "replay", "--replay-path", &path]);
    studio.wait_for_trades(recorded.len() + 1).await;
    studio.wait_for_ticks(1).await;
    let mut trades = studio.trades().await;
    trades.sort_by_key(|trade| trade.trade_id);
    trades.dedup();
    assert_eq!(trades, trades_of(&recorded), "stored, and the first one played as well");
    assert_eq!(studio.ticks().await.len(), 1, "the second is played in an hour");
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_stored_no_faster_than_the_database_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let trade = &recorded_trades()[0];
    let recorded: Vec<RecordedTrade> = (0..23_000)
        .map(|n| RecordedTrade {
            trade_id: n,
            time_ms: trade.time_ms + n * 60_000,
            ..trade.clone()
        })
        .collect();
    write(dir.path(), "BTCUSDT.csv", &recorded, false);
    let path = dir.path().to_str().unwrap().to_owned();
    let studio = Studio::new();
    let poller = studio.start_with_history(&["--price-feed", "replay", "--replay-path", &path]);
    studio.wait_for_trades(20_001).await;
    let first_status = studio.status().await.unwrap();
    eventually("two seconds later the poller says anew that it is there", async || {
        studio.status().await.is_some_and(|now| now.timestamp_ms > first_status.timestamp_ms)
    })
    .await;
    let waiting = studio.streams.stream_info(UPLOADER_STREAM).await.unwrap().unwrap();
    assert!(waiting.length <= 20_500 + 1, "{}", waiting.length);
    studio.streams.trim_before(UPLOADER_STREAM, waiting.last_generated_id).await.unwrap();
    eventually("the rest is stored", async || {
        let info = studio.streams.stream_info(UPLOADER_STREAM).await.unwrap().unwrap();
        info.entries_added > recorded.len() as u64
    })
    .await;
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_play_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let studio = Studio::new();
    let start = |path: &str| studio.start(&["--price-feed", "replay", "--replay-path", path]);
    let error = start(&path).ended().await.unwrap_err().to_string();
    assert!(error.contains("no .csv or .zip file"), "{error}");
    std::fs::write(dir.path().join("prices.csv"), "1,2,3").unwrap();
    let error = start(&path).ended().await.unwrap_err().to_string();
    assert!(error.contains("begins with its symbol"), "{error}");
}
