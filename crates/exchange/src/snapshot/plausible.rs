//! Checks of restored values on which the exchange relies: a snapshot that fails them would stop
//! the engine later, in the middle of an entry.

use super::RestoreError;
use super::orders::{EndedV5, RestingV5};
use super::positions::{FillsV5, PositionV5};
use super::v1::OrderV1;
use super::v4::TickV4;
use super::v5::StateV5;
use messages::{CALLBACK_BPS, LEVERAGE_MAX, Order, OrderKind, OrderStatus};
use price::{Notional, Price, Qty, Rounding, Usd};

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
        for TickV4 { id, .. } in ticks {
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
        let are_sound = self.positions.iter().all(PositionV5::is_sound);
        require(are_sound, "a position that no rule allows")?;
        let in_order = self.resting.is_sorted_by(|a, b| a.number < b.number);
        require(in_order, "a resting order twice")?;
        let newest = self.resting.last();
        let is_past = newest.is_none_or(|newest| newest.number < self.opened);
        require(is_past, "a resting order of the future")?;
        let are_sound = self.resting.iter().all(RestingV5::is_sound);
        require(are_sound, "a resting order that no rule allows")?;
        let are_sound = self.ended.iter().all(EndedV5::is_sound);
        require(are_sound, "an ended order that no rule allows")?;
        let mut leverages = self.accounts.iter().flat_map(|account| &account.leverages);
        let are_sound = leverages.all(|(_, leverage)| (1..=LEVERAGE_MAX).contains(leverage));
        require(are_sound, "a leverage that no rule allows")
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

impl PositionV5 {
    fn is_sound(&self) -> bool {
        let fills = self.changes.as_ref().and_then(|changes| changes.fills.as_ref());
        self.order.is_sound() && fills.is_none_or(|fills| fills.is_sound(self.order.qty))
    }
}

impl FillsV5 {
    /// Reports whether these fills leave a position of this quantity.
    fn is_sound(&self, qty: Qty) -> bool {
        let is_average = |sum: i128, qty: Qty| {
            let average = Notional::from_scaled(sum).average(qty, Rounding::Ceiling);
            average.is_ok_and(|price| price.is_positive() && price.to_i64().is_ok())
        };
        let is_closed = if self.closed_qty == Qty::ZERO {
            self.closed == 0
        } else {
            self.closed_qty.is_positive() && is_average(self.closed, self.closed_qty)
        };
        let amounts = [self.realized_pnl, self.shortfall, self.margin];
        is_closed
            && self.opened_qty.to_i64().is_ok()
            && self.opened_qty.checked_sub(self.closed_qty) == Ok(qty)
            && is_average(self.opened, self.opened_qty)
            && amounts.iter().all(|amount| amount.scaled().unsigned_abs() <= AMOUNT_MAX)
            && !self.shortfall.is_negative()
            && !self.margin.is_negative()
    }
}

impl RestingV5 {
    fn is_sound(&self) -> bool {
        let is_marked = self.order.kind != OrderKind::TrailingStopMarket
            || self.order.activated_at_ms.is_some() == self.peak.is_some();
        let is_peak = self.peak.is_none_or(|peak| match self.order.side {
            messages::OrderSide::Sell => peak < 0 && peak > i64::MIN,
            messages::OrderSide::Buy => peak > 0,
        });
        is_marked && is_peak && self.order.kind != OrderKind::Market && is_sound(&self.order)
    }
}

impl EndedV5 {
    fn is_sound(&self) -> bool {
        let is_filled = self.filled.is_some_and(|(qty, price)| {
            qty.is_positive() && qty.to_i64().is_ok() && price.is_positive()
        });
        let is_consistent = match self.status {
            OrderStatus::New => false,
            OrderStatus::Filled => is_filled && self.reason.is_none(),
            OrderStatus::Canceled => self.filled.is_none() && self.reason.is_none(),
            OrderStatus::Expired => self.filled.is_none() && self.reason.is_some(),
        };
        is_consistent && is_sound(&self.order)
    }
}

/// Reports whether an order could rest.
fn is_sound(order: &Order) -> bool {
    let Order { kind, qty, reserved, .. } = *order;
    let prices = [order.price, order.trigger_price, order.stop_loss, order.take_profit];
    let prices = prices.into_iter().chain([order.price_limit]).flatten();
    let needs_trigger = kind.has_trigger()
        && (kind != OrderKind::TrailingStopMarket || order.activated_at_ms.is_none());
    let is_trailing = kind == OrderKind::TrailingStopMarket;
    prices.into_iter().all(Price::is_positive)
        && !qty.is_negative()
        && (qty.is_positive() || order.close_position)
        && !reserved.is_negative()
        && (!order.reduce_only || reserved == Usd::ZERO)
        && order.leverage <= LEVERAGE_MAX
        && (order.leverage > 0 || order.reduce_only)
        && order.price.is_some() == kind.has_price()
        && (order.trigger_price.is_some() || !needs_trigger)
        && order.callback_bps.is_some() == is_trailing
        && [order.callback_bps, order.trailing_stop_bps]
            .into_iter()
            .flatten()
            .all(|bps| CALLBACK_BPS.contains(&bps.into()))
        && (order.trailing_stop_bps.is_none() || !order.reduce_only)
        && order.status == OrderStatus::New
}
