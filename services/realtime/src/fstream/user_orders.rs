//! `ORDER_TRADE_UPDATE` and `ALGO_UPDATE`: what an event did to an order.
//!
//! Orders that wait for a trigger are algo orders until it is reached, and orders from then on. Stops
//! that were placed in the older way, as orders, are orders from the beginning.

use super::user_events::Circumstances;
use messages::{
    AccountFill, CloseReason, Event, EventKind, FillRole, Notification, Order, OrderSide,
    OrderStatus, PositionMode, Side, Symbol, TimeInForce,
};
use price::{Price, Qty};
use serde_json::{Value, json};
use views::binance::{
    actual_type, client_id, closing_client_id, is_activated, is_algo, is_reduce_only, percent,
    price, trigger_price, working_type,
};

/// Returns whether an event is the first that tells of an order, which clients must hear of as new
/// before anything else happens to it. Orders from before they had a sequence are old.
const fn is_first(order: &Order, event: &Event) -> bool {
    order.sequence == event.account.sequence
}

/// Encodes what an event did to orders.
pub fn messages(notification: &Notification, circumstances: &Circumstances<'_>) -> Vec<Value> {
    let teller = Teller { event: &notification.event, circumstances };
    match &notification.event.kind {
        EventKind::OrderAccepted(order) if is_algo(order) => vec![teller.algo(order, "NEW", "")],
        EventKind::OrderAccepted(order) => vec![teller.order(order, "NEW", "NEW")],
        EventKind::OrderAmended(order) | EventKind::OrderActivated(order)
            if waits(order) && is_algo(order) =>
        {
            vec![teller.algo(order, "NEW", "")]
        }
        EventKind::OrderAmended(order) => vec![teller.order(order, "AMENDMENT", "NEW")],
        EventKind::OrderActivated(order) if !is_algo(order) => {
            vec![teller.order(order, "NEW", "NEW")]
        }
        EventKind::OrderActivated(order) => {
            vec![teller.algo(order, "TRIGGERED", ""), teller.order(order, "NEW", "NEW")]
        }
        EventKind::OrderCanceled(order) => teller.ended(order, "CANCELED"),
        EventKind::OrderExpired(order) => teller.ended(order, "EXPIRED"),
        EventKind::UserRegistered(_)
        | EventKind::PositionOpened(_)
        | EventKind::PositionModified(_)
        | EventKind::PositionClosed(_)
        | EventKind::BalanceAdjusted(_)
        | EventKind::PositionChanged(_)
        | EventKind::PositionModeChanged(_)
        | EventKind::LeverageChanged(_)
        | EventKind::FundingSettled(_)
        | EventKind::AccountReset(_) => match notification.event.fill(notification.id) {
            Some(fill) => teller.filled(&fill),
            None => Vec::new(),
        },
    }
}

/// Returns whether an order still waits for its trigger. A trailing stop does so until it fills: it
/// is activated when it begins to trail.
fn waits(order: &Order) -> bool {
    order.kind.has_trigger() && !is_activated(order)
}

/// Tells of the orders of one event.
struct Teller<'a> {
    event: &'a Event,
    circumstances: &'a Circumstances<'a>,
}

