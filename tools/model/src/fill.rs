//! The parts of an order's execution: what it closes, what it opens, and what is against that.

use crate::amount::fits;
use crate::mode::Mode;
use crate::model::{Model, Rejection};
use crate::order::Order;
use crate::position::{self, Position, close_price, is_worse};
use crate::symbol::Symbol;
use crate::tick::Tick;

/// The parts of an execution.
#[derive(Clone, Copy, Default)]
pub struct Parts {
    /// The number of the position that is reduced, with the quantity.
    pub reduced: Option<(u64, i128)>,
    /// The part that opens or increases.
    pub opened: Option<Opening>,
}

/// The part of an execution that opens a position or increases one.
#[derive(Clone, Copy)]
pub struct Opening {
    /// The number of the position that is increased.
    pub onto: Option<u64>,
    /// The side of the position.
    pub is_long: bool,
    /// The quantity.
    pub qty: i128,
}

impl Model {
    /// The position that a reducing order works on, if it is there, in the instrument and on the
    /// opposite side.
    pub(crate) fn target(&self, order: &Order) -> Option<&Position> {
        let position = match self.mode(&order.user_id) {
            Mode::Separate => self.own_open(&order.user_id, order.position_id.as_deref()?),
            Mode::OneWay => self.net_position(&order.user_id, order.asset, None),
            Mode::Hedge => self.net_position(&order.user_id, order.asset, Some(order.on_long?)),
        };
        position.filter(|found| {
            found.asset == order.asset
                && found.is_long != order.is_buy
                && order.position_id.as_ref().is_none_or(|id| *id == found.order_id)
        })
    }

    /// The parts of an order that is filled now; none if it has nothing to reduce or to reverse.
    pub(crate) fn parts(&self, order: &Order) -> Option<Parts> {
        if let Some(position_id) = order.reverses() {
            let position = self.own_open(&order.user_id, position_id)?;
            return Some(self.reversal_parts(position));
        }
        if order.reduce_only {
            let target = self.target(order)?;
            let qty = if order.close_position { target.qty } else { order.qty.min(target.qty) };
            return Some(Parts { reduced: Some((target.number, qty)), opened: None });
        }
        let (is_long, qty) = (order.is_buy, order.qty);
        let found = match self.mode(&order.user_id) {
            Mode::Separate => None,
            Mode::OneWay => self.net_position(&order.user_id, order.asset, None),
            Mode::Hedge => self.net_position(&order.user_id, order.asset, order.on_long),
        };
        let Some(found) = found.filter(|found| found.is_long != is_long) else {
            let onto = found.map(|found| found.number);
            let opened = Some(Opening { onto, is_long, qty });
            return Some(Parts { reduced: None, opened });
        };
        let closed = qty.min(found.qty);
        let opened = Opening { onto: None, is_long, qty: qty - closed };
        let opened = (qty > closed).then_some(opened);
        Some(Parts { reduced: Some((found.number, closed)), opened })
    }

    /// The sum of the quantities of the open positions of one side.
    pub(crate) fn open_interest(&self, asset: Symbol, is_long: bool) -> i128 {
        let positions = self.open.values().filter(|position| position.asset == asset);
        positions.filter(|position| position.is_long == is_long).map(|position| position.qty).sum()
    }

    /// Reports whether a side would have more open than it may.
    pub(crate) fn exceeds_cap(&self, asset: Symbol, is_long: bool, more: i128) -> bool {
        let cap = self.instruments[&asset].open_interest_cap;
        cap.is_some_and(|cap| self.open_interest(asset, is_long) + more > cap)
    }

