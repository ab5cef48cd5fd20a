//! Closing positions on request, and paying them out.

use crate::account::Event;
use crate::closed::Record;
use crate::entry::{Entry, Id};
use crate::fees::Payout;
use crate::message::put_nonzero;
use crate::model::{Model, Outcome, PositionState, Verdict};
use crate::order::Execution;
use crate::payload::{Payload, Unreadable};
use crate::position::{Position, close_price, is_worse};
use crate::tick::Tick;
use serde_json::{Value, json};

/// The cause of a close.
pub struct Closing<'a> {
    /// The close reason.
    pub reason: &'static str,
    /// The price at which it happens.
    pub price: i128,
    /// The tick whose price it is.
    pub tick_id: Id,
    /// The time, as stream time.
    pub now_ms: u64,
    /// The id of the request that asked for it, if one did.
    pub by: Option<&'a str>,
    /// The number of positions that the same tick has still to close.
    pub following: usize,
    /// The part of an order that closes it, if one does.
    pub execution: Option<Execution<'a>>,
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
        let is_next = self.fills_next(position.asset);
        if let Some(order) = self.waiting_close(position).filter(|_| is_next) {
            return Ok(self.placed_before(order));
        }
        let tick = self.ticks[&position.asset];
        let mut wrong = self.price_violations(position.asset, tick, entry.id, clock_ms);
        let price = close_price(position.is_long, tick);
        if limit.is_some_and(|limit| is_worse(position.is_long, price, limit)) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        if is_next {
            let mut order = self.closing_order(position, limit, entry.id);
            wrong.extend(self.closing_refusals(&order));
            if !wrong.is_empty() {
                return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
            }
            let event = self.accept_close(&mut order, by);
            return Ok(self.placed(order, None, vec![event]));
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let number = position.number;
        let events = self.close_on_request(number, tick, (entry.id.ms, by));
        let closed = PositionState::Closed(self.closed.last().expect("one was closed").clone());
        let verdict = Verdict::Granted(Box::new(closed), self.accounts[user_id]);
        Ok(Outcome { verdict, events })
    }

    /// Closes a position at the last price, because its owner has asked for it.
    pub(crate) fn close_on_request(
        &mut self,
        number: u64,
        tick: Tick,
        (now_ms, by): (u64, Option<&str>),
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let price = close_price(self.open[&number].is_long, tick);
        let closing = Closing {
            reason: "MANUAL",
            price,
            tick_id: tick.id,
            now_ms,
            by,
            following: 0,
            execution: None,
        };
        self.settle(number, &closing, &mut events);
        events
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

    /// Closes a position and pays it out, then ends the orders that would have reduced it. The owner
    /// gets margin + P&L less fees, never less than zero; what the P&L takes beyond the margin is the
    /// shortfall.
    pub(crate) fn settle(&mut self, number: u64, closing: &Closing<'_>, events: &mut Vec<Event>) {
        let mut position = self.open.remove(&number).expect("the position is open");
        self.numbers.remove(&position.order_id);
        let role = closing.execution.map_or("TAKER", |part| part.role);
        let is_liquidation = closing.reason == "MARGIN_CALL";
        let at = (closing.price, role);
        let payout = self.payout(&position, position.qty, at, is_liquidation);
        self.pay(&position.user_id, &payout);
        // The record of a position that was closed in parts has the figures of all of them, so the
        // last part has a fill of its own. So has one that cost a fee.
        let has_fees = payout.fee + payout.liquidation_fee > 0;
        let execution = match closing.execution {
            Some(part) => Some(part.message(&position.order_id, payout.final_pnl, payout.fee)),
            None if position.life.closed_qty > 0 || has_fees => {
                Some(json!({ "fill": last_fill(&position, closing, &payout) }))
            }
            None => None,
        };
        position.life.close((position.qty, closing.price), &payout);
        position.commission += payout.fee;
        let closed = record(position.clone(), closing, payout.liquidation_fee);
        let mut payload = json!({ "order": closed.message() });
        if let Some(execution) = execution {
            payload["execution"] = execution;
        }
        self.closed.remember(closed, closing.following, self.rules);
        events.push(self.event("ORDER_CLOSED", closing.by, &position.user_id, payload));
        position.qty = 0;
        self.follow(&position, (closing.now_ms, closing.by), events);
    }
}

/// The fill that closed the rest of a position without an order.
fn last_fill(position: &Position, closing: &Closing<'_>, payout: &Payout) -> Value {
    let mut fill = json!({
        "orderId": position.order_id,
        "positionId": position.order_id,
        "side": if position.is_long { "SELL" } else { "BUY" },
        "qtyInt": position.qty.to_string(),
        "priceInt": closing.price.to_string(),
        "realizedPnLInt": payout.final_pnl.to_string(),
        "role": "TAKER",
        "tickId": closing.tick_id.to_string(),
    });
    put_nonzero(&mut fill, "feeInt", payout.fee);
    fill
}

/// The record of a closed position, with the figures of its whole life.
fn record(mut position: Position, closing: &Closing<'_>, liquidation_fee: i128) -> Record {
    let (life, is_long) = (position.life, position.is_long);
    position.qty = life.opened_qty;
    position.margin = life.margin;
    position.entry_price = life.entry_price(is_long);
    Record {
        position,
        reason: closing.reason,
        close_price: life.close_price(is_long),
        final_pnl: life.final_pnl,
        shortfall: life.shortfall,
        liquidation_fee,
        tick_id: closing.tick_id,
        closed_at: closing.now_ms,
        closed_by: closing.by.map(str::to_owned),
    }
}
