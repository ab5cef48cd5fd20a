//! The listed instruments, each with its last price.

use crate::exchange::Tick;
use crate::position::PackedPosition;
use crate::text::number_of;
use crate::valuation::{self, Quote};
use messages::{
    DisputeReason, FillPolicy, Instrument, InstrumentStatus, LiquidationModel, PriceSource,
    Rejection, Side, Simulation, Symbol,
};
use price::{Price, Qty, Rate, Usd};
use std::sync::Arc;

/// The place of an instrument among all, in the order in which they were first listed. It never
/// changes, so positions, triggers and snapshots refer to an instrument by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentIndex(pub u32);

impl InstrumentIndex {
    /// The index for tables by instrument.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// An instrument with its last price.
#[derive(Clone, Debug)]
pub struct Listed {
    pub symbol: Symbol,
    pub instrument: Arc<Instrument>,
    pub tick: Option<Tick>,
    /// The reason why the last price fills nothing, until the next price.
    pub dispute: Option<DisputeReason>,
    /// Whether its ticks need no look at a mark price, a status or waiting orders: it has no mark price,
    /// is not halted, and fills at the last quote.
    pub is_plain: bool,
    /// Whether orders may wait for its next quote although it fills at the last one.
    pub has_waiting: bool,
    /// Whether something may be reached by the last price that was not served at it.
    pub is_behind: bool,
    pub mark: Option<Mark>,
    /// The time of the last funding that was settled, Unix ms.
    pub funded_ms: Option<u64>,
    /// The sums of the quantities of open positions, by side.
    pub open_interest: [Qty; 2],
}

/// The last mark price of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The mark price as bid and ask, with its entry.
    pub tick: Tick,
    pub index: Option<Price>,
    /// The rate that the next funding would have.
    pub funding_rate: Option<Rate>,
    /// The time of the next funding, Unix ms.
    pub next_funding_ms: Option<u64>,
}

impl Listed {
    /// The mark price, where positions are valued at it and there is one.
    pub fn valuing_mark(&self) -> Option<Quote> {
        self.mark.filter(|_| self.instrument.needs_mark()).map(|mark| mark.tick.quote)
    }

    /// Returns the price at which a position of the instrument is valued, and its P&L at it.
    pub fn value(&self, position: &PackedPosition) -> (Price, Usd) {
        let quote = self.valuing_mark().or_else(|| self.tick.map(|tick| tick.quote));
        let quote = quote.expect("a position was opened at a price");
        let price = quote.close_price(position.side);
        (price, valuation::pnl(position.side, position.qty(), position.entry_price(), price))
    }

    /// The prices against which exits and triggers are checked when they are set: the mark price,
    /// where it reaches them and there is one, otherwise this quote.
    pub fn trigger_quote(&self, quote: Quote) -> Quote {
        self.reference(self.instrument.trigger_price, quote)
    }

    /// The prices against which the exits of a position are checked that opens at a quote: that of
    /// its opening for the take-profit, and that of its close for the stop-loss, or the mark price
    /// for both.
    pub fn exit_references(&self, side: Side, quote: Quote) -> (Price, Price) {
        let reached = self.trigger_quote(quote);
        (reached.open_price(side), reached.close_price(side))
    }

    /// The prices against which a new liquidation price is checked.
    pub fn liquidation_quote(&self, quote: Quote) -> Quote {
        self.reference(self.instrument.liquidation_source(), quote)
    }

    #[inline]
    fn reference(&self, source: PriceSource, quote: Quote) -> Quote {
        match (source, self.mark) {
            (PriceSource::Mark, Some(mark)) => mark.tick.quote,
            _ => quote,
        }
    }

    /// Checks that the positions of a side may grow by a quantity.
    ///
    /// # Errors
    /// [`Rejection::OpenInterestCap`] when they would be larger than the instrument allows.
    #[inline]
    pub fn check_interest(&self, side: Side, qty: Qty) -> Result<(), Rejection> {
        let Some(cap) = self.instrument.open_interest_cap else { return Ok(()) };
        match self.open_interest[side as usize].checked_add(qty) {
            Ok(sum) if sum <= cap => Ok(()),
            _ => Err(Rejection::OpenInterestCap { cap }),
        }
    }

    /// Adds to the open interest of a side, or takes from it if `qty` is negative.
    #[inline]
    pub fn add_interest(&mut self, side: Side, qty: Qty) {
        let sum = &mut self.open_interest[side as usize];
        *sum = sum.checked_add(qty).expect("sums of 64-bit quantities fit in 128 bits");
    }
}

/// The listed instruments.
#[derive(Default)]
pub struct Instruments {
    listed: Vec<Listed>,
    by_symbol: SymbolTable,
    /// The number of listings and changes since the start of the process.
    changes: u64,
}

impl Instruments {
    /// Lists an instrument, or changes its parameters.
    pub fn set(&mut self, instrument: Instrument) -> InstrumentIndex {
        self.changes += 1;
        let symbol = instrument.symbol;
        let is_plain =
            instrument.status != InstrumentStatus::Halted && instrument.fill == FillPolicy::Last;
        let instrument = Arc::new(instrument);
        if let Some(index) = self.find(symbol) {
            let listed = self.get_mut(index);
            // Orders may still wait since it filled at the next quote.
            let has_waiting = listed.instrument.fill == FillPolicy::Next || listed.has_waiting;
            listed.has_waiting = has_waiting;
            listed.is_plain = listed.mark.is_none() && is_plain && !has_waiting;
            listed.instrument = instrument;
            return index;
        }
        let index = u32::try_from(self.listed.len()).expect("memory holds fewer than 2^32");
        let index = InstrumentIndex(index);
        self.listed.push(Listed {
            symbol,
            instrument,
            tick: None,
            dispute: None,
            is_plain,
            has_waiting: false,
            is_behind: false,
            mark: None,
            funded_ms: None,
            open_interest: [Qty::ZERO; 2],
        });
        self.by_symbol.insert(symbol, index);
        index
    }

