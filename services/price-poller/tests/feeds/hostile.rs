//! Frames, responses and files that nearly match a venue's: no panic, no trade that the database
//! would refuse, no error that floods a log, and no more memory than a line needs.

use messages::{Timeframe, Trade};
use price::Price;
use price_poller::archive::files::Layout;
use price_poller::archive::{self, ArchiveError};
use price_poller::binance_frame::{self, Frame, VenueMark};
use price_poller::history::klines;
use price_poller::history::plan::{Interval, Page, plan};
use price_poller::quote::quote;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::io::{Cursor, Write as _};
use std::path::Path;
use testkit::hostile::{cases, damaged, damaged_text, nearly_json};
use testkit::symbols::BTC;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const ERROR_LEN_MAX: usize = 2_000;

const TRADE: &str = r#"{"e":"trade","E":1703001234570,"s":"BTCUSDT","t":3312345678,"p":"92000.50000000","q":"0.00437600","T":1703001234567,"m":true,"M":true}"#;

const MARK: &str = r#"{"e":"markPriceUpdate","E":1703001234000,"s":"BTCUSDT","p":"92000.12345678","ap":"92000.1","i":"91990.5","P":"1","r":"-0.00010000","T":1703030400000}"#;

const NOW_MS: u64 = 1_703_001_234_600;

const KLINES: &str = r#"[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499040059999,"2434.19055334",308,"1756.87402397","28.46694368","0"],[1499040060000,"1","1","1","1","0.00",1499040119999,"0",0,"0","0","0"]]"#;

const LINES: [&str; 3] = [
    "65539,39432.48000000,0.00260000,102.52444800,1610064000000,True,True",
    "65540,39432.49000000,0.00100000,39.43249000,1735689600000000,False,True",
    "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match",
];

/// Asserts that the engine and the database accept the trade.
fn check_trade(trade: &Trade) -> TestCaseResult {
    prop_assert!(trade.price.is_positive() && trade.price.to_i64().is_ok());
    prop_assert!(trade.qty.is_positive() && trade.qty.to_i64().is_ok());
    prop_assert!(i64::try_from(trade.trade_id).is_ok());
    prop_assert!(trade.time_us / 1_000_000 <= 253_402_300_799);
    if let Ok(update) = quote(trade, 10) {
        prop_assert!(update.bid <= trade.price && trade.price <= update.ask);
    }
    Ok(())
}

fn check_error(error: &dyn std::error::Error) -> TestCaseResult {
    let text = error.to_string();
    prop_assert!(!text.is_empty() && text.len() <= ERROR_LEN_MAX, "{} bytes", text.len());
    Ok(())
}

/// Reads an archive of these bytes to its end, and returns the number of its trades.
fn read(dir: &Path, name: &str, bytes: &[u8]) -> Result<usize, TestCaseError> {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut count = 0;
    let mut is_over = false;
    for trade in archive::trades(&path).unwrap() {
        prop_assert!(!is_over, "nothing comes after an error of the file");
        match trade {
            Ok(trade) => {
                check_trade(&trade)?;
                count += 1;
            }
            Err(error) => {
                is_over = matches!(error, ArchiveError::Io { .. });
                check_error(&error)?;
            }
        }
    }
    Ok(count)
}

fn zipped(content: &[u8], method: CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    archive.start_file("BTCUSDT-trades-2021-01-08.csv", options).unwrap();
    archive.write_all(content).unwrap();
    archive.finish().unwrap().into_inner()
}

