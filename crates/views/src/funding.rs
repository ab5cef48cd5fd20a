//! The API's view of fundings.

use crate::absent::OrAbsent;
use crate::part::views;
use messages::{FundingSettled, Instrument, MarkPrice, MarkProblem, SettleFunding, Symbol};
use price::{Price, Rate, Usd};

views! {
    /// A funding of one position.
    pub struct Funding {
        /// The amount that the position received; negative for what it paid.
        amount: Usd = "amount", "-0.09223915";
        /// The part of the payment that was taken from the margin, because the balance did not have
        /// it. Absent if there is none.
        from_margin: OrAbsent = "fromMargin", "0.05";
        /// The rate, of the value at the mark price.
        rate: Rate = "fundingRate", "0.0001";
        /// The mark price.
        mark: Price = "markPrice", "92239.15735";
        /// The time of the funding, in Unix milliseconds.
        funding_ms: u64 = "fundingTime", "1795478400000";
    }
}

views! {
    /// A settled funding of a market.
    pub struct FundingRate {
        /// The name of the market.
        symbol: Symbol = "symbol", "BTCUSDT";
        /// The time of the funding, in Unix milliseconds.
        funding_ms: u64 = "fundingTime", "1795478400000";
        /// The rate, of the value at the mark price. Longs pay it if it is above zero, and shorts
        /// receive it.
        rate: Rate = "fundingRate", "0.0001";
        /// The mark price of the funding.
        mark: Price = "markPrice", "92239.15735";
    }

    /// The mark price of a market, and its next funding.
    pub struct MarkedMarket {
        /// The name of the market.
        symbol: Symbol = "symbol", "BTCUSDT";
        /// The mark price; null before the first one.
        mark: Option<Price> = "markPrice", "92239.15735";
        /// The index price, to which the mark price keeps close; null if it is not known.
        index: Option<Price> = "indexPrice", "92231.4";
        /// The rate that the next funding would have now; null if the market has no fundings.
        rate: Option<Rate> = "fundingRate", "0.0001";
        /// The time of the next funding, in Unix milliseconds; null if the market has no fundings.
        next_funding_ms: Option<u64> = "nextFundingTime", "1795507200000";
        /// The time of the mark price by the clock of its source, in Unix milliseconds.
        marked_at_ms: Option<u64> = "markedAt", "1795493501000";
        /// The reason for which the mark price liquidates no position and triggers no order at the
        /// moment: there is none yet (`MISSING`), the last price fills nothing and can't be compared
        /// with it (`NO_QUOTE`), it is too old (`STALE`), or too far from the last price (`FAR`).
        /// Null if it does, and where nothing waits for it.
        problem: Option<MarkProblem> = "markProblem", "STALE";
    }
}

impl From<&SettleFunding> for FundingRate {
    fn from(funding: &SettleFunding) -> Self {
        let SettleFunding { symbol, funding_ms, rate, mark } = *funding;
        Self { symbol, funding_ms, rate, mark }
    }
}

impl MarkedMarket {
    /// The view of an instrument with its last mark price, and the problem that the engine has with it.
    pub fn new(
        instrument: &Instrument,
        mark: Option<&MarkPrice>,
        problem: Option<MarkProblem>,
    ) -> Self {
        let funded = mark.filter(|_| instrument.funding.is_some());
        Self {
            symbol: instrument.symbol,
            mark: mark.map(|mark| mark.mark),
            index: mark.and_then(|mark| mark.index),
            rate: funded.and_then(|mark| mark.funding_rate),
            next_funding_ms: funded.and_then(|mark| mark.next_funding_ms),
            marked_at_ms: mark.and_then(|mark| mark.marked_at_ms),
            problem,
        }
    }
}

impl From<&FundingSettled> for Funding {
    fn from(funding: &FundingSettled) -> Self {
        Self {
            amount: funding.amount,
            from_margin: OrAbsent::unless_zero(funding.from_margin),
            rate: funding.rate,
            mark: funding.mark,
            funding_ms: funding.funding_ms,
        }
    }
}
