//! The trades of an interval.

use messages::Trade;
use price::{Price, Qty, Usd};

/// The units of a quote volume in one unit of an amount: products of price and quantity are kept
/// whole.
const QUOTE_SCALE: i128 = 100_000_000;

/// The sums over trades, without gaps only as far as the trades were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The start (Unix ms).
    pub start_ms: u64,
    pub first_id: u64,
    pub last_id: u64,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    /// In the base asset.
    pub volume: Qty,
    /// The sum of price × quantity, at scale 10^16.
    pub quote: i128,
    pub trades: u64,
}

impl Bucket {
    /// Begins with a trade.
    pub fn begin(start_ms: u64, trade: &Trade) -> Self {
        let Trade { trade_id, price, qty, .. } = *trade;
        Self {
            start_ms,
            first_id: trade_id,
            last_id: trade_id,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: qty,
            quote: price.scaled().saturating_mul(qty.scaled()),
            trades: 1,
        }
    }

    /// Appends later trades.
    pub fn append(&mut self, later: &Self) {
        self.last_id = later.last_id;
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        // A sum that does not fit stops growing; no market trades that much.
        self.volume = self.volume.checked_add(later.volume).unwrap_or(self.volume);
        self.quote = self.quote.saturating_add(later.quote);
        self.trades += later.trades;
    }

    /// The traded volume in the quote asset; digits beyond the eighth decimal are cut off.
    pub const fn quote_volume(&self) -> Usd {
        Usd::from_scaled(self.quote / QUOTE_SCALE)
    }

    /// The average price, weighted by quantities.
    pub fn average_price(&self) -> Price {
        Price::from_scaled(self.quote.checked_div(self.volume.scaled()).unwrap_or_default())
    }

    /// The numbers as a text, without the start.
    pub fn to_text(self) -> String {
        let Self { first_id, last_id, open, high, low, close, volume, quote, trades, .. } = self;
        let [open, high, low, close] = [open, high, low, close].map(Price::scaled);
        let volume = volume.scaled();
        format!("{first_id} {last_id} {open} {high} {low} {close} {volume} {quote} {trades}")
    }

    /// Parses the output of [`Self::to_text`].
    pub fn parse(start_ms: u64, text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut number = || words.next()?.parse::<i128>().ok();
        let (first_id, last_id) = (number()?.try_into().ok()?, number()?.try_into().ok()?);
        let [open, high, low, close] =
            [number()?, number()?, number()?, number()?].map(Price::from_scaled);
        let volume = Qty::from_scaled(number()?);
        let (quote, trades) = (number()?, number()?.try_into().ok()?);
        Some(Self { start_ms, first_id, last_id, open, high, low, close, volume, quote, trades })
    }
}
