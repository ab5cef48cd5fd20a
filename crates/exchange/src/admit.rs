//! The arrival of an order, new or amended: what it meets decides whether it fills, rests or ends.

use crate::draft::{check_notional, check_steps};
use crate::exchange::{Exchange, Tick};
use crate::exits;
use crate::fill::{Plan, check_value, less, opening_margin};
use crate::instruments::InstrumentIndex;
use crate::ledger::add;
use crate::slab::Slot;
use crate::trailing;
use crate::valuation;
use crate::watch::{peak_at, price_at};
use messages::{
    ExpiryReason, FillRole, Instrument, MAX_OPEN_ORDERS, Order, OrderKind, PositionMode, Rejection,
    TimeInForce, WHOLE_BPS,
};
use price::{OutOfRange, Price, Qty, Rounding, Usd};

/// The sender of an order, and where it arrives.
#[derive(Clone, Copy)]
pub struct Arrival {
    pub account: Slot,
    pub instrument: InstrumentIndex,
    pub tick: Tick,
    /// The resting order that it amends.
    pub amends: Option<Slot>,
}

/// The outcome of an order's arrival.
pub enum Admission {
    /// It fills at this price.
    Fills(Plan, Price),
    /// It ends, because it had to fill at once.
    Expires(ExpiryReason),
    /// It rests; a trailing stop has this peak.
    Rests(i64),
}

impl Exchange {
    /// The leverage of a netting account in an instrument.
    pub(crate) fn leverage(&self, account: Slot, instrument: InstrumentIndex) -> u8 {
        let set = self.accounts.get(account).leverage(instrument);
        set.unwrap_or_else(|| self.instruments.get(instrument).instrument.default_leverage())
    }

    /// Finds what an order meets, and completes it: its quantity, and what it reserves.
    ///
    /// # Errors
    /// The reason for which the order is refused.
    pub(crate) fn admit(
        &self,
        order: &mut Order,
        arrival: &Arrival,
        share_bps: Option<u32>,
    ) -> Result<Admission, Rejection> {
        let Arrival { account, instrument: index, tick, amends } = *arrival;
        let instrument = &*self.instruments.get(index).instrument;
        let (leverage, max) = (order.leverage, instrument.max_leverage);
        if !order.reduce_only && !(1..=max).contains(&leverage) {
            return Err(Rejection::InvalidLeverage { leverage: leverage.into(), max });
        }
        check_amounts(order, instrument, share_bps)?;
        if let Some(expires_at_ms) = order.expires_at_ms.filter(|at| *at <= self.last_id.ms) {
            return Err(Rejection::OrderExpired { expires_at_ms });
        }
        self.check_client_order_id(order, account, amends)?;
        if order.reduce_only
            && let Some(target) = self.target(order, account, index)?
        {
            let whole = self.book.get(target).qty();
            order.qty = match share_bps {
                Some(share) => shared(whole, share, instrument)?,
                None => order.qty.min(whole),
            };
        }
        let at = tick.quote.order_price(order.side);
        let plan_price = plan_price(order, at);
        if !order.reduce_only {
            check_notional(instrument, order.qty, plan_price)?;
        }
        let peak = self.check_trigger(order, arrival)?;

        let is_limit = order.kind == OrderKind::Limit
            || (order.kind.has_price() && order.activated_at_ms.is_some());
        let reaches = |price| !exits::is_worse_for_order(order.side, at, price);
        let is_marketable = is_limit && order.price.is_some_and(reaches);
        match (order.time_in_force, is_marketable) {
            (TimeInForce::Gtx, true) => {
                let price = order.price.unwrap_or(at);
                return Err(Rejection::WouldTake { price, reference: at });
            }
            (TimeInForce::Ioc | TimeInForce::Fok, false) if is_limit => {
                self.check_exits(order, arrival, plan_price, None)?;
                return Ok(Admission::Expires(ExpiryReason::NotMarketable));
            }
            _ => {}
        }
        if order.kind == OrderKind::Market || is_marketable {
            return self.admit_fill(order, arrival, at);
        }
        self.check_exits(order, arrival, plan_price, None)?;
        self.check_open_orders(account, amends)?;
        order.reserved = match self.opening_qty(order, account, index) {
            Some(opens) => {
                check_value(instrument, leverage, (opens, plan_price))?;
                let margin = opening_margin(opens, plan_price, leverage)?;
                add(margin, reserved_fee(instrument, order, (opens, plan_price))?)
            }
            None => Usd::ZERO,
        };
        let own = self.reserved_by(amends);
        let available = add(self.accounts.get(account).balance, own);
        if order.reserved > available {
            let required = order.reserved;
            return Err(Rejection::InsufficientBalance { required, available });
        }
        Ok(Admission::Rests(peak))
    }

