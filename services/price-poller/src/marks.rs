//! The mark prices of all instruments that have one: the venue's on Binance, averages of the
//! accepted trades otherwise.

use crate::average::{Average, INDEX_WINDOW_MS, MARK_WINDOW_MS};
use crate::premium::{Settling, next_funding_ms};
use markets::Markets;
use messages::{Feed, Funding, FundingSource, Instrument, MarkPrice, SettleFunding, Symbol};
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
    /// The fundings that the poller settles itself.
    settlings: BTreeMap<Symbol, Settling>,
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

    /// Returns the instruments whose fundings the poller settles itself and that have not been
    /// prepared for it.
    pub fn unprepared(&self, listed: &Markets) -> Vec<Symbol> {
        let instruments = listed.all().iter().filter(|listed| self.settles(listed).is_some());
        let symbols = instruments.map(|instrument| instrument.symbol);
        symbols.filter(|symbol| !self.settlings.contains_key(symbol)).collect()
    }

    /// Prepares for the fundings of an instrument.
    pub fn prepare(&mut self, symbol: Symbol, settling: Settling) {
        self.settlings.insert(symbol, settling);
    }

    /// Returns a mark price of the venue as it is to be sent. Without an accepted trade there is
    /// nothing to close at it, and it is not sent.
    pub fn take(&mut self, mark: MarkPrice, listed: &Markets) -> Option<MarkPrice> {
        let instrument = listed.get(mark.symbol).filter(|instrument| instrument.has_mark())?;
        if self.feed != Some(Feed::Binance) || !self.averages.contains_key(&mark.symbol) {
            return None;
        }
        if let Some(funding) = self.settles(instrument) {
            if let Some(settling) = self.settlings.get_mut(&mark.symbol) {
                settling.add(mark.mark, mark.index);
            }
            return Some(self.announced(mark, funding));
        }
        let is_funded = instrument.funding.is_some();
        Some(MarkPrice {
            funding_rate: mark.funding_rate.filter(|_| is_funded),
            next_funding_ms: mark.next_funding_ms.filter(|_| is_funded),
            ..mark
        })
    }

    /// Returns the mark prices and the fundings of the second that `now_ms` (Unix ms) is in, once.
    /// An instrument without a recent accepted trade has no mark price.
    pub fn due(&mut self, listed: &Markets, now_ms: u64) -> (Vec<MarkPrice>, Vec<SettleFunding>) {
        let second_ms = now_ms - now_ms % INTERVAL_MS;
        let (mut marks, mut fundings) = (Vec::new(), Vec::new());
        let Some(feed) = self.feed else { return (marks, fundings) };
        if std::mem::replace(&mut self.second_ms, second_ms) == second_ms {
            return (marks, fundings);
        }
        for instrument in listed.all().iter().filter(|instrument| instrument.has_mark()) {
            let symbol = instrument.symbol;
            let mark = if feed == Feed::Binance { None } else { self.averaged(symbol, second_ms) };
            let Some(funding) = self.settles(instrument) else {
                // Fundings that come back later do not begin in the past.
                self.settlings.remove(&symbol);
                marks.extend(mark);
                continue;
            };
            if let Some(settling) = self.settlings.get_mut(&symbol) {
                if let Some(mark) = mark {
                    settling.add(mark.mark, mark.index);
                }
                fundings.extend(settling.settle(symbol, funding, second_ms));
            }
            marks.extend(mark.map(|mark| self.announced(mark, funding)));
        }
        self.settlings.retain(|symbol, _| listed.get(*symbol).is_some_and(Instrument::has_mark));
        (marks, fundings)
    }

    fn averaged(&mut self, symbol: Symbol, second_ms: u64) -> Option<MarkPrice> {
        let average = self.averages.get_mut(&symbol)?;
        let mark = average.over(MARK_WINDOW_MS, second_ms).filter(|mark| mark.is_positive())?;
        let index = average.over(INDEX_WINDOW_MS, second_ms);
        let mut mark = MarkPrice::new(symbol, mark, index);
        mark.marked_at_ms = Some(second_ms);
        Some(mark)
    }

    /// Returns the funding of an instrument if the poller settles it itself: by premiums, also in
    /// the place of a venue whose prices are not used.
    fn settles(&self, instrument: &Instrument) -> Option<Funding> {
        let is_settled_by_venue = |funding: &Funding| {
            funding.source == FundingSource::Venue && self.feed == Some(Feed::Binance)
        };
        instrument.funding.filter(|funding| !is_settled_by_venue(funding))
    }

    /// Adds the next funding to a mark price.
    fn announced(&self, mark: MarkPrice, funding: Funding) -> MarkPrice {
        let settling = self.settlings.get(&mark.symbol);
        let next_funding_ms = mark.marked_at_ms.map(|at_ms| next_funding_ms(funding, at_ms));
        MarkPrice {
            funding_rate: settling.map(|settling| settling.predicted(funding)),
            next_funding_ms,
            ..mark
        }
    }
}

#[cfg(test)]
mod tests;
