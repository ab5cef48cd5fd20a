//! Changes of the stop-loss and take-profit of an open position.

use crate::amount::fits;
use crate::entry::Entry;
use crate::model::{Model, Outcome, PositionState, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::{close_price, is_worse};
use serde_json::json;

impl Model {
    pub(crate) fn modify(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, order_id) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.text("orderId")?);
        let new_stop_loss = payload.optional_amount("stopLossInt")?;
        let new_take_profit = payload.optional_amount("takeProfitInt")?;
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let Some(position) = self.own_open(user_id, order_id) else {
            let is_closed = self.own_closed(user_id, order_id).is_some();
            let code = if is_closed { "ORDER_ALREADY_CLOSED" } else { "ORDER_NOT_FOUND" };
            return Ok(Outcome::rejected(code));
        };
        let stop_loss = payload.edited("stopLossInt", position.stop_loss)?;
        let take_profit = payload.edited("takeProfitInt", position.take_profit)?;
        let open = self.valued(position);
        if (stop_loss, take_profit) == (position.stop_loss, position.take_profit) {
            let verdict =
                Verdict::Repeated(Box::new(PositionState::Open(open)), self.accounts[user_id]);
            return Ok(Outcome::without_events(verdict));
        }
        let mut wrong = Vec::new();
        let now = close_price(position.is_long, self.seen(position.asset).by_triggers);
        let is_worse = |a: i128, b: i128| is_worse(position.is_long, a, b);
        if let Some(stop_loss) = new_stop_loss {
            if !is_worse(stop_loss, now) {
                wrong.push("STOP_LOSS_WRONG_SIDE");
            }
            if !is_worse(position.liquidation_price, stop_loss) {
                wrong.push("STOP_LOSS_BEYOND_LIQUIDATION");
            }
        }
        if new_take_profit.is_some_and(|price| !is_worse(now, price)) {
            wrong.push("TAKE_PROFIT_WRONG_SIDE");
        }
        let mut exits = [new_stop_loss, new_take_profit].into_iter().flatten();
        if exits.any(|price| price <= 0 || !fits(price)) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let number = position.number;
        let position = self.open.get_mut(&number).expect("the position is open");
        (position.stop_loss, position.take_profit) = (stop_loss, take_profit);
        let payload = json!({ "order": position.message() });
        let order = Box::new(PositionState::Open(self.valued(&self.open[&number])));
        let event = self.event("ORDER_MODIFIED", entry.optional("requestId"), user_id, payload);
        let verdict = Verdict::Granted(order, event.account);
        Ok(Outcome { verdict, events: vec![event] })
    }
}
