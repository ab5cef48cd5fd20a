//! The errors and the response bodies of the order operations.

use crate::error::{ApiError, Refusal, error_sets};
use crate::json::True;
use crate::market_list::example_problem;
use messages::{
    CloseReason, DisputeReason, EntryId, InstrumentStatus, OrderId, Rejection, Side, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::{Uuid, uuid};
use views::{Account, BalanceSheet, Order, RealizedPnl};

/// The id of the examples.
pub const EXAMPLE_ID: Uuid = uuid!("0853d9e4-965f-518c-9cd8-65029e3511e3");

error_sets! {
    /// Errors of a path with an order's id.
    WrongId = [ApiError::field("orderId", "must be the UUID of an order")];
    /// Errors of a list's parameters.
    WrongQuery = [ApiError::field("limit", "must be a whole number from 1 to 100")];
    /// Errors of a sum's parameters.
    WrongCursor = [ApiError::field("cursor", "must be a nextCursor returned by this API")];
    /// Errors of the side of positions.
    WrongSide = [ApiError::field("orderType", "must be LONG or SHORT")];
    /// Errors of the side and the reason of closed orders.
    WrongClosed = [
        ApiError::field("orderType", "must be LONG or SHORT"),
        ApiError::field("closeReason", "must be MARGIN_CALL, STOP_LOSS, TAKE_PROFIT or MANUAL"),
    ];
    /// Errors of an asset.
    WrongAsset = [ApiError::field("asset", example_problem())];
    /// Errors of the header `Idempotency-Key`.
    WrongKey = [ApiError::field(
        "Idempotency-Key",
        "must have 1 to 255 printable ASCII characters",
    )];
    /// Errors of opening a position.
    Placing = [
        ApiError::field("qty", "must be above zero"),
        ApiError::Rejected(Rejection::UnknownAsset { asset: "DOGEUSDT".to_owned() }),
        ApiError::Rejected(Rejection::InvalidLeverage { leverage: 100, max: 50 }),
        ApiError::Rejected(Rejection::LeverageDiffers { leverage: 20 }),
        ApiError::Rejected(Rejection::InvalidOrder {
            field: "positionSide".to_owned(),
            problem: "is required in the mode hedge".to_owned(),
        }),
        ApiError::Rejected(Rejection::QuantityTooSmall),
        ApiError::Rejected(Rejection::QuantityOffStep { step: Qty::from_scaled(100_000) }),
        off_tick("price"),
        ApiError::Rejected(Rejection::BelowMinQuantity { min: Qty::from_scaled(100_000) }),
        ApiError::Rejected(Rejection::BelowMinNotional {
            notional: Usd::from_scaled(450_000_000),
            min: Usd::from_scaled(500_000_000),
        }),
        ApiError::Rejected(Rejection::PositionTooLarge {
            leverage: 100,
            notional: Usd::from_scaled(9_200_000_000_000),
            max: Usd::from_scaled(5_000_000_000_000),
        }),
        ApiError::Rejected(Rejection::OpenInterestCap { cap: Qty::from_scaled(10_000_000_000) }),
        not_trading(),
        ApiError::Rejected(Rejection::AmountOutOfRange),
        ApiError::Rejected(Rejection::OrderIdReused { order_id: OrderId(EXAMPLE_ID) }),
        ApiError::Rejected(Rejection::OrderClosedEarlier { order_id: OrderId(EXAMPLE_ID) }),
        ApiError::Rejected(Rejection::InsufficientBalance {
            required: Usd::from_scaled(101_000_000_000),
            available: Usd::from_scaled(100_000_000_000),
        }),
        ApiError::Rejected(Rejection::TooManyPositions { limit: 100 }),
        ApiError::Rejected(Rejection::LiquidatedAtOnce {
            liquidation_price: price(91_170),
            reference: price(91_000),
        }),
        ApiError::Rejected(Rejection::NoPrice),
        ApiError::Rejected(Rejection::StalePrice { age_ms: 12_000 }),
        ApiError::Rejected(Rejection::PriceDisputed { reason: DisputeReason::Held }),
        ApiError::Rejected(Rejection::PriceLimitExceeded {
            price: price(92_331),
            limit: price(92_300),
        }),
        ApiError::Rejected(Rejection::ClockAhead { ahead_ms: 3_600_000 }),
        ApiError::Rejected(Rejection::TradingPaused { reason: "a new release".to_owned() }),
        ApiError::EngineTimeout(Some(OrderId(EXAMPLE_ID))),
    ];
    /// Errors of a stop-loss and a take-profit.
    WrongExits = [
        off_tick("stopLoss"),
        ApiError::Rejected(Rejection::StopLossWrongSide {
            stop_loss: price(93_000),
            reference: price(92_000),
        }),
        ApiError::Rejected(Rejection::StopLossBeyondLiquidation {
            stop_loss: price(80_000),
            liquidation_price: price(84_021),
        }),
        ApiError::Rejected(Rejection::TakeProfitWrongSide {
            take_profit: price(91_000),
            reference: price(92_000),
        }),
    ];
    /// Errors of changing a position.
    Changing = [
        ApiError::field("stopLoss", "or takeProfit is required; null removes one"),
        ApiError::Rejected(Rejection::OrderNotFound),
        already_closed(),
    ];
    /// Errors of closing a position.
    Closing = [
        ApiError::Rejected(Rejection::OrderNotFound),
        not_trading(),
        already_closed(),
        ApiError::Rejected(Rejection::StalePrice { age_ms: 12_000 }),
        ApiError::Rejected(Rejection::PriceDisputed { reason: DisputeReason::Held }),
        ApiError::Rejected(Rejection::PriceLimitExceeded {
            price: price(91_970),
            limit: price(92_000),
        }),
    ];
    /// Errors of reading an order.
    Reading = [ApiError::Rejected(Rejection::OrderNotFound)];
}

fn off_tick(field: &'static str) -> ApiError {
    let (price, tick) = (Price::from_scaled(9_200_005_000_000), Price::from_scaled(10_000_000));
    ApiError::Refused(Refusal { rejection: Rejection::PriceOffTick { price, tick }, field })
}

const fn not_trading() -> ApiError {
    ApiError::Rejected(Rejection::NotTrading { status: InstrumentStatus::Halted })
}

/// Returns a price of whole dollars.
pub const fn price(usd: i128) -> Price {
    Price::from_scaled(usd * price::SCALE)
}

/// Returns the error for a position that is closed.
pub fn already_closed() -> ApiError {
    let order = messages::Position {
        order_id: OrderId(EXAMPLE_ID),
        user_id: UserId(EXAMPLE_ID),
        asset: Symbol::from_static("BTCUSDT"),
        side: Side::Long,
        leverage: 10,
        qty: Qty::from_scaled(1_000_000),
        margin: Usd::from_scaled(9_233_144_265),
        entry_price: Price::from_scaled(9_233_144_265_000),
        liquidation_price: Price::from_scaled(8_402_161_281_150),
        stop_loss: None,
        take_profit: None,
        created_at_ms: 1_795_493_501_491,
        commission: Usd::ZERO,
        funding: Usd::ZERO,
    };
    let order = Box::new(messages::ClosedPosition {
        order,
        close_reason: CloseReason::Manual,
        close_price: Price::from_scaled(9_212_241_575_000),
        final_pnl: Usd::from_scaled(-209_026_900),
        shortfall: Usd::ZERO,
        liquidation_fee: Usd::ZERO,
        tick_id: EntryId::new(1_795_493_504_403, 0),
        closed_at_ms: 1_795_493_504_531,
    });
    ApiError::Rejected(Rejection::OrderAlreadyClosed { order })
}

/// An order and its account after a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderAnswer)]
pub struct OrderResponse {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: Order,
    /// The account after the request.
    pub balance: Account,
    /// Present and true if the request succeeded before and changed nothing this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repeated: Option<True>,
}

/// An order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderRead {
    /// Always true.
    pub success: True,
    /// The order.
    pub order: Order,
}

/// A list of orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderList {
    /// Always true.
    pub success: True,
    /// The orders, newest first.
    pub orders: Vec<Order>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// The account's figures.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = BalanceAnswer)]
pub struct BalanceResponse {
    /// Always true.
    pub success: True,
    /// The account, valued at the current prices.
    pub balance: BalanceSheet,
}

/// The realized P&L.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RealizedAnswer)]
pub struct RealizedResponse {
    /// Always true.
    pub success: True,
    /// The sum, exact.
    pub realized: RealizedPnl,
}
