//! Closing positions on request, and paying them out.

use crate::account::Event;
use crate::closed::Record;
use crate::entry::Entry;
use crate::model::{Model, Outcome, PositionState, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::{close_price, is_worse};
use crate::tick::Tick;
use serde_json::json;

/// The cause of a close.
pub struct Closing<'a> {
    /// The close reason.
    pub reason: &'static str,
    /// The price at which it happens.
    pub tick: Tick,
    /// The time, as stream time.
    pub now_ms: u64,
    /// The id of the request that asked for it, if one did.
    pub by: Option<&'a str>,
    /// The number of positions that the same tick has still to close.
    pub following: usize,
}

impl Model {
    pub(crate) fn close(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, order_id) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.text("orderId")?);
        let limit = payload.optional_amount("priceLimitInt")?;
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let by = entry.optional("requestId");
        let Some(position) = self.own_open(user_id, order_id) else {
            return Ok(self.close_again(user_id, order_id, by));
        };
        let tick = self.ticks[&position.asset];
        let mut wrong = self.price_violations(position.asset, tick, entry.id, clock_ms);
        let price = close_price(position.is_long, tick);
        if limit.is_some_and(|limit| is_worse(position.is_long, price, limit)) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let closing = Closing { reason: "MANUAL", tick, now_ms: entry.id.ms, by, following: 0 };
        let event = self.settle(position.number, &closing);
        let closed =
            PositionState::Closed(self.closed.last().expect("one was just closed").clone());
        let verdict = Verdict::Granted(Box::new(closed), event.account);
        Ok(Outcome { verdict, events: vec![event] })
    }

    /// The answer to the close of an order that is not open. The request that closed it gets its
    /// first answer again.
    fn close_again(&self, user_id: &str, order_id: &str, by: Option<&str>) -> Outcome {
        let Some(closed) = self.own_closed(user_id, order_id) else {
            return Outcome::rejected("ORDER_NOT_FOUND");
        };
        if by.is_some() && closed.closed_by.as_deref() == by {
            let order = Box::new(PositionState::Closed(closed.clone()));
            let verdict = Verdict::Repeated(order, self.accounts[user_id]);
            return Outcome::without_events(verdict);
        }
        Outcome::rejected("ORDER_ALREADY_CLOSED")
    }

    /// The record of a user's order that was closed, if the exchange knows it.
    pub(crate) fn own_closed(&self, user_id: &str, order_id: &str) -> Option<&Record> {
        self.closed.known(order_id).filter(|closed| closed.position.user_id == user_id)
    }

    /// Closes a position at the tick's own price and pays it out. The owner gets margin + P&L,
    /// never less than zero; the house bears the rest, which is the shortfall.
    pub(crate) fn settle(&mut self, number: u64, closing: &Closing<'_>) -> Event {
        let position = self.open.remove(&number).expect("the position is open");
        self.numbers.remove(&position.order_id);
        let close_price = close_price(position.is_long, closing.tick);
        let pnl = position.pnl(close_price);
        let final_pnl = pnl.max(-position.margin);
        let shortfall = final_pnl - pnl;
        let user_id = position.user_id.clone();
        let account = self.accounts.get_mut(&user_id).expect("positions have owners");
        account.balance += position.margin + final_pnl;
        account.used_margin -= position.margin;
        self.house -= final_pnl;
        self.shortfall += shortfall;

        let closed = Record {
            position,
            reason: closing.reason,
            close_price,
            final_pnl,
            shortfall,
            tick_id: closing.tick.id,
            closed_at: closing.now_ms,
            closed_by: closing.by.map(str::to_owned),
        };
        let payload = json!({ "order": closed.message() });
        self.closed.remember(closed, closing.following, self.rules);
        self.event("ORDER_CLOSED", closing.by, &user_id, payload)
    }
}
