//! The errors and the response bodies of the operations on orders.

use crate::error::{ApiError, ItemError, error_sets};
use crate::json::True;
use crate::orders::contract::{EXAMPLE_ID, price};
use messages::{
    Order, OrderId, OrderKind, OrderSide, OrderStatus, Rejection, Symbol, TimeInForce, UserId,
};
use price::{Qty, Usd};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use views::{Account, PlacedOrder, Position};

error_sets! {
    /// Errors of the fields of an order.
    WrongOrder = [
        ApiError::field("price", "is required for type LIMIT"),
        invalid_order(),
        ApiError::Rejected(Rejection::WouldTrigger {
            trigger_price: price(93_000),
            reference: price(92_000),
        }),
        ApiError::Rejected(Rejection::WouldTake {
            price: price(93_000),
            reference: price(92_000),
        }),
        ApiError::Rejected(Rejection::WouldNotReduce),
        ApiError::Rejected(Rejection::OrderExpired { expires_at_ms: 1_795_493_501_491 }),
    ];
    /// Errors of a new order beside those of its fields.
    Resting = [
        ApiError::Rejected(Rejection::TooManyOrders { limit: 200 }),
        ApiError::Rejected(Rejection::DuplicateClientOrderId {
            client_order_id: "grid-7".to_owned(),
        }),
        ApiError::Rejected(Rejection::LeverageDiffers { leverage: 20 }),
    ];
    /// Errors of an order that waited for the next price and ended without a fill.
    Unfilled = [already_done()];
    /// Errors of canceling or changing an order.
    Resolving = [
        ApiError::Rejected(Rejection::OrderNotFound),
        already_done(),
        ApiError::field("clientOrderId", "must have 1 to 36 letters, digits and characters of .:/_-"),
    ];
    /// Errors of a batch.
    WrongBatch = [ApiError::field("orders", "must have 1 to 10 items")];
    /// Errors of the parameters of a list of orders.
    WrongFilter = [ApiError::field(
        "status",
        "must be NEW, FILLED, CANCELED or EXPIRED",
    )];
}

fn invalid_order() -> ApiError {
    ApiError::Rejected(Rejection::InvalidOrder {
        field: "positionSide".to_owned(),
        problem: "is required in position mode hedge".to_owned(),
    })
}

fn already_done() -> ApiError {
    let order = Order {
        order_id: OrderId(EXAMPLE_ID),
        user_id: UserId(EXAMPLE_ID),
        sequence: 0,
        client_order_id: Some("grid-7".to_owned()),
        asset: Symbol::from_static("BTCUSDT"),
        side: OrderSide::Buy,
        position_side: None,
        position_id: None,
        kind: OrderKind::Limit,
        time_in_force: TimeInForce::Gtc,
        qty: Qty::from_scaled(1_000_000),
        price: Some(price(92_000)),
        trigger_price: None,
        callback_bps: None,
        activated_at_ms: None,
        reduce_only: false,
        close_position: false,
        leverage: 10,
        stop_loss: None,
        take_profit: None,
        trailing_stop_bps: None,
        price_limit: None,
        max_slippage_bps: None,
        expires_at_ms: None,
        awaits_quote: false,
        reserved: Usd::ZERO,
        status: OrderStatus::Canceled,
        reason: None,
        filled_qty: Qty::ZERO,
        average_price: None,
        created_at_ms: 1_795_493_501_491,
        updated_at_ms: 1_795_493_504_531,
    };
    ApiError::Rejected(Rejection::OrderAlreadyDone { order: Arc::new(order) })
}

/// An order, what it did to a position, and the account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderPlaced {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: PlacedOrder,
    /// The position that the order opened, changed or closed; of a reversal, the new one. Absent if
    /// the order rests or has ended without a fill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub position: Option<Position>,
    /// The account after the request.
    pub account: Account,
    /// Present and true if the request succeeded before and changed nothing this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repeated: Option<True>,
}

/// An order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlacedOrderRead {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: PlacedOrder,
}

/// A list of orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlacedOrderList {
    /// Always true.
    pub success: True,
    /// The orders, newest first.
    pub orders: Vec<PlacedOrder>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// Orders that were canceled, and the account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrdersCanceled {
    /// Always true.
    pub success: True,
    /// The canceled orders, oldest first.
    pub orders: Vec<PlacedOrder>,
    /// The account after the request.
    pub account: Account,
}

/// The result of one order of several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ItemResult {
    /// The order was placed or canceled.
    Done(Box<OrderPlaced>),
    /// The order was refused.
    Failed(Box<ItemError>),
}

/// The results of several orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchResults {
    /// Always true: each order has a result of its own.
    pub success: True,
    /// The results, in the order of the request.
    pub results: Vec<ItemResult>,
}
