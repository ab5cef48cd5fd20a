//! The funding rate of an instrument whose rates no venue settles.
//!
//! It is Binance's published formula ("Introduction to Binance Futures Funding Rates"), with the mark
//! price in the place of the impact prices, and every sample of the premium weighing the same:
//! rate = P + clamp(I − P, −0.05 %, +0.05 %), with P the average premium of the mark over the index
//! price and I the interest of 0.01 % per 8 hours, in proportion to the interval.
//!
//! All are integers at scale 10^8, and each division rounds down.

use messages::{Funding, SettleFunding, Symbol};
use price::{Price, Rate, SCALE};

/// The interest of eight hours: 0.01 %.
const INTEREST: i128 = SCALE / 10_000;
const INTEREST_HOURS: i128 = 8;

/// The limit of the difference between rate and premium: 0.05 %.
const DIFFERENCE_MAX: i128 = SCALE / 2_000;

/// The ppm of [`SCALE`].
const PPM: i128 = SCALE / 1_000_000;

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The age from which on a missed funding is not settled any more.
pub const MISSED_MAX_MS: u64 = 7 * 24 * HOUR_MS;

/// The premiums since the last funding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Premiums {
    sum: i128,
    count: u32,
}

impl Premiums {
    /// Adds a sample: (mark − index) / index.
    pub fn add(&mut self, mark: Price, index: Price) {
        // Both prices have 63 bits, so no product or sum of a day can overflow.
        let premium = ((mark.scaled() - index.scaled()) * SCALE).div_euclid(index.scaled());
        self.sum += premium;
        self.count += 1;
    }

    /// Returns the rate of the samples so far; without one the premium is zero.
    pub fn rate(&self, funding: Funding) -> Rate {
        let premium = self.sum.div_euclid(i128::from(self.count.max(1)));
        let interest = INTEREST * i128::from(funding.interval_hours) / INTEREST_HOURS;
        let rate = premium + (interest - premium).clamp(-DIFFERENCE_MAX, DIFFERENCE_MAX);
        let cap = i128::from(funding.cap_ppm) * PPM;
        Rate::from_scaled(rate.clamp(-cap, cap))
    }
}

/// Returns the time of the first funding after a time (Unix ms).
pub fn next_funding_ms(funding: Funding, after_ms: u64) -> u64 {
    let interval_ms = u64::from(funding.interval_hours) * HOUR_MS;
    (after_ms / interval_ms + 1) * interval_ms
}

/// The fundings of one instrument that the poller settles itself.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    premiums: Premiums,
    /// The time of the last funding, or from which on there are fundings (Unix ms).
    last_ms: u64,
    /// The last mark price, and the rate and the time of the funding that it announced.
    mark: Option<(Price, Option<Rate>, Option<u64>)>,
}

impl Settling {
    /// Continues after the last funding, with the last mark price of an earlier poller.
    pub fn new(last_ms: u64, mark: Option<messages::MarkPrice>) -> Self {
        let mark = mark.map(|mark| (mark.mark, mark.funding_rate, mark.next_funding_ms));
        Self { premiums: Premiums::default(), last_ms, mark }
    }

    /// The time of the last funding, or from which on there are fundings (Unix ms).
    pub const fn last_ms(&self) -> u64 {
        self.last_ms
    }

    /// Adds a mark price.
    pub fn add(&mut self, mark: Price, index: Option<Price>) {
        self.mark = Some((mark, None, None));
        if let Some(index) = index {
            self.premiums.add(mark, index);
        }
    }

    /// Returns the rate that the next funding would have now.
    pub fn predicted(&self, funding: Funding) -> Rate {
        self.premiums.rate(funding)
    }

    /// Returns the fundings that are due. The rate is that of the premiums; if the poller was down,
    /// the one that was announced for that time, and for all later ones the interest. Without a mark
    /// price nothing was traded, and there is nothing to settle.
    pub fn settle(&mut self, symbol: Symbol, funding: Funding, now_ms: u64) -> Vec<SettleFunding> {
        let mut due = Vec::new();
        let oldest_ms = now_ms.saturating_sub(MISSED_MAX_MS);
        let mut funding_ms = next_funding_ms(funding, self.last_ms.max(oldest_ms));
        while funding_ms <= now_ms {
            if let Some((mark, announced, announced_ms)) = self.mark {
                // After a mark price of this poller nothing is announced any more.
                let announced = announced.filter(|_| announced_ms == Some(funding_ms));
                let rate = announced.unwrap_or_else(|| self.premiums.rate(funding));
                due.push(SettleFunding { symbol, funding_ms, rate, mark });
            }
            (self.premiums, self.last_ms) = (Premiums::default(), funding_ms);
            funding_ms = next_funding_ms(funding, funding_ms);
        }
        due
    }
}

#[cfg(test)]
mod tests;
