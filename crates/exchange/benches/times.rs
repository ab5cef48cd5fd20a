//! The throughput of the exchange on one core.
//!
//! `cargo bench -p exchange --bench times`, with words from row names to measure only those rows.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "counts are shown, not computed with")]

mod floor;
mod processor_time;

use exchange::Exchange;
use floor::{
    Floor, POSITIONS, crash, draw, entry, quiet_mark, quiet_tick, quiet_tick_of_many, rising_tick,
};
use messages::{EntryId, Fields, Request, RequestEntry, RequestId, StreamMessage as _};
use processor_time::{median, time_of};
use std::hint::black_box;
use std::time::Duration;
use testkit::report::Limit::{AtLeast, AtMost};
use testkit::report::Report;

const MILLION: u64 = 1_000_000;

/// The number of entries per sample: as many as the engine reads at once.
const STEPS: u64 = 1_000;

fn main() {
    let report = Report::start("one core, times of the processor, medians");
    quiet_ticks_of_many(&report);
    for positions in POSITIONS {
        let mut floor = Floor::with_positions(positions);
        quiet_ticks(&report, &mut floor, positions);
        freeze(&report, &floor, &format!("freeze, {positions} open"));
        if positions == MILLION {
            let rows = ["encode and compress", "decompress and restore"];
            snapshots(&report, &floor, &rows.map(|what| format!("{what}, a million open")));
            liquidation(&report, &floor);
        }
        let next = orders(&report, &mut floor, positions);
        replay(&report, &mut floor, positions, next);
    }
    fundings(&report);
    for orders in POSITIONS {
        resting_orders(&report, orders);
        trailing_stops(&report, orders);
    }
}

/// Measures a floor with as many resting orders as positions.
fn resting_orders(report: &Report, count: u64) {
    let rows = ["quiet ticks, {} open and {} resting", "rest and cancel, {} resting"];
    let [quiet, pair] = rows.map(|row| row.replace("{}", &count.to_string()));
    let states = ["freeze", "encode and compress", "decompress and restore"];
    let [frozen, written, read] =
        states.map(|what| format!("{what}, {count} open and {count} resting"));
    let rows = [&quiet, &pair, &frozen, &written, &read];
    if !rows.into_iter().any(|row| report.wants(row)) {
        return;
    }
    let mut floor = Floor::with_positions(count);
    floor.rest_orders(count);
    if report.wants(&quiet) {
        let entries: Vec<_> = (0..STEPS).map(|n| entry(quiet_tick(n))).collect();
        let time = median(3001, || (), |()| floor.apply_all(&entries));
        report.row(&quiet, millions(STEPS, time), "M/s", &AtLeast(30.0));
    }
    if count == MILLION {
        freeze(report, &floor, &frozen);
        snapshots(report, &floor, &[written, read]);
    }
    if report.wants(&pair) {
        let (mut next, crowd) = (count, floor.crowd);
        let time = median(
            501,
            || {
                let numbers = next..next + STEPS;
                next += STEPS;
                let pairs = numbers.flat_map(|n| [crowd.rest(n), crowd.cancel(n)]);
                pairs.map(entry).collect()
            },
            |entries: &mut Vec<RequestEntry>| floor.apply_all(entries),
        );
        report.row(&pair, millions(STEPS, time), "M/s", &AtLeast(1.5));
    }
}

/// Measures ticks of a rising price, each of which is a new peak for all trailing stops.
fn trailing_stops(report: &Report, count: u64) {
    let what = format!("ticks of a rising price, {count} trailing stops");
    if report.wants(&what) {
        let mut floor = Floor::with_positions(count);
        floor.trail(count);
        let mut next = count / 1_000;
        // Few enough that the price stays below the take-profits of the positions.
        let time = median(
            151,
            || {
                let numbers = next..next + STEPS;
                next += STEPS;
                numbers.map(|n| entry(rising_tick(n))).collect()
            },
            |entries: &mut Vec<RequestEntry>| floor.apply_all(entries),
        );
        report.row(&what, millions(STEPS, time), "M/s", &AtLeast(1.0));
    }
}

