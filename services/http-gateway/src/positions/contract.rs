//! The errors and the response bodies of the operations on positions.

use crate::error::{ApiError, Refusal, error_sets};
use crate::json::True;
use crate::orders::contract::price;
use messages::{OrderId, Rejection};
use price::Usd;
use serde::Serialize;
use utoipa::ToSchema;
use views::{Account, ClosedPosition, OpenPosition, PlacedOrder, Position};

error_sets! {
    /// Errors of a path with a position's id.
    WrongPosition = [ApiError::field("positionId", "must be the UUID of an order")];
    /// Errors of closing a part of a position.
    WrongPart = [
        ApiError::field("shareBps", "is not allowed together with qty"),
        ApiError::Rejected(Rejection::WouldNotReduce),
        ApiError::Refused(Refusal { rejection: Rejection::InvalidQuantity, field: "shareBps" }),
    ];
    /// Errors of a change of a position's margin.
    WrongMargin = [
        ApiError::field("amount", "must not be zero"),
        ApiError::Rejected(Rejection::InvalidAmount),
        ApiError::Refused(Refusal {
            rejection: Rejection::InsufficientBalance {
                required: Usd::from_scaled(10_000_000_000),
                available: Usd::from_scaled(9_000_000_000),
            },
            field: "amount",
        }),
        ApiError::Rejected(Rejection::MarginTooLow {
            required: Usd::from_scaled(9_233_144_265),
            margin: Usd::from_scaled(9_000_000_000),
        }),
        ApiError::Rejected(Rejection::LiquidatedAtOnce {
            liquidation_price: price(91_170),
            reference: price(91_000),
        }),
    ];
}

/// A position after a request, the order that changed it, and the account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PositionResponse {
    /// Always true.
    pub success: True,
    /// The order that closed a part of the position, or reversed it. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order: Option<PlacedOrder>,
    /// The position; of a reversal, the new one. Absent if an order is repeated.
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

/// A list of positions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PositionList {
    /// Always true.
    pub success: True,
    /// The open positions, newest first.
    pub positions: Vec<OpenPosition>,
}

/// Positions that were closed, and the account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PositionsClosed {
    /// Always true.
    pub success: True,
    /// The closed positions, oldest first.
    pub closed: Vec<ClosedPosition>,
    /// The ids of the positions that stay open, because their price is too old or in dispute.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub left: Vec<OrderId>,
    /// The ids of the orders that will close positions at the next price, in assets that fill at it.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub orders: Vec<OrderId>,
    /// The account after the request.
    pub account: Account,
}
