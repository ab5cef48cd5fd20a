//! All reasons to refuse an order that is placed or amended, and the course that it takes
//! otherwise.

use crate::amount::{fits, floor_div};
use crate::entry::Id;
use crate::execute::FillPrice;
use crate::fill::Parts;
use crate::instrument::Instrument;
use crate::mode::Mode;
use crate::model::{Model, Rejection};
use crate::order::{Kind, Order, TimeInForce};
use crate::position::{self, close_price, is_worse};
use crate::tick::Tick;
use crate::ticket::is_price;

const WHOLE_BPS: i128 = 10_000;

/// The circumstances of a placement or an amendment.
pub struct Asking<'a> {
    /// The id of the entry.
    pub now: Id,
    /// The sender's clock, Unix ms.
    pub clock_ms: u64,
    /// The share of its position that the order closes, in basis points.
    pub share_bps: Option<i128>,
    /// The order before its amendment.
    pub earlier: Option<&'a Order>,
}

/// The course of an order that is not refused.
pub enum Course {
    /// It is filled at the quote.
    Fill(Parts, FillPrice),
    /// It rests with this much reserved.
    Rest(i128),
    /// It would have had to fill at once, and can't.
    Expire,
}

impl Model {
    /// Finds all reasons to refuse an order, in addition to those already found. What depends on
    /// something missing is not looked at. The order gets the quantity that it may have.
    pub(crate) fn examine(
        &self,
        order: &mut Order,
        asking: &Asking<'_>,
        mut wrong: Vec<Rejection>,
    ) -> Result<Course, Vec<Rejection>> {
        let instrument = &self.instruments[&order.asset];
        let opens = !order.reduce_only;
        if self.is_paused && opens {
            wrong.push("TRADING_PAUSED");
        }
        wrong.extend(self.status_violation(order.asset, opens));
        wrong.extend(self.clock_violation(asking.now, asking.clock_ms));
        let highest = instrument.max_leverage;
        if opens && !(1..=highest).contains(&order.leverage) {
            wrong.push("INVALID_LEVERAGE");
        }
        wrong.extend(self.own_refusals(order, asking));
        let is_sized = self.size(order, asking.share_bps, instrument, &mut wrong);

        let tick = self.ticks.get(&order.asset).copied();
        match tick {
            None => wrong.push("NO_PRICE"),
            Some(tick) => {
                wrong.extend(self.price_violations(order.asset, tick, asking.now, asking.clock_ms));
            }
        }
        let plan_price = order.plan_price(tick.map(|tick| tick.quote(order.is_buy)));
        let plan_price = plan_price.filter(|price| is_price(*price));
        let has_leverage = order.reduce_only || order.leverage >= 1;
        if let Some(price) = plan_price.filter(|_| is_sized && opens)
            && instrument.is_too_small(order.qty, price)
        {
            wrong.push("BELOW_MIN_NOTIONAL");
        }
        if is_sized && opens && instrument.has_too_little(order.qty) {
            wrong.push("BELOW_MIN_QUANTITY");
        }
        let (Some(tick), Some(plan_price), true) = (tick, plan_price, is_sized && has_leverage)
        else {
            if tick.is_some() {
                wrong.extend(self.trigger_refusals(order));
            }
            return Err(wrong);
        };
        wrong.extend(self.trigger_refusals(order));
        let course = self.course(order, asking, (tick, plan_price), &mut wrong);
        if wrong.is_empty() { Ok(course) } else { Err(wrong) }
    }

    /// Finds the reason not to trust an entry's time: ids that run far ahead of the sender's clock
    /// show neither the time nor a price's age.
    pub(crate) fn clock_violation(&self, now: Id, clock_ms: u64) -> Option<Rejection> {
        let lead_max_ms = self.rules.clock_lead_max_ms.unwrap_or(u64::MAX);
        (now.ms.saturating_sub(clock_ms) > lead_max_ms).then_some("CLOCK_AHEAD")
    }

