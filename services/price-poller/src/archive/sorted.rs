//! The trades of one file in the order of their times, whatever order its lines have, in bounded
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

/// How many trades are held back to put those in order that stand near their place.
const WINDOW: usize = 10_000;

/// How many trades one pass over a file that is out of order brings.
const PASS_LEN: usize = 1_000_000;

/// Time (Unix µs) and id: the order of trades.
type Key = (u64, u64);

/// An item of a file.
pub type Row = Result<Trade, ArchiveError>;

/// The order of trades, also of the database's candles.
pub fn key(trade: &Trade) -> Key {
    (trade.time_us, trade.trade_id)
}

/// Reads a file in order. Lines that are no trades are items at the place where they stand, or
/// before all others.
pub fn read(file: &ArchiveFile, findings: &Findings) -> Box<dyn Iterator<Item = Row> + Send> {
    let order = match Order::of(file) {
        Ok(order) => order,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    if order != Order::Sorted {
        let path = file.path.display();
        tracing::warn!(%path, "the lines of a file are not in the order of time: they are sorted");
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
    /// Within [`WINDOW`] lines.
    NearlySorted,
    Disordered,
}

impl Order {
    /// Looks through a whole file, at times and ids only.
    fn of(file: &ArchiveFile) -> Result<Self, ArchiveError> {
        let mut order = Self::Sorted;
        let (mut newest, mut last_out) = (Key::default(), Key::default());
        let mut window = BinaryHeap::new();
        for line in open(file)? {
            // What is wrong is reported when the file is played.
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

/// The lines of a file as they stand.
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

/// Holds some trades back until those that belong before them have come.
struct Window<I> {
    rows: I,
    /// By key; of trades with the same key all are kept.
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

/// Reads a file again and again, each time for the next trades in order.
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
                // Each pass finds them; they are told once.
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
