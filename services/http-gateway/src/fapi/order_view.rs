//! Orders as this API shows them.
//!
//! An order that waits for a trigger price is shown as an algo order, as an order, or as both
//! ([`views::binance`]).

use crate::clock::milliseconds;
use messages::{
    CloseReason, ExpiryReason, Instrument, Order, OrderKind, OrderSide, OrderStatus, RestingOrder,
    Symbol, TimeInForce,
};
use price::{Price, Qty, Rounding, Usd};
use serde::Serialize;
use store::fills;
use views::binance::{
    actual_type, closing_client_id, is_reduce_only, is_triggered, percent, price, trigger_price,
    working_type,
};

pub use views::binance::{client_id, closing_number, is_algo};

/// The side of a position that is the only one of its instrument.
pub const BOTH: &str = "BOTH";

/// An order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    order_id: u64,
    symbol: Symbol,
    status: &'static str,
    client_order_id: String,
    price: String,
    avg_price: String,
    orig_qty: String,
    executed_qty: String,
    cum_qty: String,
    cum_quote: String,
    time_in_force: TimeInForce,
    r#type: &'static str,
    reduce_only: bool,
    close_position: bool,
    side: OrderSide,
    position_side: &'static str,
    stop_price: String,
    working_type: &'static str,
    price_protect: bool,
    orig_type: &'static str,
    price_match: &'static str,
    self_trade_prevention_mode: &'static str,
    good_till_date: u64,
    /// When it was accepted (Unix ms).
    pub time: u64,
    update_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    activate_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_rate: Option<String>,
}

/// An order that waits for a trigger price, or did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlgoView {
    algo_id: u64,
    client_algo_id: String,
    algo_type: &'static str,
    order_type: &'static str,
    symbol: Symbol,
    side: OrderSide,
    position_side: &'static str,
    time_in_force: TimeInForce,
    quantity: String,
    algo_status: &'static str,
    actual_order_id: String,
    actual_price: String,
    actual_qty: String,
    actual_type: &'static str,
    trigger_price: String,
    price: String,
    iceberg_quantity: Option<()>,
    tp_trigger_price: &'static str,
    tp_price: &'static str,
    sl_trigger_price: &'static str,
    sl_price: &'static str,
    tp_order_type: &'static str,
    self_trade_prevention_mode: &'static str,
    working_type: &'static str,
    price_match: &'static str,
    close_position: bool,
    price_protect: bool,
    reduce_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    activate_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_rate: Option<String>,
    create_time: u64,
    update_time: u64,
    trigger_time: u64,
    good_till_date: u64,
}

/// Reports whether an order is shown as an order. One that had to be filled at once and was not is
/// refused, and in no history.
pub fn is_order(order: &Order) -> bool {
    (!is_algo(order) || is_triggered(order)) && !is_killed(order)
}

/// Reports whether an order was to be filled at once or not at all, and was not.
pub fn is_killed(order: &Order) -> bool {
    order.time_in_force == TimeInForce::Fok && order.reason == Some(ExpiryReason::NotMarketable)
}

/// Reports whether an algo order still waits for its trigger.
pub fn is_waiting(order: &Order) -> bool {
    is_algo(order) && order.status == OrderStatus::New && !is_triggered(order)
}

impl OrderView {
    /// Shows an order of this instrument.
    pub fn of(order: &Order, instrument: Option<&Instrument>) -> Self {
        let triggered = order.kind.has_trigger() && is_triggered(order);
        Self {
            order_id: order.number(),
            symbol: order.asset,
            status: order.status.as_str(),
            client_order_id: client_id(order),
            price: price(order.price),
            avg_price: order.average_price.map_or_else(|| "0.00".to_owned(), |at| at.to_string()),
            orig_qty: order.qty.to_string(),
            executed_qty: order.filled_qty.to_string(),
            cum_qty: order.filled_qty.to_string(),
            cum_quote: value(order).to_string(),
            time_in_force: order.time_in_force,
            r#type: if triggered { actual_type(order.kind) } else { order.kind.as_str() },
            reduce_only: is_reduce_only(order),
            close_position: order.close_position,
            side: order.side,
            position_side: position_side(order),
            stop_price: price(trigger_price(order)),
            working_type: working_type(instrument),
            price_protect: false,
            orig_type: order.kind.as_str(),
            price_match: "NONE",
            self_trade_prevention_mode: "NONE",
            good_till_date: order.expires_at_ms.unwrap_or(0),
            time: order.created_at_ms,
            update_time: order.updated_at_ms,
            activate_price: activation_price(order),
            price_rate: order.callback_bps.map(percent),
        }
    }

