//! Checks of restored values on which the exchange relies: a snapshot that fails them would stop
//! the engine later, in the middle of an entry.

use super::RestoreError;
use super::orders::{EndedV5, RestingV5};
use super::positions::{FillsV5, PositionV5};
use super::v1::OrderV1;
use super::v5::{AccountV5, HeadV5, TotalsV5};
use crate::ledger::Ledger;
use messages::{CALLBACK_BPS, LEVERAGE_MAX, Order, OrderKind, OrderStatus};
use price::{Notional, Price, Qty, Rounding, Usd};

/// A bound above any possible balance, and small enough that millions of them add up in an `i128`.
const AMOUNT_MAX: u128 = 1 << 104;

/// A bound above any count of changes.
const COUNT_MAX: u64 = 1 << 63;

/// Refuses a snapshot unless something is so.
pub fn require(is_so: bool, otherwise: &'static str) -> Result<(), RestoreError> {
    if is_so { Ok(()) } else { Err(RestoreError::Impossible(otherwise)) }
}

impl HeadV5 {
    pub(super) fn check(&self) -> Result<(), RestoreError> {
        let mut ticks = self.instruments.iter().filter_map(|listed| listed.tick.as_ref());
        require(ticks.all(|tick| tick.id <= self.last_id), "a price of the future")
    }
}

impl AccountV5 {
    pub(super) fn check(&self) -> Result<(), RestoreError> {
        let mut leverages = self.leverages.iter();
        let are_sound = leverages.all(|(_, leverage)| (1..=LEVERAGE_MAX).contains(leverage));
        require(is_small(self.balance), "more money than there is")?;
        require(self.sequence <= COUNT_MAX, "more changes than there can be")?;
        require(are_sound, "a leverage that no rule allows")
    }
}

impl TotalsV5 {
    pub(super) fn check(&self) -> Result<(), RestoreError> {
        let Ledger { deposits, balances, locked, reserved, house, fees, insurance, shortfall } =
            self.ledger;
        let amounts = [deposits, balances, locked, reserved, house, fees, insurance, shortfall];
        require(amounts.into_iter().all(is_small), "more money than there is")?;
        require(self.opened <= COUNT_MAX, "more changes than there can be")
    }
}

fn is_small(amount: Usd) -> bool {
    amount.scaled().unsigned_abs() <= AMOUNT_MAX
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
    pub(super) fn is_sound(&self) -> bool {
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
            && amounts.into_iter().all(is_small)
            && !self.shortfall.is_negative()
            && !self.margin.is_negative()
    }
}

impl RestingV5 {
    pub(super) fn is_sound(&self) -> bool {
        let is_marked = self.order.kind != OrderKind::TrailingStopMarket
            || self.order.activated_at_ms.is_some() == self.peak.is_some();
        let is_peak = self.peak.is_none_or(|peak| match self.order.side {
            messages::OrderSide::Sell => peak < 0 && peak > i64::MIN,
            messages::OrderSide::Buy => peak > 0,
        });
        let waits = self.order.kind != OrderKind::Market || self.order.awaits_quote;
        is_marked && is_peak && waits && is_sound(&self.order)
    }
}

impl EndedV5 {
    pub(super) fn is_sound(&self) -> bool {
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
