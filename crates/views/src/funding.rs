//! The API's view of fundings.

use crate::absent::OrAbsent;
use crate::part::views;
use messages::FundingSettled;
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
