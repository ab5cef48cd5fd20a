//! Opens and modifies positions, and finds the reasons to refuse either.

use super::{Book, Instrument, Outcome, Position, Tick, Verdict, clock};
use crate::amount::{SCALE, ceil_div, fits, floor_div, read};
use crate::entry::Entry;
use serde_json::Value;

/// The code of a refusal.
pub type Refusal = &'static str;

/// The order that a request asks for.
struct Ticket {
    asset: String,
    is_long: bool,
    leverage: i128,
    qty: i128,
    stop_loss: Option<i128>,
    take_profit: Option<i128>,
    price_limit: Option<i128>,
}

impl Ticket {
    fn read(payload: &Value) -> Option<Self> {
        Some(Self {
            asset: payload.get("asset")?.as_str()?.to_owned(),
            is_long: match payload.get("orderType")?.as_str()? {
                "LONG" => true,
                "SHORT" => false,
                _ => return None,
            },
            leverage: payload.get("leverage")?.as_i64()?.into(),
            qty: read(payload, "qtyInt")?,
            stop_loss: read(payload, "stopLossInt"),
            take_profit: read(payload, "takeProfitInt"),
            price_limit: read(payload, "priceLimitInt"),
        })
    }

    fn is_of(&self, position: &Position) -> bool {
        (&self.asset, self.is_long, self.leverage, self.qty)
            == (&position.asset, position.is_long, position.leverage, position.qty)
            && self.asked() == position.asked
    }

    fn asked(&self) -> [Option<i128>; 3] {
        [self.stop_loss, self.take_profit, self.price_limit]
    }

    /// The price at which it is filled: the ask for a long, the bid for a short.
    fn entry_price(&self, tick: Tick) -> i128 {
        if self.is_long { tick.ask } else { tick.bid }
    }

    /// ⌈qty × execution price / leverage⌉
    fn margin(&self, entry_price: i128) -> i128 {
        ceil_div(self.qty * entry_price, SCALE * self.leverage)
    }

    /// Execution price ∓ ⌊execution price × loss / (10,000 × leverage)⌋
    fn liquidation_price(&self, entry_price: i128, instrument: Instrument) -> i128 {
        let loss = entry_price * instrument.liquidation_loss_bps;
        let distance = floor_div(loss, 10_000 * self.leverage);
        if self.is_long { entry_price - distance } else { entry_price + distance }
    }
}

impl Book {
    pub(super) fn place(&mut self, entry: &Entry, payload: &Value) -> Option<Outcome> {
        let user_id = entry.field("userId");
        let order_id = payload.get("orderId")?.as_str()?;
        let ticket = Ticket::read(payload)?;
        if !self.accounts.contains_key(user_id) {
            return Some(Outcome::refused(vec!["UNKNOWN_USER"]));
        }
        let earlier = payload.get("earlierOrderId").and_then(Value::as_str);
        for order_id in [Some(order_id), earlier].into_iter().flatten() {
            if let Some(outcome) = self.repeat(entry, order_id, &ticket) {
                return Some(outcome);
            }
        }
        if self.is_paused {
            return Some(Outcome::refused(vec!["TRADING_PAUSED"]));
        }
        let Some(instrument) = self.instrument(&ticket.asset) else {
            return Some(Outcome::refused(vec!["UNKNOWN_ASSET"]));
        };
        let violations = self.violations(user_id, &ticket, instrument, entry);
        if !violations.is_empty() {
            return Some(Outcome::refused(violations));
        }

        let entry_price = ticket.entry_price(self.ticks[&ticket.asset]);
        let position = Position {
            order_id: order_id.to_owned(),
            user_id: user_id.to_owned(),
            margin: ticket.margin(entry_price),
            liquidation_price: ticket.liquidation_price(entry_price, instrument),
            entry_price,
            asked: ticket.asked(),
            asset: ticket.asset,
            is_long: ticket.is_long,
            leverage: ticket.leverage,
            qty: ticket.qty,
            stop_loss: ticket.stop_loss,
            take_profit: ticket.take_profit,
            created_at: entry.id.ms,
            number: self.opened,
        };
        self.opened += 1;
        let account = self.accounts.get_mut(user_id)?;
        account.balance -= position.margin;
        account.used_margin += position.margin;
        self.open.push(position.clone());
        let payload = serde_json::json!({ "order": position.message() });
        let event = self.event("ORDER_OPENED", entry.optional("requestId"), user_id, payload);
        let verdict = Verdict::Granted(self.open_order(&position), self.account_view(user_id));
        Some(Outcome { verdict, events: vec![event] })
    }

    /// The answer to an order whose id is known already.
    fn repeat(&self, entry: &Entry, order_id: &str, ticket: &Ticket) -> Option<Outcome> {
        let user_id = entry.field("userId");
        let Some((position, view)) = self.known_order(order_id) else {
            let closed = self.remembered_id(order_id, entry.id.ms)?;
            let is_own = closed.position.user_id == user_id;
            let code = if is_own { "ORDER_CLOSED_EARLIER" } else { "ORDER_ID_REUSED" };
            return Some(Outcome::refused(vec![code]));
        };
        let is_same = position.user_id == user_id && ticket.is_of(position);
        Some(if is_same {
            let verdict = Verdict::Repeated(view, self.account_view(user_id));
            Outcome { verdict, events: Vec::new() }
        } else {
            Outcome::refused(vec!["ORDER_ID_REUSED"])
        })
    }

