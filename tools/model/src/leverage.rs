//! `CHANGE_LEVERAGE`: the leverage of an account in an instrument, with its positions and orders.

use crate::amount::fits;
use crate::entry::Entry;
use crate::mode::Mode;
use crate::model::{Model, Outcome, Verdict};
use crate::order::Order;
use crate::payload::{Payload, Unreadable};
use crate::position::{self, Position, close_price, is_worse};
use crate::symbol::Symbol;
use serde_json::json;

impl Model {
    pub(crate) fn change_leverage(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let asset = payload.text("asset")?;
        let leverage = i128::from(payload.number("leverage")?);
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let mut wrong = Vec::new();
        if self.mode(user_id) == Mode::Separate {
            wrong.push("WRONG_POSITION_MODE");
        }
        let Ok(Some(asset)) = self.listed(Some(asset)) else {
            wrong.push("UNKNOWN_ASSET");
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        };
        if !(1..=self.instruments[&asset].max_leverage).contains(&leverage) {
            wrong.push("INVALID_LEVERAGE");
        }
        if wrong.is_empty() && self.leverage(user_id, asset) == leverage {
            let verdict = Verdict::Account(self.accounts[user_id]);
            return Ok(Outcome::without_events(verdict));
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let positions = self.levered_positions(user_id, asset, leverage);
        let orders = self.levered_orders(user_id, asset, leverage);
        if let (Some(tick), false) = (self.ticks.get(&asset), positions.is_empty()) {
            wrong.extend(self.price_violations(asset, *tick, entry.id, clock_ms));
        }
        wrong.extend(self.leverage_refusals(user_id, &positions, &orders));
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        self.leverages.insert((user_id.to_owned(), asset), leverage);
        Ok(self.put_levered(entry, (user_id, asset, leverage), positions, orders))
    }

    /// The positions of an account in an instrument as they are with another leverage, the oldest
    /// first.
    fn levered_positions(&self, user_id: &str, asset: Symbol, leverage: i128) -> Vec<Position> {
        let instrument = &self.instruments[&asset];
        let all = self.open.values();
        let own = all.filter(|position| position.user_id == user_id && position.asset == asset);
        let levered = own.map(|position| {
            let margin = position::margin(position.qty, position.entry_price, leverage);
            let mut levered = Position { leverage, margin, ..position.clone() };
            levered.set_liquidation_price(instrument);
            levered
        });
        levered.collect()
    }

    /// The opening orders of an account in an instrument as they are with another leverage, the
    /// oldest first.
    fn levered_orders(&self, user_id: &str, asset: Symbol, leverage: i128) -> Vec<Order> {
        let own = self.resting_of(user_id).into_iter();
        let opening = own.filter(|order| order.asset == asset && !order.reduce_only);
        let levered = opening.map(|order| {
            let mut order = Order { leverage, ..order.clone() };
            let quote = self.ticks[&asset].quote(order.is_buy);
            let plan_price = order.plan_price(Some(quote)).expect("every kind has a plan price");
            order.reserved = self.reserve(&order, plan_price);
            order
        });
        levered.collect()
    }

    fn leverage_refusals(
        &self,
        user_id: &str,
        positions: &[Position],
        orders: &[Order],
    ) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        let mut increases = 0;
        for position in positions {
            increases += (position.margin - self.open[&position.number].margin).max(0);
            if self.is_liquidated(position) {
                wrong.push("LIQUIDATED_AT_ONCE");
            }
            let instrument = &self.instruments[&position.asset];
            if instrument.is_too_large(position.qty, position.entry_price, position.leverage) {
                wrong.push("POSITION_TOO_LARGE");
            }
            if !fits(position.margin) || !fits(position.liquidation_price) {
                wrong.push("AMOUNT_OUT_OF_RANGE");
            }
        }
        for order in orders {
            let held = self.find_resting(&order.order_id).map_or(0, |earlier| earlier.reserved);
            increases += (order.reserved - held).max(0);
            if !fits(order.reserved) {
                wrong.push("AMOUNT_OUT_OF_RANGE");
            }
        }
        if increases > self.accounts[user_id].balance {
            wrong.push("INSUFFICIENT_BALANCE");
        }
        wrong
    }

    /// Reports whether the price that liquidations go by has reached that of a position.
    pub(crate) fn is_liquidated(&self, position: &Position) -> bool {
        let now = close_price(position.is_long, self.seen(position.asset).by_liquidations);
        !is_worse(position.is_long, position.liquidation_price, now)
    }

    fn put_levered(
        &mut self,
        entry: &Entry,
        (user_id, asset, leverage): (&str, Symbol, i128),
        positions: Vec<Position>,
        orders: Vec<Order>,
    ) -> Outcome {
        let by = entry.optional("requestId");
        let payload = json!({ "asset": asset.to_string(), "leverage": crate::view::int(leverage) });
        let mut events = vec![self.event("LEVERAGE_CHANGED", by, user_id, payload)];
        for position in positions {
            let held = &self.open[&position.number];
            if (held.leverage, held.margin) != (position.leverage, position.margin) {
                events.push(self.put_margin(position, "LEVERAGE", by));
            }
        }
        for mut order in orders {
            let resting = self.find_resting(&order.order_id).expect("the order rests");
            if (resting.leverage, resting.reserved) == (order.leverage, order.reserved) {
                continue;
            }
            self.unrest(&order.order_id);
            order.updated_at = entry.id.ms;
            self.rest(order.clone());
            events.push(self.order_event("ORDER_AMENDED", &order, by));
        }
        let verdict = Verdict::Account(self.accounts[user_id]);
        Outcome { verdict, events }
    }
}
