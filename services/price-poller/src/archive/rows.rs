//! Parser of the lines of archives.
//!
//! Trades: id, price, quantity, quote quantity, time (ms, or µs from 2025 on), and one or two flags.
//! Aggregate trades: id, price, quantity, first and last trade id, time, and one or two flags. Some
//! files begin with a line of column names.

use super::files::Layout;
use crate::binance_frame::time_us;
use messages::{Symbol, Trade};

/// The start of 2009; an earlier value is not the time of a trade, but a column of another layout.
const TIME_US_MIN: u64 = 1_230_768_000_000_000;

/// The positions of the columns.
struct Columns {
    /// The trade id; for an aggregate trade the id of its last trade, so that it is one of the
    /// venue's trade ids.
    id: usize,
    time: usize,
}

const fn columns(layout: Layout) -> Columns {
    match layout {
        Layout::Trades => Columns { id: 0, time: 4 },
        Layout::AggTrades => Columns { id: 4, time: 5 },
    }
}

/// Parses one line of a file.
///
/// # Errors
/// Returns the problem with the line.
pub fn parse(line: &str, symbol: Symbol, layout: Layout) -> Result<Trade, String> {
    let columns = columns(layout);
    let cells: Vec<&str> = line.trim_end().split(',').collect();
    let cell =
        |at: usize, name: &str| cells.get(at).copied().ok_or_else(|| format!("{name} is missing"));
    let wrong = |name: &str, text: &str| format!("{name} is {text:?}");
    let (price, qty) = (cell(1, "the price")?, cell(2, "the quantity")?);
    let (id, time) = (cell(columns.id, "the trade id")?, cell(columns.time, "the time")?);
    if let Some(flag) = cells.get(columns.time + 1)
        && !flag.eq_ignore_ascii_case("true")
        && !flag.eq_ignore_ascii_case("false")
    {
        return Err("the columns are those of another kind of file".to_owned());
    }
    let trade = Trade {
        symbol,
        trade_id: id.parse().map_err(|_| wrong("the trade id", id))?,
        price: price.parse().map_err(|_| wrong("the price", price))?,
        qty: qty.parse().map_err(|_| wrong("the quantity", qty))?,
        time_us: time.parse().map(time_us).map_err(|_| wrong("the time", time))?,
    };
    if trade.time_us < TIME_US_MIN {
        return Err(format!("the time is {time:?}, before 2009"));
    }
    trade.checked().map_err(|invalid| invalid.to_string())
}

/// Parses only the time and id of a line; returns none where there is no trade.
pub fn key(line: &str, layout: Layout) -> Option<(u64, u64)> {
    let columns = columns(layout);
    let mut cells = line.trim_end().split(',');
    let id = cells.nth(columns.id)?.parse().ok()?;
    let time = cells.nth(columns.time - columns.id - 1)?.parse().ok().map(time_us)?;
    (time >= TIME_US_MIN).then_some((time, id))
}
