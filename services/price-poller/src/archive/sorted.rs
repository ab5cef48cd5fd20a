//! Reader of one file's trades in order of time, whatever the order of its lines, in bounded
//! memory.

use super::ArchiveError;
use super::files::ArchiveFile;
use super::findings::Findings;
use super::lines::{Lines, NoLine};
use super::rows;
use messages::Trade;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;

/// The number of trades held back to sort a nearly sorted file.
const WINDOW: usize = 10_000;

/// The number of trades that one pass over an unsorted file returns.
const PASS_LEN: usize = 1_000_000;

/// The sort key of trades: time (Unix µs) and id.
type Key = (u64, u64);

/// A trade, or a line or file that can't be read.
pub type Row = Result<Trade, ArchiveError>;

/// Returns the sort key of a trade; the database's candles use the same order.
pub fn key(trade: &Trade) -> Key {
    (trade.time_us, trade.trade_id)
}

/// Reads a file in order. A line that is not a trade is an item at its place in the file, or before
/// all trades.
pub fn read(file: &ArchiveFile, findings: &Findings) -> Box<dyn Iterator<Item = Row> + Send> {
    let order = match Order::of(file) {
        Ok(order) => order,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    if order != Order::Sorted {
        let path = file.path.display();
        tracing::warn!(%path, "the lines of a file are not in order of time; sorting them");
        findings.add(|counts| counts.disordered_files += 1);
    }
    match order {
        Order::Sorted => Box::new(rows(file)),
        Order::NearlySorted => Box::new(Window::new(rows(file))),
        Order::Disordered => Box::new(passes(file.clone())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Sorted,
    /// No trade is further than [`WINDOW`] lines from its place.
    NearlySorted,
    Disordered,
}

impl Order {
    /// Scans a whole file, parsing times and ids only.
    fn of(file: &ArchiveFile) -> Result<Self, ArchiveError> {
        let mut order = Self::Sorted;
        let (mut newest, mut last_out) = (Key::default(), Key::default());
        let mut window = BinaryHeap::new();
        for line in open(file)? {
            // Bad lines are reported when the file is played.
            let Ok(line) = line else { continue };
            let Some(key) = rows::key(&line, file.layout) else { continue };
            if key < newest {
                order = Self::NearlySorted;
            }
            newest = newest.max(key);
            window.push(Reverse(key));
            if window.len() > WINDOW
                && let Some(Reverse(out)) = window.pop()
            {
                if out < last_out {
                    return Ok(Self::Disordered);
                }
                last_out = out;
            }
        }
        Ok(order)
    }
}

fn open(file: &ArchiveFile) -> Result<Lines, ArchiveError> {
    let io = |source| ArchiveError::Io { path: file.path.clone(), source };
    Lines::open(&file.path, |name| file.may_contain(name))
        .map_err(io)?
        .ok_or_else(|| ArchiveError::Foreign { path: file.path.clone() })
}

/// Reads the lines of a file in their own order.
fn rows(file: &ArchiveFile) -> impl Iterator<Item = Row> + Send + use<> {
    let (lines, failure) = match open(file) {
        Ok(lines) => (Some(lines), None),
        Err(error) => (None, Some(Err(error))),
    };
    let (path, symbol, layout) = (file.path.clone(), file.symbol, file.layout);
    let rows =
        lines.into_iter().flatten().enumerate().filter_map(move |(n, line)| {
            row(&path, n, line, |line| rows::parse(line, symbol, layout))
        });
    failure.into_iter().chain(rows)
}

fn row(
    path: &Path,
    n: usize,
    line: Result<String, NoLine>,
    parse: impl Fn(&str) -> Result<Trade, String>,
) -> Option<Row> {
    let wrong = |problem| ArchiveError::Line { path: path.to_owned(), line: n + 1, problem };
    let line = match line {
        Ok(line) => line,
        Err(NoLine::Io(source)) => {
            return Some(Err(ArchiveError::Io { path: path.to_owned(), source }));
        }
        Err(no_line) => return Some(Err(wrong(no_line.to_string()))),
    };
    let is_header = n == 0 && !line.starts_with(|c: char| c.is_ascii_digit());
    if is_header || line.trim().is_empty() {
        return None;
    }
    Some(parse(&line).map_err(wrong))
}

/// Sorts within a window: holds trades back until earlier ones have arrived.
struct Window<I> {
    rows: I,
    /// The held trades by key and line count, so that trades with the same key are all kept.
    held: BTreeMap<(Key, u64), Trade>,
    count: u64,
}

impl<I: Iterator<Item = Row>> Window<I> {
    fn new(rows: I) -> Self {
        Self { rows, held: BTreeMap::new(), count: 0 }
    }
}

impl<I: Iterator<Item = Row>> Iterator for Window<I> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while self.held.len() <= WINDOW {
            match self.rows.next() {
                Some(Ok(trade)) => {
                    self.count += 1;
                    self.held.insert((key(&trade), self.count), trade);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        self.held.pop_first().map(|(_, trade)| Ok(trade))
    }
}

/// Reads a file repeatedly; each pass returns the next trades in order.
fn passes(file: ArchiveFile) -> impl Iterator<Item = Row> + Send {
    let mut after: Option<(Key, u64)> = None;
    let mut is_over = false;
    let pass = move || {
        if is_over {
            return None;
        }
        let mut next: BTreeMap<(Key, u64), Trade> = BTreeMap::new();
        let mut errors = Vec::new();
        for (row, n) in rows(&file).zip(1_u64..) {
            match row {
                Ok(trade) => {
                    let place = (key(&trade), n);
                    if after.is_none_or(|after| place > after) {
                        next.insert(place, trade);
                    }
                    if next.len() > PASS_LEN {
                        next.pop_last();
                    }
                }
                // Each pass finds them; only the first reports them.
                Err(error) if after.is_none() => errors.push(Err(error)),
                Err(_) => {}
            }
        }
        is_over = next.len() < PASS_LEN;
        after = next.last_key_value().map(|(place, _)| *place).or(after);
        Some(errors.into_iter().chain(next.into_values().map(Ok)))
    };
    std::iter::from_fn(pass).flatten()
}