    /// Shows the order of a fill that has closed a position and that no order of the account made. It
    /// has the number of its fill.
    pub fn of_closing(row: &fills::Row, position_side: &'static str, market: &Instrument) -> Self {
        let (qty, at) = (Qty::from(row.qty), Price::from(row.price));
        let (number, time) = (row.number(), milliseconds(row.executed_at));
        let reason = row.reason.as_deref().and_then(|reason| reason.parse().ok());
        let (kind, original) = match reason {
            Some(CloseReason::Liquidation) => (OrderKind::Limit, OrderKind::Limit),
            Some(CloseReason::StopLoss) => (OrderKind::Market, OrderKind::StopMarket),
            Some(CloseReason::TakeProfit) => (OrderKind::Market, OrderKind::TakeProfitMarket),
            Some(CloseReason::Manual) | None => (OrderKind::Market, OrderKind::Market),
        };
        let is_liquidation = reason == Some(CloseReason::Liquidation);
        Self {
            order_id: number,
            symbol: market.symbol,
            status: OrderStatus::Filled.as_str(),
            client_order_id: closing_client_id(reason, number),
            price: price(is_liquidation.then_some(at)),
            avg_price: at.to_string(),
            orig_qty: qty.to_string(),
            executed_qty: qty.to_string(),
            cum_qty: qty.to_string(),
            cum_quote: notional(qty, at).to_string(),
            time_in_force: if is_liquidation { TimeInForce::Ioc } else { TimeInForce::Gtc },
            r#type: kind.as_str(),
            // Where positions have sides, these tell it.
            reduce_only: position_side == BOTH,
            close_position: original != kind,
            side: if row.side == "BUY" { OrderSide::Buy } else { OrderSide::Sell },
            position_side,
            stop_price: price(None),
            working_type: working_type(Some(market)),
            price_protect: false,
            orig_type: original.as_str(),
            price_match: "NONE",
            self_trade_prevention_mode: "NONE",
            good_till_date: 0,
            time,
            update_time: time,
            activate_price: None,
            price_rate: None,
        }
    }

    /// Shows the order as it was accepted, whatever has become of it at once.
    #[must_use]
    pub fn acknowledged(self) -> Self {
        let zero = || "0".to_owned();
        Self {
            status: OrderStatus::New.as_str(),
            avg_price: "0.00".to_owned(),
            executed_qty: zero(),
            cum_qty: zero(),
            cum_quote: zero(),
            ..self
        }
    }
}

impl AlgoView {
    /// Shows an algo order of this instrument.
    pub fn of(RestingOrder { order, .. }: &RestingOrder, instrument: Option<&Instrument>) -> Self {
        let triggered = is_triggered(order);
        let trigger_time = match order.activated_at_ms {
            _ if !triggered => 0,
            Some(at_ms) if order.kind.has_price() => at_ms,
            _ => order.updated_at_ms,
        };
        Self {
            algo_id: order.number(),
            client_algo_id: client_id(order),
            algo_type: "CONDITIONAL",
            order_type: order.kind.as_str(),
            symbol: order.asset,
            side: order.side,
            position_side: position_side(order),
            time_in_force: order.time_in_force,
            quantity: order.qty.to_string(),
            algo_status: algo_status(order),
            actual_order_id: if triggered { order.number().to_string() } else { String::new() },
            actual_price: price(order.average_price),
            actual_qty: order.filled_qty.to_string(),
            actual_type: if triggered { actual_type(order.kind) } else { "" },
            trigger_price: price(trigger_price(order)),
            price: price(order.price),
            iceberg_quantity: None,
            tp_trigger_price: "0.000",
            tp_price: "0.000",
            sl_trigger_price: "0.000",
            sl_price: "0.000",
            tp_order_type: "",
            self_trade_prevention_mode: "NONE",
            working_type: working_type(instrument),
            price_match: "NONE",
            close_position: order.close_position,
            price_protect: false,
            reduce_only: is_reduce_only(order),
            activate_price: activation_price(order),
            callback_rate: order.callback_bps.map(percent),
            create_time: order.created_at_ms,
            update_time: order.updated_at_ms,
            trigger_time,
            good_till_date: order.expires_at_ms.unwrap_or(0),
        }
    }
}

/// The state of an algo order: beyond its trigger, that of its actual order.
fn algo_status(order: &Order) -> &'static str {
    match order.status {
        OrderStatus::New if is_triggered(order) => "TRIGGERED",
        _ if is_triggered(order) => "FINISHED",
        status => status.as_str(),
    }
}

/// The side of the position that an order works for.
fn position_side(order: &Order) -> &'static str {
    order.position_side.map_or(BOTH, messages::Side::as_str)
}

/// The price at which a trailing stop begins to trail.
fn activation_price(order: &Order) -> Option<String> {
    (order.kind == OrderKind::TrailingStopMarket).then(|| price(order.trigger_price))
}

/// The value that an order has traded, rounded down.
fn value(order: &Order) -> Usd {
    let price = order.average_price.unwrap_or(Price::ZERO);
    notional(order.filled_qty, price)
}

/// The value of a quantity, rounded down; zero if it is out of range.
pub fn notional(qty: Qty, price: Price) -> Usd {
    (qty * price).round(Rounding::Floor).unwrap_or(Usd::ZERO)
}
