//! The mark prices of all instruments that have one: the venue's on Binance, averages of the
//! accepted trades otherwise.

use crate::average::{Average, INDEX_WINDOW_MS, MARK_WINDOW_MS};
use markets::Markets;
use messages::{Feed, Instrument, MarkPrice, Symbol};
use price::Price;
use std::collections::BTreeMap;

/// The interval of averaged mark prices.
const INTERVAL_MS: u64 = 1_000;

/// The mark prices.
#[derive(Default)]
pub struct Marks {
    /// The source of the trades; none before it has started.
    feed: Option<Feed>,
    /// The accepted trades of each symbol.
    averages: BTreeMap<Symbol, Average>,
    /// The second of the last averages (Unix ms).
    second_ms: u64,
}

impl Marks {
    /// Begins with the trades of a source; those from before do not count.
    pub fn begin(&mut self, feed: Feed) {
        self.feed = Some(feed);
        self.averages.clear();
    }

    /// Forgets the trades of a symbol.
    pub fn forget(&mut self, symbol: Symbol) {
        self.averages.remove(&symbol);
    }

    /// Adds the price of an accepted trade, at the time of the feed's clock (Unix ms).
    pub fn sample(&mut self, symbol: Symbol, price: Price, at_ms: u64) {
        let new = || Average::new(price, at_ms);
        self.averages.entry(symbol).or_insert_with(new).add(price, at_ms);
    }

    /// Returns a mark price of the venue as it is to be sent. Without an accepted trade there is
    /// nothing to close at it, and it is not sent.
    pub fn take(&mut self, mark: MarkPrice, listed: &Markets) -> Option<MarkPrice> {
        let instrument = listed.get(mark.symbol).filter(|instrument| instrument.has_mark())?;
        if self.feed != Some(Feed::Binance) || !self.averages.contains_key(&mark.symbol) {
            return None;
        }
        let is_funded = instrument.funding.is_some();
        Some(MarkPrice {
            funding_rate: mark.funding_rate.filter(|_| is_funded),
            next_funding_ms: mark.next_funding_ms.filter(|_| is_funded),
            ..mark
        })
    }

    /// Returns the mark prices of the second that `now_ms` (Unix ms) is in, once. There is none of
    /// an instrument without a recent accepted trade.
    pub fn due(&mut self, listed: &Markets, now_ms: u64) -> Vec<MarkPrice> {
        let second_ms = now_ms - now_ms % INTERVAL_MS;
        let is_averaged = self.feed.is_some_and(|feed| feed != Feed::Binance);
        if !is_averaged || std::mem::replace(&mut self.second_ms, second_ms) == second_ms {
            return Vec::new();
        }
        let instruments = listed.all().iter().filter(|instrument| instrument.has_mark());
        instruments.filter_map(|instrument| self.averaged(instrument, second_ms)).collect()
    }

    fn averaged(&mut self, instrument: &Instrument, second_ms: u64) -> Option<MarkPrice> {
        let average = self.averages.get_mut(&instrument.symbol)?;
        let mark = average.over(MARK_WINDOW_MS, second_ms).filter(|mark| mark.is_positive())?;
        let index = average.over(INDEX_WINDOW_MS, second_ms);
        let mut mark = MarkPrice::new(instrument.symbol, mark, index);
        mark.marked_at_ms = Some(second_ms);
        Some(mark)
    }
}

#[cfg(test)]
mod tests;
