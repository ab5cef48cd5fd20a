//! Orders, and all reasons to reject one.

use crate::amount::fits;
use crate::entry::Entry;
use crate::guards::Course;
use crate::instrument::Instrument;
use crate::life::Life;
use crate::mark::Seen;
use crate::mode::Mode;
use crate::model::{Model, Outcome, PositionState, Rejection, Verdict};
use crate::order::Sent;
use crate::past::Ended;
use crate::payload::{Payload, Unreadable};
use crate::position::{self, Position, close_price, is_worse, open_price};
use crate::symbol::Symbol;
use crate::tick::Tick;
use crate::ticket::{Ticket, is_plain, is_price};
use serde_json::{Value, json};

impl Ticket {
    /// The position that the order opens at this price.
    fn fill(&self, tick: Tick, instrument: &Instrument) -> Fill {
        let entry_price = open_price(self.is_long, tick);
        let (qty, leverage) = (self.qty, self.leverage);
        Fill {
            entry_price,
            margin: position::margin(qty, entry_price, leverage),
            fee: instrument.fee("TAKER", qty, entry_price),
            liquidation_price: instrument.first_liquidation_price(
                self.is_long,
                (qty, entry_price),
                leverage,
            ),
        }
    }
}

/// The amounts of an order that is filled.
struct Fill {
    entry_price: i128,
    margin: i128,
    fee: i128,
    liquidation_price: i128,
}

