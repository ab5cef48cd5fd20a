//! Binance's public trade archives, as files: `BTCUSDT-trades-2021-01-08.csv` or `.zip`, and
//! `BTCUSDT-aggTrades-2021-01-08.csv` or `.zip`.

pub mod files;
pub mod findings;
mod lines;
mod rows;
mod sorted;

use files::{ArchiveFile, Groups};
use findings::Findings;
use sorted::{Row, key};
use std::io;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

pub use rows::parse;

/// Why an archive can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file system says no.
    #[error("{path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The name says neither that it has trades nor of which symbol.
    #[error(
        "{path}: the name of an archive begins with its symbol and says that it has trades, as in \
         BTCUSDT-trades-2021-01-08.csv or BTCUSDT-aggTrades-2021-01-08.csv"
    )]
    Name {
        /// Which file.
        path: PathBuf,
    },
    /// A ZIP with something else in it than its name says.
    #[error("{path}: the file in it is of another symbol, or has no trades")]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// There is no archive in the folder.
    #[error("{path}: there is no .csv or .zip file here")]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// A line that is no trade.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// The trades of a file, or of all files of a folder, in the order of their times.
///
/// # Errors
/// When there is nothing to read; a line that is wrong is an item of the iterator.
pub fn trades(path: &Path) -> Result<impl Iterator<Item = Row> + Send + use<>, ArchiveError> {
    open(path, &Findings::default())
}

/// As [`trades`]; counts what is found.
///
/// # Errors
/// When there is nothing to read.
pub fn open(
    path: &Path,
    findings: &Findings,
) -> Result<impl Iterator<Item = Row> + Send + use<>, ArchiveError> {
    let symbols = files::find(path, findings)?;
    let one_symbol = |groups| of_one_symbol(groups, findings.clone()).peekable();
    let mut sources: Vec<_> = symbols.into_iter().map(one_symbol).collect();
    Ok(std::iter::from_fn(move || next_of(&mut sources)))
}

/// The earliest trade of several sources. Sources are few: looking at each beats a heap.
fn next_of<I: Iterator<Item = Row>>(sources: &mut [Peekable<I>]) -> Option<Row> {
    let earliest = sources.iter_mut().filter_map(|source| {
        // An error is due at once.
        let key = source.peek()?.as_ref().map_or((0, 0), key);
        Some((key, source))
    });
    earliest.min_by_key(|(key, _)| *key)?.1.next()
}

/// The trades of one symbol, each of them once.
fn of_one_symbol(groups: Groups, findings: Findings) -> impl Iterator<Item = Row> + Send {
    let mut last: Option<(u64, u64)> = None;
    let counting = findings.clone();
    let rows = groups.into_iter().flat_map(move |group| of_one_group(&group, &findings));
    rows.filter(move |row| {
        match row {
            Ok(trade) if last == Some(key(trade)) => {
                counting.add(|counts| counts.duplicates += 1);
                return false;
            }
            Ok(trade) => {
                if let Some((last_us, _)) = last.replace(key(trade)) {
                    counting.add_gap(trade.time_us.saturating_sub(last_us));
                }
            }
            Err(ArchiveError::Foreign { .. }) => counting.add(|counts| counts.skipped_files += 1),
            Err(_) => counting.add(|counts| counts.skipped_lines += 1),
        }
        true
    })
}

/// The trades of files that may be of the same time.
fn of_one_group(
    group: &[ArchiveFile],
    findings: &Findings,
) -> impl Iterator<Item = Row> + Send + use<> {
    let mut files: Vec<_> =
        group.iter().map(|file| sorted::read(file, findings).peekable()).collect();
    std::iter::from_fn(move || next_of(&mut files))
}