impl Teller<'_> {
    /// Tells of the end of an order without a fill.
    fn ended(&self, order: &Order, status: &str) -> Vec<Value> {
        let reason = order.reason.map_or("", |reason| reason.as_str());
        if waits(order) && is_algo(order) {
            return vec![self.algo(order, status, reason)];
        }
        let mut messages = Vec::new();
        let is_triggered = self.is_just_triggered(order);
        if is_triggered {
            messages.push(self.algo(order, "TRIGGERED", ""));
        }
        if is_triggered || is_first(order, self.event) && order.status == OrderStatus::Expired {
            messages.push(self.order(order, "NEW", "NEW"));
        }
        messages.push(self.order(order, status, status));
        if is_algo(order) {
            messages.push(self.algo(order, "FINISHED", reason));
        }
        messages
    }

    /// Returns whether the event itself has triggered an algo order with a limit price: its order trades
    /// or ends at once, without an event of its activation.
    fn is_just_triggered(&self, order: &Order) -> bool {
        let is_limit = is_algo(order) && order.kind.has_price();
        is_limit && order.activated_at_ms == Some(self.event.timestamp_ms)
    }

    /// Tells of a fill, and of the order that came to it.
    fn filled(&self, fill: &AccountFill) -> Vec<Value> {
        let Some(order) = self.event.order() else { return self.filled_without_order(fill) };
        // An order that closes a position and opens one on the other side fills in two parts.
        let is_part = fill.qty < order.filled_qty;
        let is_last = !matches!(self.event.kind, EventKind::PositionClosed(_)) || !is_part;
        let mut messages = Vec::new();
        let is_triggered = is_algo(&order) && (waits(&order) || self.is_just_triggered(&order));
        if is_triggered {
            messages.push(self.algo(&order, "TRIGGERED", ""));
        }
        let is_second_part = is_part && is_last;
        if is_triggered || is_first(&order, self.event) && !is_second_part {
            messages.push(self.order(&order, "NEW", "NEW"));
        } else if self.event.request_id.is_some() && !is_second_part {
            // An order that has rested trades by a price, or by a request that amends it.
            messages.push(self.order(&order, "AMENDMENT", "NEW"));
        }
        let (status, done) =
            if is_last { ("FILLED", order.filled_qty) } else { ("PARTIALLY_FILLED", fill.qty) };
        let mut trade = self.order(&order, "TRADE", status);
        add_fill(&mut trade, fill, done);
        messages.push(lite(&trade));
        messages.push(trade);
        if is_algo(&order) && is_last {
            messages.push(self.algo(&order, "FINISHED", ""));
        }
        messages
    }

    /// Tells of a fill that no order of the account made: a liquidation, a stop-loss or take-profit
    /// of the position itself, or a request to close it.
    fn filled_without_order(&self, fill: &AccountFill) -> Vec<Value> {
        let number = fill.order_number();
        let is_liquidation = fill.reason == Some(CloseReason::Liquidation);
        let (kind, original, execution) = match fill.reason {
            Some(CloseReason::Liquidation) => ("LIQUIDATION", "LIQUIDATION", "CALCULATED"),
            Some(CloseReason::StopLoss) => ("MARKET", "STOP_MARKET", "TRADE"),
            Some(CloseReason::TakeProfit) => ("MARKET", "TAKE_PROFIT_MARKET", "TRADE"),
            Some(CloseReason::Manual) | None => ("MARKET", "MARKET", "TRADE"),
        };
        let side = match fill.side {
            OrderSide::Buy => Side::Short,
            OrderSide::Sell => Side::Long,
        };
        let described = Described {
            symbol: fill.asset,
            client_id: closing_client_id(fill.reason, number),
            side: fill.side,
            kind,
            original,
            time_in_force: if is_liquidation { TimeInForce::Ioc } else { TimeInForce::Gtc },
            qty: fill.qty,
            price: is_liquidation.then_some(fill.price),
            average_price: Some(fill.price),
            trigger_price: None,
            number,
            filled_qty: fill.qty,
            position_side: self.circumstances.position_side(side),
            reduce_only: self.circumstances.mode == PositionMode::OneWay,
            close_position: original != kind,
            trailing: None,
            expires_at_ms: None,
        };
        let mut trade = self.update(&described, execution, "FILLED");
        add_fill(&mut trade, fill, fill.qty);
        let new = self.update(&described, "NEW", "NEW");
        if is_liquidation { vec![trade] } else { vec![new, lite(&trade), trade] }
    }

    /// Tells of an order in a state.
    fn order(&self, order: &Order, execution: &str, status: &str) -> Value {
        let described = Described {
            symbol: order.asset,
            client_id: client_id(order),
            side: order.side,
            kind: if waits(order) && !is_algo(order) && order.status != OrderStatus::Filled {
                order.kind.as_str()
            } else {
                actual_type(order.kind)
            },
            original: order.kind.as_str(),
            time_in_force: order.time_in_force,
            qty: order.qty,
            price: order.price,
            average_price: order.average_price,
            trigger_price: trigger_price(order),
            number: order.number(),
            filled_qty: order.filled_qty,
            position_side: self.position_side(order),
            reduce_only: is_reduce_only(order),
            close_position: order.close_position,
            trailing: order.callback_bps.map(|bps| (order.trigger_price, bps)),
            expires_at_ms: order.expires_at_ms,
        };
        self.update(&described, execution, status)
    }

    fn update(&self, order: &Described, execution: &str, status: &str) -> Value {
        // Before the trade nothing is filled, although the event tells of the order after it.
        let is_new = status == "NEW";
        let average = order.average_price.filter(|_| !is_new);
        let done = if is_new { Qty::from_scaled(0) } else { order.filled_qty };
        let mut fields = json!({
            "s": order.symbol,
            "c": order.client_id,
            "S": order.side,
            "o": order.kind,
            "f": order.time_in_force,
            "q": order.qty.to_string(),
            "p": price(order.price),
            "ap": price(average),
            "sp": price(order.trigger_price),
            "x": execution,
            "X": status,
            "i": order.number,
            "l": "0",
            "z": done.to_string(),
            "L": "0",
            "n": "0",
            "N": self.circumstances.asset(Some(order.symbol)),
            "T": self.event.timestamp_ms,
            "t": 0,
            "b": "0",
            "a": "0",
            "m": false,
            "R": order.reduce_only,
            "wt": self.working_type(order.symbol),
            "ot": order.original,
            "ps": order.position_side,
            "cp": order.close_position,
            "pP": false,
            "si": 0,
            "ss": 0,
            "rp": "0",
            "V": "NONE",
            "pm": "NONE",
            "gtd": order.expires_at_ms.unwrap_or(0),
            "er": "0",
        });
        if let Some((activation, bps)) = order.trailing {
            fields["AP"] = json!(price(activation));
            fields["cr"] = json!(percent(bps));
        }
        json!({
            "e": "ORDER_TRADE_UPDATE",
            "E": self.circumstances.now_ms,
            "T": self.event.timestamp_ms,
            "o": fields,
        })
    }

    /// Tells of an algo order in a state.
    fn algo(&self, order: &Order, status: &str, reason: &str) -> Value {
        let is_triggered = matches!(status, "TRIGGERED" | "FINISHED");
        let is_filled = status == "FINISHED" && order.status == OrderStatus::Filled;
        let number = order.number();
        let filled = |amount: String| if is_filled { amount } else { "0".to_owned() };
        let mut fields = json!({
            "caid": client_id(order),
            "aid": number,
            "at": "CONDITIONAL",
            "o": order.kind,
            "s": order.asset,
            "S": order.side,
            "ps": self.position_side(order),
            "f": order.time_in_force,
            "q": order.qty.to_string(),
            "X": status,
            "ai": if is_triggered { number.to_string() } else { String::new() },
            "ap": filled(price(order.average_price)),
            "aq": filled(order.filled_qty.to_string()),
            "act": if is_triggered { actual_type(order.kind) } else { "" },
            "tp": price(trigger_price(order)),
            "p": price(order.price),
            "V": "NONE",
            "wt": self.working_type(order.asset),
            "pm": "NONE",
            "cp": order.close_position,
            "pP": false,
            "R": is_reduce_only(order),
            "tt": if is_triggered { order.updated_at_ms } else { 0 },
            "gtd": order.expires_at_ms.unwrap_or(0),
            "rm": reason,
        });
        if let Some(bps) = order.callback_bps {
            fields["AP"] = json!(price(order.trigger_price));
            fields["cr"] = json!(percent(bps));
        }
        json!({
            "e": "ALGO_UPDATE",
            "E": self.circumstances.now_ms,
            "T": self.event.timestamp_ms,
            "o": fields,
        })
    }

    fn working_type(&self, symbol: Symbol) -> &'static str {
        working_type((self.circumstances.instrument)(symbol).as_ref())
    }

    fn position_side(&self, order: &Order) -> &'static str {
        let opens = order.side.opens();
        let reduces = order.reduce_only && self.circumstances.mode == PositionMode::Separate;
        let side = match order.position_side {
            Some(side) => side,
            None if !reduces => opens,
            None if opens == Side::Long => Side::Short,
            None => Side::Long,
        };
        self.circumstances.position_side(side)
    }
}