impl Model {
    pub(crate) fn place(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, order_id) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.text("orderId")?);
        let earlier_order_id = payload.optional_text("earlierOrderId")?;
        let ticket = Ticket::read(payload)?;
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        for order_id in [Some(order_id), earlier_order_id].into_iter().flatten() {
            if let Some(outcome) = self.place_again(user_id, order_id, &ticket) {
                return Ok(outcome);
            }
        }
        if !is_plain(payload) || self.mode(user_id) != Mode::Separate {
            return Ok(self.submit(entry, clock_ms, (user_id, order_id), &ticket));
        }
        if self.is_paused {
            return Ok(Outcome::rejected("TRADING_PAUSED"));
        }
        let listed = ticket.asset.and_then(|asset| Some((asset, self.instrument(asset)?)));
        let Some((asset, instrument)) = listed else {
            return Ok(Outcome::rejected("UNKNOWN_ASSET"));
        };
        let mut wrong = self.violations(user_id, &ticket, (asset, &instrument), entry, clock_ms);
        if self.fills_next(asset) && self.has_all_orders(user_id) {
            wrong.push("TOO_MANY_ORDERS");
        }
        // An order that waits is one like any other.
        if self.fills_next(asset) && !ticket.price_limit.is_none_or(is_price) {
            wrong.push("INVALID_ORDER");
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        if self.fills_next(asset) {
            return Ok(self.open_next(entry, (user_id, order_id, asset), &ticket));
        }
        let fill = ticket.fill(self.ticks[&asset], &instrument);
        Ok(self.open(entry, (user_id, order_id, asset), &ticket, &fill))
    }

    /// Lets an order that is not refused wait for the next quote.
    fn open_next(&mut self, entry: &Entry, ids: (&str, &str, Symbol), ticket: &Ticket) -> Outcome {
        let mut order = ticket.order(ids, Mode::Separate, ticket.leverage, entry.id.ms);
        order.awaits_quote = true;
        let reserved = self.reserve(&order, open_price(ticket.is_long, self.ticks[&ids.2]));
        let cause = (entry.id.ms, entry.optional("requestId"));
        self.take_course(order, &Course::Rest(reserved), "ORDER_ACCEPTED", cause)
    }

    /// Moves the margin from the balance to the used margin, and adds the position.
    fn open(
        &mut self,
        entry: &Entry,
        (user_id, order_id, asset): (&str, &str, Symbol),
        ticket: &Ticket,
        fill: &Fill,
    ) -> Outcome {
        let mut position = Position {
            order_id: order_id.to_owned(),
            user_id: user_id.to_owned(),
            margin: fill.margin,
            liquidation_price: fill.liquidation_price,
            entry_price: fill.entry_price,
            opened_by: Some(ticket.clone()),
            life: Life::default(),
            margin_changed_by: None,
            asset,
            is_long: ticket.is_long,
            leverage: ticket.leverage,
            qty: ticket.qty,
            stop_loss: ticket.stop_loss,
            take_profit: ticket.take_profit,
            created_at: entry.id.ms,
            commission: fill.fee,
            funding: 0,
            number: self.opened,
        };
        position.life.open(position.qty, position.entry_price);
        self.opened += 1;
        let account = self.accounts.get_mut(user_id).expect("the account was checked");
        account.balance -= position.margin + fill.fee;
        account.used_margin += position.margin;
        self.fees += fill.fee;
        let mut payload = json!({ "order": position.message() });
        if fill.fee > 0 {
            payload["execution"] = json!({ "fill": self.first_fill(&position) });
        }
        let event = self.event("ORDER_OPENED", entry.optional("requestId"), user_id, payload);
        let order = Box::new(PositionState::Open(self.valued(&position)));
        self.numbers.insert(order_id.to_owned(), position.number);
        self.open.insert(position.number, position);
        Outcome { verdict: Verdict::Granted(order, event.account), events: vec![event] }
    }

    /// The fill that opened a position, which has the id of the position.
    fn first_fill(&self, position: &Position) -> Value {
        json!({
            "orderId": position.order_id,
            "positionId": position.order_id,
            "side": if position.is_long { "BUY" } else { "SELL" },
            "qtyInt": position.qty.to_string(),
            "priceInt": position.entry_price.to_string(),
            "realizedPnLInt": "0",
            "feeInt": position.commission.to_string(),
            "role": "TAKER",
            "tickId": self.ticks[&position.asset].id.to_string(),
        })
    }

    /// The answer to an order whose id is known already: the same order gets its first answer
    /// again, a different one is rejected.
    fn place_again(&self, user_id: &str, order_id: &str, ticket: &Ticket) -> Option<Outcome> {
        if self.known_order(order_id).is_none()
            && let Some(found) = self.known_position(order_id)
            && found.position().user_id == user_id
            && ticket.opened(found.position())
        {
            let verdict = Verdict::Repeated(Box::new(found), self.accounts[user_id]);
            return Some(Outcome::without_events(verdict));
        }
        self.ordered_again(user_id, order_id, &Sent::Place(Box::new(ticket.clone())))
    }

    /// The answer to a request for an order whose id is known already, unless a plain order has
    /// opened a position with it.
    pub(crate) fn ordered_again(
        &self,
        user_id: &str,
        order_id: &str,
        sent: &Sent,
    ) -> Option<Outcome> {
        if let Some(order) = self.known_order(order_id)
            && order.user_id == user_id
            && order.sent == *sent
        {
            return Some(self.placed_before(order));
        }
        if self.known_order(order_id).is_some() || self.known_position(order_id).is_some() {
            return Some(Outcome::rejected("ORDER_ID_REUSED"));
        }
        let closed = self.closed.known_by_id(order_id).map(Ended::user_id);
        let owner = closed.or(self.ended.known_by_id(order_id).map(Ended::user_id))?;
        let code = if owner == user_id { "ORDER_CLOSED_EARLIER" } else { "ORDER_ID_REUSED" };
        Some(Outcome::rejected(code))
    }

    /// Reports whether an id belongs to an order or a position.
    pub(crate) fn knows(&self, order_id: &str) -> bool {
        self.known_order(order_id).is_some()
            || self.known_position(order_id).is_some()
            || self.closed.known_by_id(order_id).is_some()
            || self.ended.known_by_id(order_id).is_some()
    }

    /// All reasons to reject an order. Some hide others: without a price, a valid leverage and a
    /// valid quantity there are no amounts to check.
    fn violations(
        &self,
        user_id: &str,
        ticket: &Ticket,
        (asset, instrument): (Symbol, &Instrument),
        entry: &Entry,
        clock_ms: u64,
    ) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        wrong.extend(self.clock_violation(entry.id, clock_ms));
        wrong.extend(self.status_violation(asset, true));
        let Some(tick) = self.ticks.get(&asset).copied() else {
            wrong.push("NO_PRICE");
            return wrong;
        };
        wrong.extend(self.price_violations(asset, tick, entry.id, clock_ms));
        let price = open_price(ticket.is_long, tick);
        // The better a price is for closing a position, the worse it is for opening one.
        if ticket.price_limit.is_some_and(|limit| is_worse(ticket.is_long, limit, price)) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        if !(1..=instrument.max_leverage).contains(&ticket.leverage) {
            wrong.push("INVALID_LEVERAGE");
        } else if ticket.qty <= 0 {
            wrong.push("INVALID_QUANTITY");
        } else if !fits(ticket.qty) {
            wrong.push("AMOUNT_OUT_OF_RANGE");
        } else {
            let fill = ticket.fill(tick, instrument);
            wrong.extend(ticket.violations(&fill, &self.seen(asset)));
            if instrument.is_too_small(ticket.qty, fill.entry_price) {
                wrong.push("BELOW_MIN_NOTIONAL");
            }
            if instrument.has_too_little(ticket.qty) {
                wrong.push("BELOW_MIN_QUANTITY");
            }
            if instrument.is_too_large(ticket.qty, fill.entry_price, ticket.leverage) {
                wrong.push("POSITION_TOO_LARGE");
            }
            if self.exceeds_cap(asset, ticket.is_long, ticket.qty) {
                wrong.push("OPEN_INTEREST_CAP");
            }
            if fill.margin + fill.fee > self.accounts[user_id].balance {
                wrong.push("INSUFFICIENT_BALANCE");
            }
        }
        wrong.extend(ticket.steps_violated(instrument));
        if self.open_of(user_id).count() >= self.rules.max_open_positions {
            wrong.push("TOO_MANY_POSITIONS");
        }
        wrong
    }
}

