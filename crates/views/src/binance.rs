//! The names and values that the HTTP API and the WebSocket in the form of Binance's futures share.
//!
//! An order that waits for a trigger price is an algo order there, with an order of its own once it
//! is triggered. Velox has one order for both, and so one number. A stop that was placed in the older
//! way, as an order, is no algo order.

mod interval;

pub use interval::{Interval, InvalidInterval};

use messages::{CloseReason, Instrument, Order, OrderKind, OrderStatus, PriceSource};
use price::Price;

/// The beginning of the client order id of a liquidation.
const LIQUIDATION: &str = "autoclose-";

/// The beginning of that of another fill that no order of the account made.
const CLOSING: &str = "close-";

/// Returns the client order id of a fill that no order of the account made, by its number.
pub fn closing_client_id(reason: Option<CloseReason>, number: u64) -> String {
    let beginning = match reason {
        Some(CloseReason::Liquidation) => LIQUIDATION,
        _ => CLOSING,
    };
    format!("{beginning}{number}")
}

/// Returns the number in a client order id of that form.
pub fn closing_number(client_id: &str) -> Option<u64> {
    let number = client_id.strip_prefix(LIQUIDATION).or_else(|| client_id.strip_prefix(CLOSING));
    number?.parse().ok()
}

/// Reports whether an order is an algo order, at least until its trigger is reached.
pub fn is_algo(order: &Order) -> bool {
    order.kind.has_trigger() && !order.order_id.is_of_older_way()
}

/// Reports whether an order rests at a limit price since its trigger was reached. A trailing stop
/// does not: its activation is where it begins to trail.
pub const fn is_activated(order: &Order) -> bool {
    order.kind.has_price() && order.activated_at_ms.is_some()
}

/// Reports whether the trigger price of an order was reached, so that there is an actual order.
pub fn is_triggered(order: &Order) -> bool {
    order.status == OrderStatus::Filled || is_activated(order)
}

/// Reports whether an order is shown as one that only reduces a position. Where positions have sides,
/// these tell it.
pub const fn is_reduce_only(order: &Order) -> bool {
    order.reduce_only && order.position_side.is_none()
}

/// The type of the order that trades.
pub const fn actual_type(kind: OrderKind) -> &'static str {
    if kind.has_price() { "LIMIT" } else { "MARKET" }
}

/// The owner's id of an order; one that is made of the order's own id, if the owner gave none.
pub fn client_id(order: &Order) -> String {
    order.client_order_id.clone().unwrap_or_else(|| order.order_id.0.simple().to_string())
}

/// The trigger price; a trailing stop has none.
pub fn trigger_price(order: &Order) -> Option<Price> {
    order.trigger_price.filter(|_| order.kind != OrderKind::TrailingStopMarket)
}

/// The price whose move reaches the triggers of an instrument.
pub fn working_type(instrument: Option<&Instrument>) -> &'static str {
    match instrument.map(|instrument| instrument.trigger_price) {
        Some(PriceSource::Mark) => "MARK_PRICE",
        Some(PriceSource::Quote) | None => "CONTRACT_PRICE",
    }
}

/// A price, or zero where there is none.
pub fn price(price: Option<Price>) -> String {
    price.unwrap_or(Price::ZERO).to_string()
}

/// Basis points as a percentage.
pub fn percent(bps: u16) -> String {
    Price::from_scaled(i128::from(bps) * 1_000_000).to_string()
}