    fn admit_fill(
        &self,
        order: &mut Order,
        arrival: &Arrival,
        at: Price,
    ) -> Result<Admission, Rejection> {
        exits::check_price_limit(order.side.opens().opposite(), at, order.price_limit)?;
        let Arrival { account, instrument, amends, .. } = *arrival;
        let own = self.reserved_by(amends);
        let plan = self.plan(order, (account, instrument), (at, FillRole::Taker), own)?;
        self.check_liquidation(&plan)?;
        self.check_exits(order, arrival, at, Some(&plan))?;
        if plan.opens() && order.trailing_stop_bps.is_some() {
            self.check_open_orders(account, amends)?;
        }
        if self.fills_next(instrument) {
            return self.admit_waiting(order, arrival, at);
        }
        order.reserved = Usd::ZERO;
        Ok(Admission::Fills(plan, at))
    }

    /// The money that an amended order has reserved.
    pub(crate) fn reserved_by(&self, amends: Option<Slot>) -> Usd {
        amends.map_or(Usd::ZERO, |slot| self.book.order(slot).reserved())
    }

    fn check_client_order_id(
        &self,
        order: &Order,
        account: Slot,
        amends: Option<Slot>,
    ) -> Result<(), Rejection> {
        let Some(client_order_id) = &order.client_order_id else { return Ok(()) };
        match self.find_client_order(account, client_order_id) {
            Some(slot) if Some(slot) != amends => {
                let client_order_id = client_order_id.clone();
                Err(Rejection::DuplicateClientOrderId { client_order_id })
            }
            _ => Ok(()),
        }
    }

    /// The resting order of an account with this client order id.
    pub(crate) fn find_client_order(&self, account: Slot, client_order_id: &str) -> Option<Slot> {
        let list = self.accounts.get(account).orders;
        self.book
            .orders_of(list)
            .find(|slot| self.book.order(*slot).client_order_id() == Some(client_order_id))
    }

    /// The resting order of an account with this number. Orders from before they had a sequence may
    /// share the time that is their number: it is the first of these by place.
    pub(crate) fn find_numbered(&self, account: Slot, number: u64) -> Option<Slot> {
        let list = self.accounts.get(account).orders;
        self.book
            .orders_of(list)
            .filter(|slot| self.book.order(*slot).number_of_owner() == number)
            .min_by_key(|slot| self.book.order(*slot).number)
    }

    /// Checks that the trigger of an order is still to be reached. Returns the peak of a trailing
    /// stop, which is active at once if it has no activation price.
    fn check_trigger(&self, order: &mut Order, arrival: &Arrival) -> Result<i64, Rejection> {
        let quote = self.instruments.get(arrival.instrument).trigger_quote(arrival.tick.quote);
        let at = quote.order_price(order.side);
        let peak = peak_at(order.side, quote);
        let known = arrival.amends.and_then(|slot| {
            let before = self.book.order(slot);
            self.book.peak_and_stop(before).map(|(peak, _)| peak)
        });
        if let (Some(known), Some(callback_bps)) = (known, order.callback_bps) {
            let stop = trailing::stop(known, callback_bps);
            let trigger_price = price_at(order.side, stop);
            let is_reached = stop <= peak;
            if is_reached {
                return Err(Rejection::WouldTrigger { trigger_price, reference: at });
            }
            return Ok(known);
        }
        if order.activated_at_ms.is_some() || !order.kind.has_trigger() {
            return Ok(peak);
        }
        let Some(trigger_price) = order.trigger_price else {
            order.activated_at_ms = Some(self.last_id.ms);
            return Ok(peak);
        };
        let waits_for_gain = order.kind == OrderKind::TrailingStopMarket || !order.kind.is_stop();
        // A price for which a gain waits is reached when the quote is not worse for the order; the
        // price of a stop when it is not better.
        let is_reached = if waits_for_gain {
            !exits::is_worse_for_order(order.side, at, trigger_price)
        } else {
            !exits::is_worse_for_order(order.side, trigger_price, at)
        };
        if is_reached {
            return Err(Rejection::WouldTrigger { trigger_price, reference: at });
        }
        Ok(peak)
    }

    /// Checks the exits of an order that opens, against the price at which it will, or by the plan
    /// of its fill.
    fn check_exits(
        &self,
        order: &Order,
        arrival: &Arrival,
        price: Price,
        plan: Option<&Plan>,
    ) -> Result<(), Rejection> {
        let Arrival { account, instrument, tick, amends } = *arrival;
        let exits = [&order.stop_loss, &order.take_profit];
        // An amendment keeps exits that were checked, unless they meet another price now.
        let is_checked =
            plan.is_none() && amends.is_some_and(|slot| self.keeps_prices(order, slot));
        if is_checked || exits == [&None; 2] {
            return Ok(());
        }
        let side = order.side.opens();
        let listed = self.instruments.get(instrument);
        let (reference, gain) = match plan {
            Some(_) => {
                let (opens, closes) = listed.exit_references(side, tick.quote);
                (closes, opens)
            }
            None => (price, price),
        };
        let is_separate = self.accounts.get(account).mode == PositionMode::Separate;
        let liquidation_price = if is_separate && order.stop_loss.is_some() {
            let (terms, leverage) = (&listed.instrument, order.leverage);
            let opened = (price, order.qty);
            let price = valuation::liquidation_price_at_opening(terms, side, leverage, opened);
            Some(price.map_err(|OutOfRange| Rejection::AmountOutOfRange)?)
        } else {
            None
        };
        exits::check_exits(side, exits.map(|exit| *exit), (gain, reference), liquidation_price)
    }