    #[inline]
    pub fn find(&self, symbol: Symbol) -> Option<InstrumentIndex> {
        self.by_symbol.find(symbol.to_number())
    }

    /// Finds an instrument by a text, which need not be a symbol.
    pub fn find_text(&self, text: &str) -> Option<InstrumentIndex> {
        // Zeros fill up the numbers of symbols, which contain none.
        let text = text.as_bytes();
        let number = number_of(text).filter(|_| text.last().is_some_and(|last| *last != 0))?;
        self.by_symbol.find(number)
    }

    pub fn get(&self, index: InstrumentIndex) -> &Listed {
        &self.listed[index.get()]
    }

    pub fn get_mut(&mut self, index: InstrumentIndex) -> &mut Listed {
        &mut self.listed[index.get()]
    }

    /// All instruments for changes.
    pub fn all_mut(&mut self) -> &mut [Listed] {
        &mut self.listed
    }

    /// All instruments, in the order of their indexes.
    pub fn all(&self) -> &[Listed] {
        &self.listed
    }

    pub const fn changes(&self) -> u64 {
        self.changes
    }
}

/// A hash table from symbols to indexes. Each price is looked up, so it is built for that alone: at
/// most one place in four is taken, and the first one is nearly always the right one. A general
/// table takes twice the instructions. Symbols come from the operator, so collisions can't be
/// crafted.
#[derive(Default)]
struct SymbolTable {
    /// A power of two of places; an empty one has the number 0.
    places: Vec<(u128, u32)>,
    len: usize,
}

impl SymbolTable {
    #[inline]
    fn find(&self, number: u128) -> Option<InstrumentIndex> {
        let mut place = Self::first_place(number);
        loop {
            let (found, index) = *self.places.get(place & self.mask())?;
            if found == number {
                return Some(InstrumentIndex(index));
            }
            if found == 0 {
                return None;
            }
            place += 1;
        }
    }

    #[inline]
    fn first_place(number: u128) -> usize {
        /// An odd constant without a pattern: 2^64 divided by the golden ratio.
        const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = (number as u64 ^ (number >> 64) as u64).wrapping_mul(MULTIPLIER);
        // The highest bits are mixed best.
        (folded >> 40) as usize
    }

    #[inline]
    const fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }

    /// Adds a symbol that is not in the table.
    fn insert(&mut self, symbol: Symbol, index: InstrumentIndex) {
        self.len += 1;
        let needed = (self.len * 4).next_power_of_two();
        let mut new = vec![(symbol.to_number(), index.0)];
        if needed > self.places.len() {
            new.append(&mut std::mem::replace(&mut self.places, vec![(0, 0); needed]));
        }
        for (number, index) in new.into_iter().filter(|(number, _)| *number != 0) {
            let mut place = Self::first_place(number);
            while self.places[place & self.mask()].0 != 0 {
                place += 1;
            }
            let mask = self.mask();
            self.places[place & mask] = (number, index);
        }
    }
}

/// The instruments of a history that lists none: those of the versions before `SET_INSTRUMENT`,
/// with the parameters that were fixed then. Part of the meaning of such histories, so it must
/// never change.
pub fn before_listings() -> [Instrument; 3] {
    let fixed = |symbol, names: [&str; 2], decimals: [u8; 2], first_price_usd: i128| Instrument {
        symbol,
        name: names[0].to_owned(),
        base_asset: names[1].to_owned(),
        quote_asset: "USDT".to_owned(),
        feed_symbol: symbol,
        price_decimals: decimals[0],
        quantity_decimals: decimals[1],
        max_leverage: 100,
        spread_bps: 10,
        liquidation_loss_bps: 9_000,
        stale_price_ms: None,
        price_tick: None,
        quantity_step: None,
        min_notional: None,
        min_quantity: None,
        brackets: Vec::new(),
        maker_fee_ppm: 0,
        taker_fee_ppm: 0,
        liquidation_fee_ppm: 0,
        funding: None,
        liquidation_model: LiquidationModel::MarginLoss,
        trigger_price: PriceSource::Quote,
        fill: FillPolicy::Last,
        open_interest_cap: None,
        status: InstrumentStatus::Trading,
        simulation: Simulation {
            first_price: Price::from_scaled(first_price_usd * price::SCALE),
            volatility_ppb: 100_000,
        },
    };
    [
        fixed(Symbol::from_static("BTCUSDT"), ["Bitcoin", "BTC"], [2, 5], 92_000),
        fixed(Symbol::from_static("ETHUSDT"), ["Ether", "ETH"], [2, 4], 3_100),
        fixed(Symbol::from_static("SOLUSDT"), ["Solana", "SOL"], [3, 3], 150),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_of_a_listed_symbol_finds_its_instrument() {
        let mut instruments = Instruments::default();
        for instrument in before_listings() {
            let index = instruments.set(instrument);
            let text = instruments.get(index).symbol.as_str();
            assert_eq!(instruments.find_text(text), Some(index));
        }
        for other in ["", "\0", "BTC", "BTCUSDT\0", "BTCUSDTBTCUSDTBTC", "btcusdt"] {
            assert_eq!(instruments.find_text(other), None, "{other:?}");
        }
    }
}