impl Ticket {
    /// The reasons to reject the order that depend on nothing but its own amounts and the price.
    fn violations(&self, fill: &Fill, seen: &Seen) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        let mut reject_if = |is_wrong: bool, code| {
            if is_wrong {
                wrong.push(code);
            }
        };
        let is_free = position::is_free(self.qty, fill.entry_price, self.leverage);
        reject_if(is_free, "QUANTITY_TOO_SMALL");
        let mut exits = [self.stop_loss, self.take_profit].into_iter().flatten();
        let is_out_of_range = !fits(fill.margin)
            || !fits(fill.fee)
            || !fits(fill.liquidation_price)
            || exits.any(|price| price <= 0 || !fits(price));
        reject_if(is_out_of_range, "AMOUNT_OUT_OF_RANGE");

        // Liquidation and stop-loss must not be reached at once, and the take-profit is a profit.
        let is_worse = |a: i128, b: i128| is_worse(self.is_long, a, b);
        let now = close_price(self.is_long, seen.by_liquidations);
        reject_if(!is_worse(fill.liquidation_price, now), "LIQUIDATED_AT_ONCE");
        let now = close_price(self.is_long, seen.by_triggers);
        if let Some(stop_loss) = self.stop_loss {
            reject_if(!is_worse(stop_loss, now), "STOP_LOSS_WRONG_SIDE");
            let is_beyond = !is_worse(fill.liquidation_price, stop_loss);
            reject_if(is_beyond, "STOP_LOSS_BEYOND_LIQUIDATION");
        }
        if let Some(take_profit) = self.take_profit {
            let from = seen.trigger_mark.unwrap_or(fill.entry_price);
            reject_if(!is_worse(from, take_profit), "TAKE_PROFIT_WRONG_SIDE");
        }
        wrong
    }

    /// The reasons to reject the order that the instrument's steps give.
    fn steps_violated(&self, instrument: &Instrument) -> Vec<Rejection> {
        let mut wrong = Vec::new();
        let mut exits = [self.stop_loss, self.take_profit].into_iter().flatten();
        if exits.any(|price| !instrument.is_on_tick(price)) {
            wrong.push("PRICE_OFF_TICK");
        }
        if !instrument.is_on_step(self.qty) {
            wrong.push("QUANTITY_OFF_STEP");
        }
        wrong
    }
}
