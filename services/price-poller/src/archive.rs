//! Binance's public trade archives, as files: `BTCUSDT-trades-2021-01-08.csv` or `.zip`.
//!
//! Columns: trade id, price, quantity, quote quantity, time (ms, or µs from 2025 on), and two that
//! are not used here. Some files begin with a line of column names.

mod lines;

use crate::binance_frame::{checked, time_us};
use lines::{Lines, NoLine};
use messages::{Symbol, Trade};
use std::io;
use std::path::{Path, PathBuf};

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
    /// The name doesn't begin with a symbol.
    #[error(
        "{path}: the name of an archive begins with its symbol, as in BTCUSDT-trades-2021-01-08.csv"
    )]
    Name {
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

/// The trades of one symbol's files, one after the other.
type SymbolTrades = Box<dyn Iterator<Item = Result<Trade, ArchiveError>> + Send>;

/// The trades of a file, or of all files of a folder, in the order of their times.
///
/// # Errors
/// When there is nothing to read; a line that is wrong is an item of the iterator.
pub fn trades(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Trade, ArchiveError>> + Send + use<>, ArchiveError> {
    let mut sources = Vec::new();
    for (symbol, files) in by_symbol(path)? {
        let trades: SymbolTrades =
            Box::new(files.into_iter().flat_map(move |file| read(&file, symbol)));
        sources.push(trades.peekable());
    }
    Ok(std::iter::from_fn(move || {
        // Symbols are few: looking at each beats a heap.
        let earliest = sources.iter_mut().filter_map(|source| {
            // An error is due at once.
            let time = match source.peek()? {
                Ok(trade) => trade.time_us,
                Err(_) => 0,
            };
            Some((time, source))
        });
        earliest.min_by_key(|(time, _)| *time)?.1.next()
    }))
}

fn by_symbol(path: &Path) -> Result<Vec<(Symbol, Vec<PathBuf>)>, ArchiveError> {
    let at = |source| ArchiveError::Io { path: path.to_owned(), source };
    let mut files = if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(at)?;
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
        paths.map_err(at)?.into_iter().filter(|path| is_archive(path)).collect()
    } else {
        vec![path.to_owned()]
    };
    files.sort();
    if files.is_empty() {
        return Err(ArchiveError::Empty { path: path.to_owned() });
    }
    let mut symbols: Vec<(Symbol, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let symbol = symbol_of(&file)?;
        match symbols.iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, files)) => files.push(file),
            None => symbols.push((symbol, vec![file])),
        }
    }
    Ok(symbols)
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "csv" || extension == "zip")
}

fn symbol_of(path: &Path) -> Result<Symbol, ArchiveError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let prefix = name.split(['-', '.', '_']).next().unwrap_or_default();
    prefix.parse().map_err(|_| ArchiveError::Name { path: path.to_owned() })
}

fn read(path: &Path, symbol: Symbol) -> SymbolTrades {
    let at = path.to_owned();
    let lines = match Lines::open(path) {
        Ok(lines) => lines,
        Err(source) => {
            return Box::new(std::iter::once(Err(ArchiveError::Io { path: at, source })));
        }
    };
    Box::new(lines.enumerate().filter_map(move |(n, line)| {
        let wrong = |problem| ArchiveError::Line { path: at.clone(), line: n + 1, problem };
        let line = match line {
            Ok(line) => line,
            Err(NoLine::Io(source)) => {
                return Some(Err(ArchiveError::Io { path: at.clone(), source }));
            }
            Err(no_line) => return Some(Err(wrong(no_line.to_string()))),
        };
        let is_header = n == 0 && !line.starts_with(|c: char| c.is_ascii_digit());
        if is_header || line.trim().is_empty() {
            return None;
        }
        Some(parse(&line, symbol).map_err(wrong))
    }))
}

/// One line of an archive.
///
/// # Errors
/// What is wrong with it.
pub fn parse(line: &str, symbol: Symbol) -> Result<Trade, String> {
    let mut columns = line.trim_end().split(',');
    let mut column = |name: &str| columns.next().ok_or_else(|| format!("{name} is missing"));
    let (id, price, qty) = (column("the trade id")?, column("the price")?, column("the quantity")?);
    column("the quote quantity")?;
    let time = column("the time")?;
    let wrong = |name: &str, text: &str| format!("{name} is {text:?}");
    let trade = Trade {
        symbol,
        trade_id: id.parse().map_err(|_| wrong("the trade id", id))?,
        price: price.parse().map_err(|_| wrong("the price", price))?,
        qty: qty.parse().map_err(|_| wrong("the quantity", qty))?,
        time_us: time.parse().map(time_us).map_err(|_| wrong("the time", time))?,
    };
    checked(trade).map_err(|field| format!("{field} is out of range"))
}
