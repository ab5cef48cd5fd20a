//! Discovery of archive files by their names: `{SYMBOL}-trades-2021-01-08.csv`,
//! `{SYMBOL}-aggTrades-2021-01.zip`.

use super::ArchiveError;
use super::findings::Findings;
use messages::Symbol;
use std::io;
use std::path::{Path, PathBuf};

/// The columns of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One line per trade.
    Trades,
    /// One line per order and price: the trades are aggregated.
    AggTrades,
}

/// A file of one symbol's trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveFile {
    /// The path.
    pub path: PathBuf,
    /// The symbol, from the file name.
    pub symbol: Symbol,
    /// The layout, from the file name.
    pub layout: Layout,
    /// The days covered, from the file name, as `year × 10,000 + month × 100 + day`, both included.
    days: (u32, u32),
}

/// The files of one symbol, in groups: times may overlap within a group, and each group is later
/// than the one before.
pub type Groups = Vec<Vec<ArchiveFile>>;

/// Finds the archives at a path, which is a file or a folder, and groups them by symbol.
///
/// # Errors
/// Returns an error when there is none, or the path can't be read.
pub fn find(path: &Path, findings: &Findings) -> Result<Vec<Groups>, ArchiveError> {
    let mut files = Vec::new();
    let mut refused = None;
    for path in paths(path)? {
        match ArchiveFile::named(&path) {
            Ok(file) => files.push(file),
            Err(error) => {
                tracing::warn!(%error, "a file is skipped");
                findings.add(|counts| counts.skipped_files += 1);
                refused.get_or_insert(error);
            }
        }
    }
    if files.is_empty() {
        return Err(refused.unwrap_or_else(|| ArchiveError::Empty { path: path.to_owned() }));
    }
    let whole: Vec<ArchiveFile> =
        files.iter().filter(|file| file.layout == Layout::Trades).cloned().collect();
    files.retain(|file| {
        let is_covered = file.layout == Layout::AggTrades
            && whole.iter().any(|other| other.symbol == file.symbol && other.overlaps(file));
        if is_covered {
            let path = file.path.display();
            tracing::warn!(%path, "a file is skipped: another one has the same trades");
            findings.add(|counts| counts.skipped_files += 1);
        }
        !is_covered
    });
    files.sort_by(|a, b| (a.symbol, a.days, &a.path).cmp(&(b.symbol, b.days, &b.path)));
    let symbols = files.chunk_by(|a, b| a.symbol == b.symbol);
    Ok(symbols.map(groups).collect())
}

fn groups(files: &[ArchiveFile]) -> Groups {
    let mut groups = Groups::new();
    for file in files {
        match groups.last_mut() {
            Some(group) if group.iter().any(|other| other.overlaps(file)) => {
                group.push(file.clone());
            }
            _ => groups.push(vec![file.clone()]),
        }
    }
    groups
}

fn paths(path: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let at = |source| ArchiveError::Io { path: path.to_owned(), source };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(at)?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let is_archive = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "csv" || extension == "zip")
    };
    let mut paths: Vec<PathBuf> = paths.map_err(at)?.into_iter().filter(is_archive).collect();
    paths.sort();
    Ok(paths)
}

impl ArchiveFile {
    fn named(path: &Path) -> Result<Self, ArchiveError> {
        let stem = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let (symbol, layout, days) =
            parse(stem).ok_or_else(|| ArchiveError::Name { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), symbol, layout, days })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.days.0 <= other.days.1 && other.days.0 <= self.days.1
    }

    /// Returns whether the name of a file in a ZIP agrees with the ZIP's own name.
    pub fn may_contain(&self, name: &str) -> bool {
        let stem = name.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".csv").unwrap_or(stem);
        parse(stem).is_some_and(|(symbol, layout, _)| {
            symbol == self.symbol && (layout == self.layout || !stem.contains('-'))
        })
    }
}

/// Parses a file name; one with nothing after the symbol holds trades.
fn parse(stem: &str) -> Option<(Symbol, Layout, (u32, u32))> {
    let mut parts = stem.split('-');
    let symbol = parts.next()?.parse().ok()?;
    let layout = match parts.next() {
        None | Some("trades") => Layout::Trades,
        Some("aggTrades") => Layout::AggTrades,
        Some(_) => return None,
    };
    let numbers: Vec<Option<u32>> = parts.map(|part| part.parse().ok()).collect();
    let days = match numbers.as_slice() {
        [Some(year), Some(month)] => {
            let month = year * 10_000 + month * 100;
            (month, month + 99)
        }
        [Some(year), Some(month), Some(day)] => {
            let day = year * 10_000 + month * 100 + day;
            (day, day)
        }
        // The name gives no day: the file may cover any time.
        _ => (0, u32::MAX),
    };
    Some((symbol, layout, days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_as_trades_is_read_as_trades() {
        let (btc, any) = (Symbol::from_static("BTCUSDT"), (0, u32::MAX));
        let rows = [
            ("BTCUSDT", Some((btc, Layout::Trades, any))),
            ("BTCUSDT-trades-2021-01-08", Some((btc, Layout::Trades, (20_210_108, 20_210_108)))),
            ("BTCUSDT-trades-2021-01", Some((btc, Layout::Trades, (20_210_100, 20_210_199)))),
            ("BTCUSDT-aggTrades-2023-05", Some((btc, Layout::AggTrades, (20_230_500, 20_230_599)))),
            ("BTCUSDT-trades-of-mine", Some((btc, Layout::Trades, any))),
            ("BTCUSDT-1m-2021-01", None),
            ("BTCUSDT-klines", None),
            ("dogeusdt-trades-2021-01-08", None),
            ("prices", None),
        ];
        for (stem, expected) in rows {
            assert_eq!(parse(stem), expected, "{stem}");
        }
    }
}