fn zips() -> Vec<Vec<u8>> {
    let content = LINES[..2].join("\n").repeat(20);
    let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
    methods.map(|method| zipped(content.as_bytes(), method)).to_vec()
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn frames(text in nearly_json(&[
        TRADE.to_owned(),
        format!(r#"{{"stream":"btcusdt@trade","data":{TRADE}}}"#),
        format!(r#"{{"stream":"btcusdt@markPrice@1s","data":{MARK}}}"#),
        r#"{"stream":"x","data":{"e":"serverShutdown"}}"#.to_owned(),
    ])) {
        match binance_frame::parse(&text, NOW_MS) {
            Ok(Frame::Trade(trade)) => {
                check_trade(&trade)?;
                // The cutoff of its symbol's back-fill.
                plan(trade.time_us / 1_000_000);
            }
            Ok(Frame::Mark(VenueMark { price, time_ms })) => {
                let prices = [Some(price.mark), price.index];
                let is_sound = |price: Price| price.is_positive() && price.to_i64().is_ok();
                prop_assert!(prices.into_iter().flatten().all(is_sound));
                prop_assert!(price.funding_rate.is_none_or(|rate| rate.to_i64().is_ok()));
                prop_assert!(time_ms <= NOW_MS + 60_000 && price.marked_at_ms <= Some(NOW_MS));
            }
            Ok(Frame::ServerShutdown | Frame::Other) => {}
            Err(error) => check_error(&error)?,
        }
    }

    #[test]
    fn answers_with_candles(text in nearly_json(&[KLINES]), tail in any::<Option<u8>>()) {
        let interval = Interval::Timeframe(Timeframe::M1);
        let page = Page { interval, span_s: 1_499_040_000..1_499_040_120 };
        let mut body = text.into_bytes();
        body.extend(tail);
        match klines::parse(&body, &page) {
            Ok(parts) => for part in parts {
                prop_assert!(page.span_s.start <= part.from_s && part.until_s <= page.span_s.end);
                prop_assert!(part.low.is_positive() && part.low <= part.high);
                prop_assert!(part.high.to_i64().is_ok() && part.volume.to_i64().is_ok());
            },
            Err(error) => check_error(&error)?,
        }
    }

    #[test]
    fn lines(line in damaged_text(&LINES)) {
        match archive::parse(&line, BTC, Layout::Trades) {
            Ok(trade) => check_trade(&trade)?,
            Err(problem) => prop_assert!(!problem.is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn files(bytes in damaged(vec![LINES.join("\n").into_bytes(), LINES.join("\r\n").into_bytes()])) {
        let dir = tempfile::tempdir().unwrap();
        read(dir.path(), "BTCUSDT-trades-2021-01-08.csv", &bytes)?;
    }

    /// Damage is found by the checksum before the first trade is played.
    #[test]
    fn zips_that_were_damaged(bytes in damaged(zips())) {
        let dir = tempfile::tempdir().unwrap();
        let count = read(dir.path(), "BTCUSDT-trades-2021-01-08.zip", &bytes)?;
        prop_assert!(count == 0 || count == 2, "{count} of 2 trades, each many times");
    }

    #[test]
    fn zips_with_anything_in_them(content in any::<Vec<u8>>(), is_packed in any::<bool>()) {
        let method = if is_packed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let dir = tempfile::tempdir().unwrap();
        read(dir.path(), "BTCUSDT-trades-2021-01-08.zip", &zipped(&content, method))?;
    }
}

#[test]
fn a_zip_that_unpacks_to_far_more_than_trades_do_is_refused() {
    let bomb = zipped(&vec![b'9'; 8 * 1024 * 1024], CompressionMethod::Deflated);
    let dir = tempfile::tempdir().unwrap();
    let refusal = |bytes: &[u8]| {
        let path = dir.path().join("BTCUSDT.zip");
        std::fs::write(&path, bytes).unwrap();
        let mut trades = archive::trades(&path).unwrap();
        let error = trades.next().unwrap().unwrap_err();
        assert!(matches!(error, ArchiveError::Io { .. }) && trades.next().is_none(), "{error}");
        error.to_string()
    };
    assert!(refusal(&bomb).contains("are no recording"));

    // A ZIP that declares a smaller length, which stands before and after the content.
    let said_len = (8 * 1024 * 1024_u32).to_le_bytes();
    let places = (0..bomb.len() - 4).filter(|at| bomb[*at..at + 4] == said_len);
    let places: Vec<usize> = places.collect();
    assert_eq!(places.len(), 2);
    let mut lying = bomb;
    for at in places {
        lying[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
    }
    assert!(!refusal(&lying).contains("are no recording"));
}
