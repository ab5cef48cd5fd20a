//! `REVERSE_POSITION`: a position closed whole, and the same quantity opened on the other side.

use crate::entry::Entry;
use crate::execute::FillPrice;
use crate::fill::{Opening, Parts};
use crate::guards::Course;
use crate::mode::Mode;
use crate::model::{Model, Outcome, Verdict};
use crate::order::{Kind, Order, Sent};
use crate::payload::{Payload, Unreadable};
use crate::position::Position;

impl Model {
    pub(crate) fn reverse(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let order_id = payload.text("orderId")?;
        let earlier_order_id = payload.optional_text("earlierOrderId")?;
        let position_id = payload.text("positionId")?;
        let price_limit = payload.optional_amount("priceLimitInt")?;
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let sent = Sent::Reverse { position_id: position_id.to_owned(), price_limit };
        for order_id in [Some(order_id), earlier_order_id].into_iter().flatten() {
            if let Some(outcome) = self.ordered_again(user_id, order_id, &sent) {
                return Ok(outcome);
            }
        }
        let mut wrong = Vec::new();
        if self.is_paused {
            wrong.push("TRADING_PAUSED");
        }
        wrong.extend(self.clock_violation(entry.id, clock_ms));
        let Some(position) = self.own_open(user_id, position_id).cloned() else {
            wrong.push(self.not_open(user_id, position_id));
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        };
        let tick = self.ticks[&position.asset];
        wrong.extend(self.price_violations(position.asset, tick, entry.id, clock_ms));
        let mut order = self.reversal(&position, order_id, sent, price_limit, entry.id.ms);
        let price = tick.quote(order.is_buy);
        if order.is_beyond_limit(price, price) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        let parts = self.reversal_parts(&position);
        wrong.extend(self.status_violation(position.asset, true));
        let now = Some(self.seen(position.asset).by_liquidations);
        wrong.extend(self.fill_refusals(&order, &parts, (price, "TAKER"), now));
        let is_next = self.fills_next(position.asset);
        if is_next && self.has_all_orders(user_id) {
            wrong.push("TOO_MANY_ORDERS");
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let cause = (entry.id.ms, entry.optional("requestId"));
        if is_next {
            order.position_id = Some(position.order_id);
            order.awaits_quote = true;
            return Ok(self.take_course(order, &Course::Rest(0), "ORDER_ACCEPTED", cause));
        }
        let mut events = Vec::new();
        let at = FillPrice { amount: price, role: "TAKER", tick_id: tick.id };
        let filled = self.execute(order, &parts, at, cause, &mut events);
        Ok(self.placed(filled.order, Some(filled.position), events))
    }

    /// The parts of a reversal: the whole position, and as much on the other side.
    pub(crate) fn reversal_parts(&self, position: &Position) -> Parts {
        let is_long = !position.is_long;
        let is_hedge = self.mode(&position.user_id) == Mode::Hedge;
        let other = self.net_position(&position.user_id, position.asset, Some(is_long));
        let onto = other.filter(|_| is_hedge).map(|other| other.number);
        Parts {
            reduced: Some((position.number, position.qty)),
            opened: Some(Opening { onto, is_long, qty: position.qty }),
        }
    }

    /// The order that reverses a position.
    fn reversal(
        &self,
        position: &Position,
        order_id: &str,
        sent: Sent,
        price_limit: Option<i128>,
        now_ms: u64,
    ) -> Order {
        let mode = self.mode(&position.user_id);
        let is_buy = !position.is_long;
        let ids = (position.user_id.as_str(), order_id, position.asset);
        Order {
            on_long: (mode == Mode::Hedge).then_some(is_buy),
            position_id: (mode == Mode::Separate).then(|| position.order_id.clone()),
            leverage: position.leverage,
            price_limit,
            ..Order::new(ids, (Kind::Market, is_buy, 2 * position.qty), sent, now_ms)
        }
    }
}