    /// Reports whether an amendment leaves the prices of a resting order as they are.
    fn keeps_prices(&self, order: &Order, slot: Slot) -> bool {
        let before = self.book.order(slot);
        let prices = [before.price(), before.trigger_price()].map(|price| price.map(Price::from));
        prices == [order.price, order.trigger_price]
    }

    pub(crate) fn check_open_orders(
        &self,
        account: Slot,
        amends: Option<Slot>,
    ) -> Result<(), Rejection> {
        let limit = self.rules.max_open_orders.unwrap_or(MAX_OPEN_ORDERS);
        let count = self.accounts.get(account).orders.count();
        if amends.is_none() && count >= limit as usize {
            return Err(Rejection::TooManyOrders { limit });
        }
        Ok(())
    }

    /// The quantity with which a resting order is expected to open or increase a position.
    pub(crate) fn opening_qty(
        &self,
        order: &Order,
        account: Slot,
        instrument: InstrumentIndex,
    ) -> Option<Qty> {
        if order.reduce_only || order.reverses().is_some() {
            return None;
        }
        let mut opens = order.qty;
        if self.accounts.get(account).mode == PositionMode::OneWay
            && let Some(slot) = self.net_position(account, instrument, None)
        {
            let position = self.book.get(slot);
            if position.side != order.side.opens() {
                opens = less(opens, opens.min(position.qty()));
            }
        }
        Some(opens).filter(|opens| opens.is_positive())
    }

    /// The margin and the fee of what an order is expected to open at a price. A new order needs its
    /// size checked as well.
    pub(crate) fn reserve(
        &self,
        order: &Order,
        (account, instrument): (Slot, InstrumentIndex),
        price: Price,
    ) -> Result<Usd, Rejection> {
        let Some(opens) = self.opening_qty(order, account, instrument) else {
            return Ok(Usd::ZERO);
        };
        let margin = valuation::margin(opens, price, order.leverage);
        let margin = margin.map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
        let instrument = &self.instruments.get(instrument).instrument;
        Ok(add(margin, reserved_fee(instrument, order, (opens, price))?))
    }
}

/// The fee that a resting order reserves for what it opens: a limit order is expected to be a maker,
/// any other one a taker.
fn reserved_fee(
    instrument: &Instrument,
    order: &Order,
    (qty, price): (Qty, Price),
) -> Result<Usd, Rejection> {
    let is_maker = order.kind == OrderKind::Limit && !order.awaits_quote;
    let role = if is_maker { FillRole::Maker } else { FillRole::Taker };
    let fee = valuation::fee(qty, price, instrument.fee_ppm(role));
    fee.map_err(|OutOfRange| Rejection::AmountOutOfRange)
}

/// The price at which a resting order is expected to trade.
pub fn plan_price(order: &Order, at: Price) -> Price {
    match order.kind {
        OrderKind::Market => at,
        OrderKind::Limit | OrderKind::Stop | OrderKind::TakeProfit => order.price.unwrap_or(at),
        OrderKind::StopMarket | OrderKind::TakeProfitMarket | OrderKind::TrailingStopMarket => {
            order.trigger_price.unwrap_or(at)
        }
    }
}

/// A share of a quantity, rounded down to the instrument's step.
fn shared(whole: Qty, share_bps: u32, instrument: &Instrument) -> Result<Qty, Rejection> {
    let shared = whole.ratio(share_bps, WHOLE_BPS, Rounding::Floor);
    let mut scaled = shared.map_err(|OutOfRange| Rejection::AmountOutOfRange)?.scaled();
    if let Some(step) = instrument.quantity_step {
        scaled -= scaled % step.scaled();
    }
    match Qty::from_scaled(scaled) {
        qty if qty.is_positive() => Ok(qty),
        _ => Err(Rejection::InvalidQuantity),
    }
}

fn check_amounts(
    order: &Order,
    instrument: &Instrument,
    share_bps: Option<u32>,
) -> Result<(), Rejection> {
    let is_counted = !order.close_position && share_bps.is_none();
    if is_counted {
        if !order.qty.is_positive() {
            return Err(Rejection::InvalidQuantity);
        }
        order.qty.to_i64().map_err(|OutOfRange| Rejection::AmountOutOfRange)?;
    }
    let prices = [&order.price, &order.trigger_price, &order.stop_loss, &order.take_profit];
    let prices = prices.into_iter().copied();
    check_steps(instrument, is_counted.then_some(order.qty), prices)
}