    /// The reasons that depend on neither the price nor the position.
    fn own_refusals(&self, order: &Order, asking: &Asking<'_>) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        let instrument = &self.instruments[&order.asset];
        let exits = [order.stop_loss, order.take_profit].map(|price| {
            // The exits of an order are not looked at again when it is amended.
            price.filter(|_| asking.earlier.is_none())
        });
        let prices = [order.price, order.trigger_price].into_iter().chain(exits).flatten();
        if prices.into_iter().any(|price| !instrument.is_on_tick(price)) {
            wrong.push("PRICE_OFF_TICK");
        }
        if exits.into_iter().flatten().any(|price| !is_price(price)) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        if order.expires_at.is_some_and(|at| at <= asking.now.ms) {
            wrong.push("ORDER_EXPIRED");
        }
        let is_same = |other: &&Order| {
            other.order_id != order.order_id && other.client_order_id == order.client_order_id
        };
        let others = self.resting_of(&order.user_id);
        if order.client_order_id.is_some() && others.iter().any(is_same) {
            wrong.push("DUPLICATE_CLIENT_ORDER_ID");
        }
        wrong
    }

    /// Gives a reducing order the quantity that its position has, or a share of it. Reports whether
    /// the quantity is one that can be computed with.
    fn size(
        &self,
        order: &mut Order,
        share_bps: Option<i128>,
        instrument: &Instrument,
        wrong: &mut Vec<Rejection>,
    ) -> bool {
        let target = self.target(order).filter(|_| order.reduce_only);
        if order.reduce_only && target.is_none() {
            wrong.push("WOULD_NOT_REDUCE");
        }
        let held = target.map(|target| target.qty);
        if order.close_position {
            order.qty = 0;
            return held.is_some();
        }
        if let Some(share) = share_bps {
            let Some(held) = held.filter(|_| (0..=WHOLE_BPS).contains(&share)) else {
                return false;
            };
            let qty = floor_div(held * share, WHOLE_BPS);
            order.qty = qty - instrument.quantity_step.map_or(0, |step| qty % step);
            if order.qty == 0 {
                wrong.push("INVALID_QUANTITY");
            }
            return order.qty > 0;
        }
        if order.qty <= 0 {
            wrong.push("INVALID_QUANTITY");
            return false;
        }
        if !fits(order.qty) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        if !instrument.is_on_step(order.qty) {
            wrong.push("QUANTITY_OFF_STEP");
        }
        order.qty = held.map_or(order.qty, |held| order.qty.min(held));
        fits(order.qty) && (held.is_some() || !order.reduce_only)
    }

    /// Finds the course of an order, and the reasons that are against it. The order waits for the
    /// next quote if the instrument fills at that.
    fn course(
        &self,
        order: &mut Order,
        asking: &Asking<'_>,
        (tick, plan_price): (Tick, i128),
        wrong: &mut Vec<Rejection>,
    ) -> Course {
        let quote = tick.quote(order.is_buy);
        let is_marketable = order.is_limit() && order.is_marketable(tick);
        let is_filled = order.kind == Kind::Market || is_marketable;
        let would_take = is_marketable && order.time_in_force == TimeInForce::Gtx;
        // An amendment keeps exits that were looked at, unless they meet another price now.
        let prices = |order: &Order| (order.price, order.trigger_price);
        let is_same = asking.earlier.is_some_and(|earlier| prices(earlier) == prices(order));
        if (!is_same || is_filled) && !order.reduce_only {
            let price = if is_filled { quote } else { plan_price };
            let seen = self.seen(order.asset);
            let (now, from) = if is_filled {
                let now = close_price(order.is_buy, seen.by_triggers);
                (now, seen.trigger_mark.unwrap_or(quote))
            } else {
                (plan_price, plan_price)
            };
            wrong.extend(self.exit_refusals(order, price, now, from));
        }
        if !is_filled && order.is_limit() && order.time_in_force.is_immediate() {
            return Course::Expire;
        }
        let reserved = self.reserve(order, plan_price);
        if would_take {
            wrong.push("WOULD_TAKE");
        }
        if !is_filled || would_take {
            wrong.extend(self.rest_refusals(order, asking, plan_price, reserved));
        }
        if !is_filled {
            return Course::Rest(reserved);
        }
        if order.kind == Kind::Market && order.is_beyond_limit(quote, quote) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        let parts = self.parts(order).unwrap_or_default();
        let attaches = parts.opened.is_some() && order.trailing_stop_bps.is_some();
        if attaches && self.has_too_many_orders(order, asking) {
            wrong.push("TOO_MANY_ORDERS");
        }
        let now = Some(self.seen(order.asset).by_liquidations);
        wrong.extend(self.fill_refusals(order, &parts, (quote, "TAKER"), now));
        if self.fills_next(order.asset) {
            let (reserved, against) = self.make_wait(order, asking, (quote, plan_price));
            wrong.extend(against);
            return Course::Rest(reserved);
        }
        Course::Fill(parts, FillPrice { amount: quote, role: "TAKER", tick_id: tick.id })
    }