    /// The reasons for which an order can't be filled at a price, in the order in which they are
    /// looked at. `now` is the price that liquidations go by, where the order is filled at its
    /// arrival.
    pub(crate) fn fill_refusals(
        &self,
        order: &Order,
        parts: &Parts,
        (price, role): (i128, &str),
        now: Option<Tick>,
    ) -> Vec<Rejection> {
        let Some(opening) = parts.opened else {
            return self.reduction_refusals(parts, (price, role));
        };
        let instrument = &self.instruments[&order.asset];
        let mut wrong = Vec::new();
        let closes = parts.reduced.is_some_and(|(number, qty)| qty == self.open[&number].qty);
        let open = self.open_of(&order.user_id).count() - usize::from(closes);
        if opening.onto.is_none() && open >= self.rules.max_open_positions {
            wrong.push("TOO_MANY_POSITIONS");
        }
        if position::is_free(opening.qty, price, order.leverage) {
            wrong.push("QUANTITY_TOO_SMALL");
        }
        let fee = instrument.fee(role, opening.qty, price);
        let opened = self.opened_position(order, &opening, price);
        if opened.is_none() || !fits(fee) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        let is_too_large =
            |it: &Position| instrument.is_too_large(it.qty, it.entry_price, it.leverage);
        if opened.as_ref().is_some_and(is_too_large) {
            wrong.push("POSITION_TOO_LARGE");
        }
        if self.exceeds_cap(order.asset, opening.is_long, opening.qty) {
            wrong.push("OPEN_INTEREST_CAP");
        }
        if order.trailing_stop_bps.is_some() && self.knows(&order.trailing_stop_id()) {
            wrong.push("ORDER_ID_REUSED");
        }
        let payout = parts.reduced.map_or(0, |(number, qty)| {
            self.payout(&self.open[&number], qty, (price, role), false).due()
        });
        let margin = position::margin(opening.qty, price, order.leverage);
        let needed = margin + fee;
        let reserved = self.find_resting(&order.order_id).map_or(0, |order| order.reserved);
        if needed > self.accounts[&order.user_id].balance + reserved + payout {
            wrong.push("INSUFFICIENT_BALANCE");
        }
        if let (Some(now), Some(opened)) = (now, opened) {
            let now = close_price(opening.is_long, now);
            if !is_worse(opening.is_long, opened.liquidation_price, now) {
                wrong.push("LIQUIDATED_AT_ONCE");
            }
        }
        wrong
    }

    /// The reason against a mere reduction: the position left has no liquidation price.
    fn reduction_refusals(&self, parts: &Parts, at: (i128, &str)) -> Vec<Rejection> {
        let Some((number, qty)) = parts.reduced else { return Vec::new() };
        let mut left = self.open[&number].clone();
        let instrument = &self.instruments[&left.asset];
        if qty == left.qty || !instrument.is_maintained() {
            return Vec::new();
        }
        left.margin -= self.payout(&left, qty, at, false).margin;
        left.qty -= qty;
        left.set_liquidation_price(instrument);
        if fits(left.liquidation_price) { Vec::new() } else { vec!["AMOUNT_OUT_OF_RANGE"] }
    }

    /// The position that results from an opening part; none if its amounts are out of range.
    pub(crate) fn opened_position(
        &self,
        order: &Order,
        opening: &Opening,
        price: i128,
    ) -> Option<Position> {
        let Opening { onto, is_long, qty } = *opening;
        let margin = position::margin(qty, price, order.leverage);
        let instrument = &self.instruments[&order.asset];
        let mut opened = if let Some(number) = onto {
            let held = &self.open[&number];
            if !fits(held.qty + qty) {
                return None;
            }
            let mut grown = held.clone();
            grown.entry_price =
                position::average_entry(is_long, (held.qty, held.entry_price), (qty, price));
            grown.qty += qty;
            grown.margin += margin;
            grown.set_liquidation_price(instrument);
            grown
        } else {
            self.new_position(order, (is_long, qty, price, margin))
        };
        opened.life.open(qty, price);
        opened.stop_loss = order.stop_loss.or(opened.stop_loss);
        opened.take_profit = order.take_profit.or(opened.take_profit);
        let amounts = [opened.qty, opened.margin, opened.liquidation_price, opened.entry_price];
        amounts.into_iter().all(fits).then_some(opened)
    }

    fn new_position(
        &self,
        order: &Order,
        (is_long, qty, price, margin): (bool, i128, i128, i128),
    ) -> Position {
        let instrument = &self.instruments[&order.asset];
        let liquidation_price =
            instrument.first_liquidation_price(is_long, (qty, price), order.leverage);
        Position {
            order_id: order.order_id.clone(),
            user_id: order.user_id.clone(),
            asset: order.asset,
            is_long,
            leverage: order.leverage,
            qty,
            margin,
            entry_price: price,
            liquidation_price,
            stop_loss: None,
            take_profit: None,
            created_at: order.updated_at,
            commission: 0,
            funding: 0,
            opened_by: None,
            life: crate::life::Life::default(),
            margin_changed_by: None,
            number: self.opened,
        }
    }
}