/// Measures what a million positions with a maintenance margin cost: quiet prices of both kinds, and a
/// funding in slices as the engine takes them.
fn fundings(report: &Report) {
    let rows = [
        "mark prices, a million open",
        "quiet ticks, a million open at a mark price",
        "funding of a million positions",
        "the longest slice of a funding of a million positions",
    ];
    if !rows.into_iter().any(|row| report.wants(row)) {
        return;
    }
    let mut floor = Floor::with_positions(MILLION);
    floor.go_by_mark();
    let marks: Vec<_> = (0..STEPS).map(|n| entry(quiet_mark(n))).collect();
    let ticks: Vec<_> = (0..STEPS).map(|n| entry(quiet_tick(n))).collect();
    for (row, entries) in [(rows[0], marks), (rows[1], ticks)] {
        if report.wants(row) {
            let time = median(1001, || (), |()| floor.apply_all(&entries));
            report.row(row, millions(STEPS, time), "M/s", &AtLeast(10.0));
        }
    }
    let (mut whole, mut longest) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let id = floor.next_id();
        let funding = entry(floor.funding());
        let mut slices = Vec::new();
        let mut slice = |work: &mut dyn FnMut()| slices.push(time_of(work));
        slice(&mut || drop(black_box(floor.exchange.apply_slice(id, &funding, SLICE_LEN))));
        while floor.exchange.is_closing() {
            slice(&mut || drop(black_box(floor.exchange.close_more(SLICE_LEN))));
        }
        whole.push(slices.iter().sum::<Duration>());
        longest.extend(slices.into_iter().max());
    }
    for (row, mut times, most) in [(rows[2], whole, 1_000.0), (rows[3], longest, 5.0)] {
        times.sort_unstable();
        report.row(row, milliseconds(times[times.len() / 2]), "ms", &AtMost(most));
    }
}

/// The number of positions of a slice, as the engine takes them.
const SLICE_LEN: usize = 1_000;