    /// The reasons against the exits of an opening order that fills at a price: its stop-loss must not
    /// be reached `now`, and its take-profit must be a profit `from` there.
    fn exit_refusals(&self, order: &Order, price: i128, now: i128, from: i128) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        let is_long = order.is_buy;
        if let Some(stop_loss) = order.stop_loss {
            if !is_worse(is_long, stop_loss, now) {
                wrong.push("STOP_LOSS_WRONG_SIDE");
            }
            let is_separate = self.mode(&order.user_id) == Mode::Separate;
            let instrument = &self.instruments[&order.asset];
            let (at, leverage) = ((order.qty, price), order.leverage);
            let liquidation = instrument.first_liquidation_price(is_long, at, leverage);
            if is_separate && !is_worse(is_long, liquidation, stop_loss) {
                wrong.push("STOP_LOSS_BEYOND_LIQUIDATION");
            }
        }
        if order.take_profit.is_some_and(|profit| !is_worse(is_long, from, profit)) {
            wrong.push("TAKE_PROFIT_WRONG_SIDE");
        }
        wrong
    }

    /// The reasons for which an order can't rest.
    fn rest_refusals(
        &self,
        order: &Order,
        asking: &Asking<'_>,
        plan_price: i128,
        reserved: i128,
    ) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        if self.has_too_many_orders(order, asking) {
            wrong.push("TOO_MANY_ORDERS");
        }
        let opening = self.opening_qty(order);
        if opening > 0 && position::is_free(opening, plan_price, order.leverage) {
            wrong.push("QUANTITY_TOO_SMALL");
        }
        let instrument = &self.instruments[&order.asset];
        if opening > 0 && instrument.is_too_large(opening, plan_price, order.leverage) {
            wrong.push("POSITION_TOO_LARGE");
        }
        if !fits(reserved) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        let own = asking.earlier.map_or(0, |earlier| earlier.reserved);
        if reserved > self.accounts[&order.user_id].balance + own {
            wrong.push("INSUFFICIENT_BALANCE");
        }
        wrong
    }

    /// Reports whether one more order would be too many. An amended order has its place already,
    /// even if the limit was lowered since.
    fn has_too_many_orders(&self, order: &Order, asking: &Asking<'_>) -> bool {
        let is_new = asking.earlier.is_none();
        is_new && self.has_all_orders(&order.user_id)
    }

    /// Reports whether an account has all the resting orders that it may have.
    pub(crate) fn has_all_orders(&self, user_id: &str) -> bool {
        self.resting_of(user_id).len() >= self.rules.max_open_orders
    }

    /// The reason for which an order can't wait for its trigger price: it is reached. The instrument
    /// has a quote.
    fn trigger_refusals(&self, order: &Order) -> Vec<Rejection> {
        let now = self.seen(order.asset).by_triggers;
        let is_reached = order.is_triggered(now) || order.is_stopped(now);
        if is_reached { vec!["WOULD_TRIGGER"] } else { Vec::new() }
    }
}