    /// All reasons to refuse an order, of which the sender is told one.
    fn violations(
        &self,
        user_id: &str,
        ticket: &Ticket,
        instrument: Instrument,
        entry: &Entry,
    ) -> Vec<Refusal> {
        let Some(tick) = self.ticks.get(&ticket.asset).copied() else { return vec!["NO_PRICE"] };
        let mut wrong = self.price_violations(&ticket.asset, tick, entry);
        let mut refuse_if = |is_wrong: bool, code| {
            if is_wrong {
                wrong.push(code);
            }
        };
        let lead_max_ms = self.rules.clock_lead_max_ms.unwrap_or(u64::MAX);
        refuse_if(entry.id.ms.saturating_sub(clock(entry)) > lead_max_ms, "CLOCK_AHEAD");
        if !(1..=instrument.max_leverage).contains(&ticket.leverage) {
            refuse_if(true, "INVALID_LEVERAGE");
            return wrong;
        }
        let price = ticket.entry_price(tick);
        let is_beyond = |limit| if ticket.is_long { price > limit } else { price < limit };
        refuse_if(ticket.price_limit.is_some_and(is_beyond), "PRICE_LIMIT_EXCEEDED");
        let liquidation = ticket.liquidation_price(price, instrument);
        let margin = ticket.margin(price);
        let vanishes = floor_div(ticket.qty * price, SCALE * ticket.leverage) == 0;
        let exits = [ticket.stop_loss, ticket.take_profit].into_iter().flatten();
        let mut amounts = exits.chain([ticket.qty, margin, price, liquidation]);
        refuse_if(ticket.qty <= 0, "INVALID_QUANTITY");
        refuse_if(vanishes, "QUANTITY_TOO_SMALL");
        refuse_if(!amounts.all(fits), "AMOUNT_OUT_OF_RANGE");

        let way_out = if ticket.is_long { tick.bid } else { tick.ask };
        let is_worse = |a: i128, b: i128| if ticket.is_long { a < b } else { a > b };
        refuse_if(!is_worse(liquidation, way_out), "LIQUIDATED_AT_ONCE");
        if let Some(stop_loss) = ticket.stop_loss {
            refuse_if(!is_worse(stop_loss, way_out), "STOP_LOSS_WRONG_SIDE");
            refuse_if(!is_worse(liquidation, stop_loss), "STOP_LOSS_BEYOND_LIQUIDATION");
        }
        if let Some(take_profit) = ticket.take_profit {
            refuse_if(!is_worse(price, take_profit), "TAKE_PROFIT_WRONG_SIDE");
        }
        let positions = self.open.iter().filter(|position| position.user_id == user_id).count();
        refuse_if(positions >= self.rules.max_open_positions, "TOO_MANY_POSITIONS");
        refuse_if(margin > self.accounts[user_id].balance, "INSUFFICIENT_BALANCE");
        wrong
    }

    pub(super) fn modify(&mut self, entry: &Entry, payload: &Value) -> Option<Outcome> {
        let (user_id, order_id) = (entry.field("userId"), payload.get("orderId")?.as_str()?);
        if !self.accounts.contains_key(user_id) {
            return Some(Outcome::refused(vec!["UNKNOWN_USER"]));
        }
        let is_own = |position: &Position| position.user_id == user_id;
        let Some(index) = self.open.iter().position(|p| p.order_id == order_id && is_own(p)) else {
            let was = self.remembered(order_id).is_some_and(|closed| is_own(&closed.position));
            let code = if was { "ORDER_ALREADY_CLOSED" } else { "ORDER_NOT_FOUND" };
            return Some(Outcome::refused(vec![code]));
        };
        let position = &self.open[index];
        // Absent: unchanged. Null: none. Else the amount.
        let edited = |name: &str, now| payload.get(name).map_or(now, |_| read(payload, name));
        let stop_loss = edited("stopLossInt", position.stop_loss);
        let take_profit = edited("takeProfitInt", position.take_profit);
        if (stop_loss, take_profit) == (position.stop_loss, position.take_profit) {
            let verdict = Verdict::Repeated(self.open_order(position), self.account_view(user_id));
            return Some(Outcome { verdict, events: Vec::new() });
        }
        let mut wrong = Vec::new();
        let way_out = self.way_out(position);
        let is_worse = |a: i128, b: i128| if position.is_long { a < b } else { a > b };
        if let Some(stop_loss) = read(payload, "stopLossInt") {
            if !is_worse(stop_loss, way_out) {
                wrong.push("STOP_LOSS_WRONG_SIDE");
            }
            if !is_worse(position.liquidation_price, stop_loss) {
                wrong.push("STOP_LOSS_BEYOND_LIQUIDATION");
            }
        }
        if read(payload, "takeProfitInt").is_some_and(|price| !is_worse(way_out, price)) {
            wrong.push("TAKE_PROFIT_WRONG_SIDE");
        }
        if !wrong.is_empty() {
            return Some(Outcome::refused(wrong));
        }
        let position = &mut self.open[index];
        (position.stop_loss, position.take_profit) = (stop_loss, take_profit);
        let position = position.clone();
        let payload = serde_json::json!({ "order": position.message() });
        let event = self.event("ORDER_MODIFIED", entry.optional("requestId"), user_id, payload);
        let verdict = Verdict::Granted(self.open_order(&position), self.account_view(user_id));
        Some(Outcome { verdict, events: vec![event] })
    }
}
