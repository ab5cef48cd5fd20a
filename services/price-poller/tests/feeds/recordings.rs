//! Archives as users have them: out of order, duplicated, of another kind, with holes.

use price_poller::archive::findings::{Counts, Findings};
use price_poller::archive::{ArchiveError, open};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// The trade ids, and the errors other than I/O errors.
fn read(path: &Path) -> (Vec<u64>, Vec<ArchiveError>, Counts) {
    let findings = Findings::default();
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    for row in open(path, &findings).unwrap() {
        match row {
            Ok(trade) => ids.push(trade.trade_id),
            Err(error) => errors.push(error),
        }
    }
    (ids, errors, findings.counts())
}

fn line(id: u64, time_ms: u64) -> String {
    format!("{id},11343.67,0.467,5297.49,{time_ms},true\n")
}

fn zipped(path: &Path, name: &str, content: &str) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(content.as_bytes()).unwrap();
    archive.finish().unwrap();
}

#[test]
fn lines_of_two_days_that_are_interleaved_are_played_in_order_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("BTCUSDT-trades-2020-08.csv");
    // The second day is further away than the window of lines.
    let (len, first_ms) = (30_000, 1_596_240_000_519);
    let mut text = String::new();
    for n in 0..len {
        text.write_str(&line(n, first_ms + n)).unwrap();
        text.write_str(&line(1_000_000 + n, first_ms + 2_592_000_000 + n)).unwrap();
    }
    std::fs::write(&path, text).unwrap();
    let (ids, errors, counts) = read(&path);
    assert!(errors.is_empty());
    assert!(ids.iter().copied().eq((0..len).chain(1_000_000..1_000_000 + len)));
    let longest_hole_s = 2_592_000 - len / 1_000;
    let expected = Counts { disordered_files: 1, holes: 1, longest_hole_s, ..Counts::default() };
    assert_eq!(counts, expected);

    // Out of order within a few lines.
    let shuffled = [3, 1, 2, 5, 4].map(|n| line(n, first_ms + n)).concat();
    std::fs::write(&path, shuffled).unwrap();
    let (ids, _, counts) = read(&path);
    assert_eq!((ids, counts.disordered_files), (vec![1, 2, 3, 4, 5], 1));
}

#[test]
fn aggregate_trades_are_read_as_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let text = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n\
                1715206948,29223.0,0.639,3643221425,3643221428,1682899200101,false\n\
                1715206949,29223.2,0.343,3643221429,3643221430,1682899200129,false\n";
    let path = dir.path().join("BTCUSDT-aggTrades-2023-05.csv");
    std::fs::write(&path, text).unwrap();
    let trades: Vec<_> = open(&path, &Findings::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(trades.len(), 2);
    assert_eq!(trades[0].trade_id, 3_643_221_428, "an id that the venue's trades have");
    assert_eq!(trades[0].time_us, 1_682_899_200_101_000);
    assert_eq!(trades[0].price, "29223".parse().unwrap());

    // Named as trades, aggregate trades are refused.
    let path = dir.path().join("BTCUSDT-trades-2023-05.csv");
    std::fs::write(&path, text).unwrap();
    let (ids, errors, counts) = read(&path);
    assert_eq!((ids.len(), errors.len(), counts.skipped_lines), (0, 2, 2));

    // Aggregate trades are skipped where there are trades of the same month.
    std::fs::write(&path, line(7, 1_682_899_200_101)).unwrap();
    let (ids, _, counts) = read(dir.path());
    assert_eq!((ids, counts.skipped_files), (vec![7], 1));
}

#[test]
fn a_day_that_is_there_twice_is_played_once() {
    let dir = tempfile::tempdir().unwrap();
    let ms = 1_735_689_600_000;
    let text = [line(1, ms), line(2, ms + 1), line(4, ms + 3)].concat();
    std::fs::write(dir.path().join("BTCUSDT-trades-2025-01-01.csv"), text).unwrap();
    // The ZIP has one trade more, and the monthly file has all.
    let more = [line(1, ms), line(2, ms + 1), line(3, ms + 2), line(4, ms + 3)].concat();
    let name = "BTCUSDT-trades-2025-01-01.csv";
    zipped(&dir.path().join("BTCUSDT-trades-2025-01-01.zip"), name, &more);
    let month = more + &line(5, ms + 90_000_000);
    std::fs::write(dir.path().join("BTCUSDT-trades-2025-01.csv"), month).unwrap();
    let (ids, errors, counts) = read(dir.path());
    assert_eq!((ids, errors.len()), (vec![1, 2, 3, 4, 5], 0));
    assert_eq!((counts.duplicates, counts.holes), (7, 1));
    assert!(counts.sentence().unwrap().contains("duplicate trades skipped: 7"));
}

#[test]
fn foreign_files_and_lines_are_skipped_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let ms = 1_735_689_600_000;
    let kline = format!("{ms},94000.1,94010,93990,94005,12.5,{ms},1175000,99,6,560000,0\n");
    let text = [line(1, ms), kline.clone(), "5,zero,1,1,1,true\n".to_owned(), line(2, ms + 1)];
    std::fs::write(dir.path().join("BTCUSDT-trades-2025-01-01.csv"), text.concat()).unwrap();
    std::fs::write(dir.path().join("BTCUSDT-1m-2025-01-01.csv"), kline).unwrap();
    let other = dir.path().join("BTCUSDT-trades-2025-01-02.zip");
    zipped(&other, "ETHUSDT-trades-2025-01-02.csv", &line(3, ms + 2));
    let (ids, errors, counts) = read(dir.path());
    assert_eq!((ids, errors.len()), (vec![1, 2], 3));
    assert_eq!((counts.skipped_lines, counts.skipped_files), (2, 2));
}
