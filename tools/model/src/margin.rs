//! `CHANGE_MARGIN`: money added to the margin of a position, or removed.

use crate::account::Event;
use crate::amount::fits;
use crate::entry::Entry;
use crate::model::{Model, Outcome, PositionState, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::{self, Position};
use serde_json::json;

impl Model {
    pub(crate) fn change_margin(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, order_id) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.text("orderId")?);
        let amount = payload.amount("amountInt")?;
        let by = entry.optional("requestId");
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let mut wrong = Vec::new();
        let is_valid = amount != 0 && fits(amount);
        if !is_valid {
            wrong.push("INVALID_AMOUNT");
        }
        let Some(position) = self.own_open(user_id, order_id).cloned() else {
            wrong.push(self.not_open(user_id, order_id));
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        };
        if by.is_some() && position.margin_changed_by.as_deref() == by {
            let order = Box::new(PositionState::Open(self.valued(&position)));
            let verdict = Verdict::Repeated(order, self.accounts[user_id]);
            return Ok(Outcome::without_events(verdict));
        }
        if amount < 0 {
            let tick = self.ticks[&position.asset];
            wrong.extend(self.price_violations(position.asset, tick, entry.id, clock_ms));
        }
        let mut changed = position;
        if is_valid {
            changed.margin += amount;
            wrong.extend(self.margin_refusals(&mut changed, amount));
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        changed.margin_changed_by = by.map(str::to_owned);
        let event = self.put_margin(changed.clone(), "MARGIN", by);
        let order = Box::new(PositionState::Open(self.valued(&changed)));
        Ok(Outcome { verdict: Verdict::Granted(order, event.account), events: vec![event] })
    }

    /// The reasons against a position with another margin, which gets its liquidation price.
    fn margin_refusals(&self, changed: &mut Position, amount: i128) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        if amount > self.accounts[&changed.user_id].balance {
            wrong.push("INSUFFICIENT_BALANCE");
        }
        let least = position::margin(changed.qty, changed.entry_price, changed.leverage);
        if amount < 0 && changed.margin < least {
            wrong.push("MARGIN_TOO_LOW");
        }
        changed.set_liquidation_price(&self.instruments[&changed.asset]);
        if !fits(changed.margin) || !fits(changed.liquidation_price) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        }
        if self.is_liquidated(changed) {
            wrong.push("LIQUIDATED_AT_ONCE");
        }
        wrong
    }

    /// Moves the difference of two margins between balance and used margin, and puts the position
    /// with its new margin among the open ones.
    pub(crate) fn put_margin(
        &mut self,
        position: Position,
        change: &'static str,
        by: Option<&str>,
    ) -> Event {
        let added = position.margin - self.open[&position.number].margin;
        let account = self.accounts.get_mut(&position.user_id).expect("positions have owners");
        account.balance -= added;
        account.used_margin += added;
        let payload = json!({ "order": position.message(), "change": change });
        let event = self.event("POSITION_CHANGED", by, &position.user_id, payload);
        self.put_open(position);
        event
    }

    /// The reason to refuse a request about a position that is not open.
    pub(crate) fn not_open(&self, user_id: &str, order_id: &str) -> &'static str {
        let is_closed = self.own_closed(user_id, order_id).is_some();
        if is_closed { "ORDER_ALREADY_CLOSED" } else { "ORDER_NOT_FOUND" }
    }
}