/// What is told of an order, whatever its source.
struct Described {
    symbol: Symbol,
    client_id: String,
    side: OrderSide,
    kind: &'static str,
    original: &'static str,
    time_in_force: TimeInForce,
    qty: Qty,
    price: Option<Price>,
    average_price: Option<Price>,
    trigger_price: Option<Price>,
    number: u64,
    filled_qty: Qty,
    position_side: &'static str,
    reduce_only: bool,
    close_position: bool,
    /// The activation price and the callback in basis points.
    trailing: Option<(Option<Price>, u16)>,
    expires_at_ms: Option<u64>,
}

/// Adds a fill to what is told of an order, of which so much is filled after it.
fn add_fill(update: &mut Value, fill: &AccountFill, done: Qty) {
    let fields = &mut update["o"];
    fields["l"] = json!(fill.qty.to_string());
    fields["z"] = json!(done.to_string());
    fields["L"] = json!(fill.price.to_string());
    fields["n"] = json!(fill.fee.to_string());
    fields["rp"] = json!(fill.realized_pnl.to_string());
    fields["m"] = json!(fill.role == FillRole::Maker);
    fields["t"] = json!(fill.number());
}

/// Tells of a trade in short, for programs that read `TRADE_LITE` instead.
fn lite(trade: &Value) -> Value {
    let mut lite = json!({ "e": "TRADE_LITE", "E": trade["E"], "T": trade["T"] });
    for name in ["s", "q", "p", "m", "c", "S", "L", "l", "t", "i"] {
        lite[name] = trade["o"][name].clone();
    }
    lite
}
