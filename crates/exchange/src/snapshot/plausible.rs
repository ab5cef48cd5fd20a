//! Checks of restored values on which the exchange relies: a snapshot that fails them would stop
//! the engine later, in the middle of an entry.

use super::RestoreError;
use super::v1::OrderV1;
use super::v4::TickV4;
use super::v5::StateV5;
use messages::LEVERAGE_MAX;

/// A bound above any possible balance, and small enough that millions of them add up in an `i128`.
const AMOUNT_MAX: u128 = 1 << 104;

/// A bound above any count of changes.
const COUNT_MAX: u64 = 1 << 63;

impl StateV5 {
    pub(super) fn check(&self) -> Result<(), RestoreError> {
        let require = |is_so: bool, otherwise: &'static str| {
            if is_so { Ok(()) } else { Err(RestoreError::Impossible(otherwise)) }
        };
        let ticks = self.instruments.iter().filter_map(|listed| listed.tick.as_ref());
        for TickV4 { bid, ask, id, .. } in ticks {
            let is_price = bid.is_positive() && bid <= ask && ask.to_i64().is_ok();
            require(is_price, "a price that no feed gives")?;
            require(*id <= self.last_id, "a price of the future")?;
        }
        let balances = self.accounts.iter().map(|account| account.balance);
        let books = &self.ledger;
        let totals = [books.deposits, books.balances, books.locked, books.reserved];
        let totals = totals.into_iter().chain([books.house, books.shortfall]);
        let mut amounts = totals.chain(balances);
        let is_small = amounts.all(|amount| amount.scaled().unsigned_abs() <= AMOUNT_MAX);
        require(is_small, "more money than there is")?;
        require(self.accounts.is_sorted_by(|a, b| a.user_id < b.user_id), "an account twice")?;
        let sequences = self.accounts.iter().map(|account| account.sequence);
        let counts = sequences.chain([self.opened]).all(|count| count <= COUNT_MAX);
        require(counts, "more changes than there can be")?;
        let in_order = self.positions.is_sorted_by(|a, b| a.number < b.number);
        require(in_order, "a position twice")?;
        let newest = self.positions.last();
        let is_past = newest.is_none_or(|newest| newest.number < self.opened);
        require(is_past, "a position of the future")?;
        let are_sound = self.positions.iter().all(|position| position.order.is_sound());
        require(are_sound, "a position that no rule allows")
    }
}

impl OrderV1 {
    fn is_sound(&self) -> bool {
        let prices = [Some(self.entry_price), self.stop_loss, self.take_profit];
        (1..=LEVERAGE_MAX).contains(&self.leverage)
            && self.qty.is_positive()
            && self.margin.is_positive()
            && prices.into_iter().flatten().all(price::Price::is_positive)
            // A long that may lose its whole margin without leverage is liquidated at zero.
            && !self.liquidation_price.is_negative()
    }
}
