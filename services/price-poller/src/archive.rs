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

/// The reason an archive can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file or folder can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The file system's error.
        source: io::Error,
    },
    /// The file name does not give a symbol and a kind of trades.
    #[error(
        "{path}: the name of an archive begins with its symbol and the kind of trades, as in \
         BTCUSDT-trades-2021-01-08.csv or BTCUSDT-aggTrades-2021-01-08.csv"
    )]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A ZIP whose content does not match its name.
    #[error("{path}: the file inside belongs to another symbol, or has no trades")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds no archive.
    #[error("{path}: there is no .csv or .zip file here")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A line that is not a trade.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line number, counted from 1.
        line: usize,
        /// The problem.
        problem: String,
    },
}

/// Returns the trades of a file, or of all files of a folder, in order of time.
///
/// # Errors
/// Returns an error when there is nothing to read; a bad line is an item of the iterator.
pub fn trades(path: &Path) -> Result<impl Iterator<Item = Row> + Send + use<>, ArchiveError> {
    open(path, &Findings::default())
}

/// Returns the same as [`trades`], and counts problems in `findings`.
///
/// # Errors
/// Returns an error when there is nothing to read.
pub fn open(
    path: &Path,
    findings: &Findings,
) -> Result<impl Iterator<Item = Row> + Send + use<>, ArchiveError> {
    let symbols = files::find(path, findings)?;
    let one_symbol = |groups| of_one_symbol(groups, findings.clone()).peekable();
    let mut sources: Vec<_> = symbols.into_iter().map(one_symbol).collect();
    Ok(std::iter::from_fn(move || next_of(&mut sources)))
}

/// Takes the earliest trade of several sources. Sources are few: a scan beats a heap.
fn next_of<I: Iterator<Item = Row>>(sources: &mut [Peekable<I>]) -> Option<Row> {
    let earliest = sources.iter_mut().filter_map(|source| {
        // Errors come first.
        let key = source.peek()?.as_ref().map_or((0, 0), key);
        Some((key, source))
    });
    earliest.min_by_key(|(key, _)| *key)?.1.next()
}

/// The trades of one symbol, without duplicates.
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

/// The trades of files whose times may overlap.
fn of_one_group(
    group: &[ArchiveFile],
    findings: &Findings,
) -> impl Iterator<Item = Row> + Send + use<> {
    let mut files: Vec<_> =
        group.iter().map(|file| sorted::read(file, findings).peekable()).collect();
    std::iter::from_fn(move || next_of(&mut files))
}
