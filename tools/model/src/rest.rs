//! Orders that rest: their acceptance and their end, and the money reserved for them.

use crate::account::Event;
use crate::mode::Mode;
use crate::model::Model;
use crate::order::{Kind, Order, Status};
use crate::position::{Position, margin};
use serde_json::json;

/// The time of a change and the id of the request that asked for it, if one did.
pub type Cause<'a> = (u64, Option<&'a str>);

impl Model {
    /// The resting orders of an account, the oldest first.
    pub fn resting_of(&self, user_id: &str) -> Vec<&Order> {
        let own = self.resting.iter().filter(|order| order.user_id == user_id);
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|order| order.place);
        own
    }

    /// All resting orders.
    pub fn resting_orders(&self) -> impl Iterator<Item = &Order> {
        self.resting.iter()
    }

    /// A resting order.
    pub fn find_resting(&self, order_id: &str) -> Option<&Order> {
        self.resting.iter().find(|order| order.order_id == order_id)
    }

    /// The number of resting orders.
    pub fn resting_count(&self) -> usize {
        self.resting.len()
    }

    /// The quantity of an order that would open or increase a position now, as far as the money for
    /// it must be there before. A reversal opens with what its position pays out.
    pub(crate) fn opening_qty(&self, order: &Order) -> i128 {
        if order.reduce_only || order.reverses().is_some() {
            return 0;
        }
        if self.mode(&order.user_id) != Mode::OneWay {
            return order.qty;
        }
        let position = self.net_position(&order.user_id, order.asset, None);
        let opposite = position.filter(|position| position.is_long != order.is_buy);
        (order.qty - opposite.map_or(0, |position| position.qty)).max(0)
    }

    /// ⌈opening quantity × plan price / leverage⌉, and the fee of this fill. Only a limit order that
    /// waits for its price is sure to be a maker's.
    pub(crate) fn reserve(&self, order: &Order, plan_price: i128) -> i128 {
        let is_maker = order.kind == Kind::Limit && !order.awaits_quote;
        let role = if is_maker { "MAKER" } else { "TAKER" };
        match self.opening_qty(order) {
            0 => 0,
            qty => {
                let fee = self.fee(order.asset, role, qty, plan_price);
                margin(qty, plan_price, order.leverage) + fee
            }
        }
    }

    /// Numbers an order that no event has told of, and that the next event of its account tells of.
    pub(crate) fn number(&self, order: &mut Order) {
        if order.sequence == 0 {
            order.sequence = self.accounts[&order.user_id].sequence + 1;
        }
    }

    /// Moves an order to the last place.
    pub(crate) fn place_last(&mut self, order: &mut Order) {
        order.place = self.places;
        self.places += 1;
    }

    /// Puts a new or changed order among those that rest, and takes what is reserved for it from the
    /// balance.
    pub(crate) fn rest(&mut self, order: Order) {
        self.reserve_of(&order, order.reserved);
        self.resting.push(order);
    }

    /// Takes an order from those that rest, and returns what was reserved for it to the balance.
    pub(crate) fn unrest(&mut self, order_id: &str) -> Option<Order> {
        let at = self.resting.iter().position(|order| order.order_id == order_id)?;
        let mut order = self.resting.remove(at);
        self.reserve_of(&order, -order.reserved);
        order.reserved = 0;
        order.awaits_quote = false;
        Some(order)
    }

    fn reserve_of(&mut self, order: &Order, amount: i128) {
        let account = self.accounts.get_mut(&order.user_id).expect("orders have owners");
        account.balance -= amount;
        account.reserved += amount;
    }

    /// Ends an order that does not rest, and returns its event.
    pub(crate) fn expire(
        &mut self,
        mut order: Order,
        reason: &'static str,
        (now_ms, by): Cause<'_>,
    ) -> Event {
        order.status = Status::Expired;
        order.reason = Some(reason);
        order.updated_at = now_ms;
        let event = self.order_event("ORDER_EXPIRED", &order, by);
        self.ended.remember(order, 0, self.rules);
        event
    }

    /// The event of an order.
    pub(crate) fn order_event(
        &mut self,
        kind: &'static str,
        order: &Order,
        by: Option<&str>,
    ) -> Event {
        self.event(kind, by, &order.user_id, json!({ "order": order.message() }))
    }

    /// Lets the reducing orders of a position follow a change of its quantity, the oldest first:
    /// they expire with it, and none keeps more than is there.
    pub(crate) fn follow(
        &mut self,
        position: &Position,
        (now_ms, by): Cause<'_>,
        events: &mut Vec<Event>,
    ) {
        let of_user = self.resting_of(&position.user_id).into_iter();
        let own = of_user.filter(|order| order.reduce_only && reduces(order, position));
        let order_ids: Vec<_> = own.map(|order| order.order_id.clone()).collect();
        for order_id in order_ids {
            if position.qty == 0 {
                let order = self.unrest(&order_id).expect("the order rests");
                events.push(self.expire(order, "POSITION_CLOSED", (now_ms, by)));
                continue;
            }
            let rests = self.resting.iter_mut().find(|order| order.order_id == order_id);
            let order = rests.expect("the order rests");
            if order.qty > position.qty {
                order.qty = position.qty;
                order.updated_at = now_ms;
                let order = order.clone();
                events.push(self.order_event("ORDER_AMENDED", &order, by));
            }
        }
    }
}

/// Reports whether a reducing order works on a position.
fn reduces(order: &Order, position: &Position) -> bool {
    match &order.position_id {
        Some(position_id) => *position_id == position.order_id,
        None => order.asset == position.asset && order.is_of_long() == position.is_long,
    }
}
