//! Merging of stored candles, pending trades and history into candles.

use messages::Timeframe;
use price::{Notional, Price, Qty, Rounding, Usd};
use std::collections::BTreeMap;

/// A candle, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// The start (Unix s); for a pending trade, its time.
    pub time_s: u64,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    /// In the base asset.
    pub volume: Qty,
    /// The number of trades.
    pub trades: u64,
    /// The volume in the quote asset: the sum of prices times quantities, or an estimate of it where
    /// the trades are gone, by the mean of the candle's four prices.
    pub notional: Notional,
}

/// Returns a volume in the quote asset, rounded down to 8 decimals.
pub fn quote_volume(notional: Notional) -> Usd {
    notional.share(1, 1, Rounding::Floor).unwrap_or_default()
}

/// The source of a row, in the order in which sources are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// History, up to where recording began within the candle.
    Head,
    /// Stored trades.
    Trades,
    /// A trade that is not stored yet.
    Pending,
    /// History, from where recording ended within the candle.
    Tail,
    /// History of the whole candle; used only where there is nothing else.
    History,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub source: Source,
    pub candle: Candle,
}

/// Returns the newest `limit` candles, oldest first. Rows of one source must be in order of time;
/// whole candles may be in reverse order.
pub fn merge(mut rows: Vec<Row>, timeframe: Timeframe, limit: usize) -> Vec<Candle> {
    // Stable: pending trades keep their order.
    rows.sort_by_key(|row| row.source);
    let mut merged: BTreeMap<u64, Candle> = BTreeMap::new();
    for Row { source, candle } in rows {
        let time_s = timeframe.start_of(candle.time_s);
        match merged.entry(time_s) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(Candle { time_s, ..candle });
            }
            std::collections::btree_map::Entry::Occupied(mut known) => {
                if source != Source::History {
                    known.get_mut().append(&candle);
                }
            }
        }
    }
    let surplus = merged.len().saturating_sub(limit);
    merged.into_values().skip(surplus).collect()
}

impl Candle {
    /// Appends a later candle or trade.
    pub fn append(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume = self.volume.checked_add(later.volume).unwrap_or(self.volume);
        self.trades = self.trades.saturating_add(later.trades);
        let notional = self.notional.scaled().checked_add(later.notional.scaled());
        self.notional = notional.map_or(self.notional, Notional::from_scaled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: Source, time_s: u64, prices: [i64; 4], volume: i64) -> Row {
        let [open, high, low, close] = prices.map(Price::from);
        let (volume, trades, notional) = (volume.into(), 1, Notional::from_scaled(2));
        let candle = Candle { time_s, open, high, low, close, volume, trades, notional };
        Row { source, candle }
    }

    fn merged(rows: &[Row], limit: usize) -> Vec<(u64, [i128; 4], i128)> {
        let candles = merge(rows.to_vec(), Timeframe::M1, limit);
        let prices = |c: &Candle| [c.open, c.high, c.low, c.close].map(Price::scaled);
        candles.iter().map(|c| (c.time_s, prices(c), c.volume.scaled())).collect()
    }

    #[test]
    fn head_trades_and_pending_trades_follow_each_other() {
        let rows = [
            row(Source::Pending, 119, [9, 9, 9, 9], 1),
            row(Source::Pending, 120, [8, 8, 8, 8], 1),
            row(Source::Trades, 60, [5, 6, 4, 5], 10),
            row(Source::Head, 60, [2, 7, 2, 3], 100),
        ];
        assert_eq!(merged(&rows, 10), [(60, [2, 9, 2, 9], 111), (120, [8, 8, 8, 8], 1)]);
        assert_eq!(merged(&rows, 1), [(120, [8, 8, 8, 8], 1)]);
        let first = merge(rows.to_vec(), Timeframe::M1, 2)[0];
        assert_eq!((first.trades, first.notional.scaled()), (3, 6));
    }

    #[test]
    fn the_past_of_a_whole_candle_never_touches_one_of_trades() {
        let rows = [
            row(Source::History, 60, [1, 99, 1, 1], 7),
            row(Source::Trades, 60, [5, 6, 4, 5], 10),
            row(Source::History, 0, [1, 2, 1, 2], 7),
            row(Source::Tail, 0, [3, 3, 3, 3], 1),
        ];
        assert_eq!(merged(&rows, 10), [(0, [3, 3, 3, 3], 1), (60, [5, 6, 4, 5], 10)]);
    }
}