fn millions(steps: u64, time: Duration) -> f64 {
    steps as f64 / time.as_secs_f64() / 1e6
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quiet_ticks(report: &Report, floor: &mut Floor, positions: u64) {
    let what = format!("quiet ticks, {positions} open");
    if report.wants(&what) {
        let entries: Vec<_> = (0..STEPS).map(|n| entry(quiet_tick(n))).collect();
        let time = median(3001, || (), |()| floor.apply_all(&entries));
        report.row(&what, millions(STEPS, time), "M/s", &AtLeast(10.0));
    }
}

/// Measures ticks of 500 instruments, by turns with ticks of one of three.
fn quiet_ticks_of_many(report: &Report) {
    let what = "quiet ticks of 500 instruments, by the time of those of 3";
    if report.wants(what) {
        let (mut few, mut many) = (Floor::with_positions(10), Floor::with_positions(10));
        many.list_many();
        let of_few: Vec<_> = (0..STEPS).map(|n| entry(quiet_tick(n))).collect();
        let of_many: Vec<_> = (0..STEPS).map(|n| entry(quiet_tick_of_many(n))).collect();
        let few = median(3001, || (), |()| few.apply_all(&of_few));
        let many = median(3001, || (), |()| many.apply_all(&of_many));
        report.row(what, many.as_secs_f64() / few.as_secs_f64(), "", &AtMost(1.3));
    }
}

/// Measures the pause of the order flow for a snapshot.
fn freeze(report: &Report, floor: &Floor, what: &str) {
    if report.wants(what) {
        let time = median(101, || (), |()| drop(black_box(floor.exchange.freeze())));
        report.row(what, milliseconds(time), "ms", &AtMost(10.0));
    }
}

/// Measures pairs of orders and returns the number of the next order.
fn orders(report: &Report, floor: &mut Floor, positions: u64) -> u64 {
    let mut open: Vec<u64> = (0..positions).collect();
    let mut next = positions;
    let crowd = floor.crowd;
    for (same, title) in [(true, "place and close it"), (false, "place and close another")] {
        let what = format!("{title}, {positions} open");
        if !report.wants(&what) {
            continue;
        }
        let mut entries = Vec::new();
        let time = median(
            501,
            || {
                // Created in advance, as a decoder would do.
                entries.clear();
                for _ in 0..STEPS {
                    entries.push(entry(crowd.place(next)));
                    let any = usize::try_from(draw(next, 0) % positions).unwrap();
                    let gone = if same { next } else { std::mem::replace(&mut open[any], next) };
                    entries.push(entry(crowd.close(gone)));
                    next += 1;
                }
                std::mem::take(&mut entries)
            },
            |entries: &mut Vec<RequestEntry>| floor.apply_all(entries),
        );
        report.row(&what, millions(STEPS, time), "M/s", &AtLeast(1.0));
    }
    next
}

/// Measures a replay from the fields of stream entries, as a recovery reads them, to the state.
fn replay(report: &Report, floor: &mut Floor, positions: u64, mut next: u64) {
    for (orders_of_ten, title) in [(0, "of ticks"), (2, "eight ticks of ten")] {
        let what = format!("replayed entries, {title}, {positions} open");
        if !report.wants(&what) {
            continue;
        }
        let crowd = floor.crowd;
        let time = median(
            501,
            || {
                let request = |n| match n % 10 {
                    0 if orders_of_ten > 0 => crowd.place(next + n / 10),
                    1 if orders_of_ten > 0 => crowd.close(next + n / 10),
                    _ => quiet_tick(n),
                };
                let fields: Vec<_> = (0..STEPS).map(|n| as_read(&request(n))).collect();
                next += STEPS / 10;
                fields
            },
            |fields: &mut Vec<Fields>| {
                for fields in fields {
                    let entry = RequestEntry::decode(fields).unwrap();
                    let id = floor.next_id();
                    assert!(black_box(floor.exchange.apply(id, &entry)).response.is_ok());
                }
            },
        );
        report.row(&what, millions(STEPS, time), "M/s", &AtLeast(1.0));
    }
}

/// The fields of a request as Redis returns them.
fn as_read(request: &Request) -> Fields {
    let entry = RequestEntry {
        request_id: request.user_id().map(|user_id| RequestId(user_id.0)),
        timestamp_ms: 1_703_001_234_567,
        reply_to: None,
        request: request.clone(),
    };
    let fields = entry.encode();
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

fn snapshots(report: &Report, floor: &Floor, [write, read]: &[String; 2]) {
    let encoded = floor.exchange.freeze().encode();
    if report.wants(write) {
        let time = median(
            3,
            || floor.exchange.freeze(),
            |frozen| {
                black_box(zstd::bulk::compress(&frozen.encode().bytes, 1).unwrap());
            },
        );
        report.row(write, time.as_secs_f64(), "s", &AtMost(5.0));
    }
    if report.wants(read) {
        let compressed = zstd::bulk::compress(&encoded.bytes, 1).unwrap();
        let time = median(
            3,
            || None,
            |restored| {
                let bytes = zstd::stream::decode_all(compressed.as_slice()).unwrap();
                *restored = Some(Exchange::restore(&bytes, &encoded.hash).unwrap());
            },
        );
        report.row(read, time.as_secs_f64(), "s", &AtMost(2.0));
    }
}

/// The number of positions closed before their events are written: as many as the engine holds in
/// memory at once.
const SLICE: usize = 1_000;

fn liquidation(report: &Report, floor: &Floor) {
    let (whole, slice) = ("one tick that closes a million", "its longest slice of 1000");
    if !report.wants(whole) && !report.wants(slice) {
        return;
    }
    let encoded = floor.exchange.freeze().encode();
    let (crash, id) = (entry(crash()), EntryId::new(floor.ms + 1, 0));
    let mut slices = Vec::new();
    for _ in 0..3 {
        let mut exchange = Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
        let first = || drop(black_box(exchange.apply_slice(id, &crash, SLICE)));
        let mut times = vec![time_of(first)];
        while exchange.is_closing() {
            times.push(time_of(|| drop(black_box(exchange.close_more(SLICE)))));
        }
        assert_eq!(exchange.open_positions(), 0);
        slices.push(times);
    }
    slices.sort_unstable_by_key(|times| times.iter().sum::<Duration>());
    let median = &slices[1];
    report.row(whole, median.iter().sum::<Duration>().as_secs_f64(), "s", &AtMost(1.0));
    report.row(
        "the first slice, which finds them all",
        milliseconds(median[0]),
        "ms",
        &AtMost(250.0),
    );
    report.row(slice, milliseconds(*median[1..].iter().max().unwrap()), "ms", &AtMost(10.0));
}
