//! The HTTP form of the engine's rejections.

use axum::http::StatusCode;
use messages::Rejection;

/// Returns the status of a rejection.
pub const fn status(rejection: &Rejection) -> StatusCode {
    match rejection {
        Rejection::UnknownAsset { .. }
        | Rejection::InvalidLeverage { .. }
        | Rejection::InvalidQuantity
        | Rejection::QuantityTooSmall
        | Rejection::AmountOutOfRange
        | Rejection::InvalidDeposit
        | Rejection::InvalidAttribution
        | Rejection::InvalidAdjustment
        | Rejection::InvalidAmount
        | Rejection::InvalidOrder { .. }
        | Rejection::QuantityOffStep { .. }
        | Rejection::PriceOffTick { .. }
        | Rejection::InvalidPrice { .. } => StatusCode::BAD_REQUEST,
        Rejection::UnknownUser | Rejection::OrderNotFound => StatusCode::NOT_FOUND,
        Rejection::OrderAlreadyClosed { .. }
        | Rejection::OrderIdReused { .. }
        | Rejection::OrderAlreadyDone { .. }
        | Rejection::DuplicateClientOrderId { .. }
        | Rejection::LeverageDiffers { .. }
        | Rejection::NotFlat
        | Rejection::WrongPositionMode { .. }
        | Rejection::OrderClosedEarlier { .. } => StatusCode::CONFLICT,
        Rejection::TooManyPositions { .. }
        | Rejection::TooManyOrders { .. }
        | Rejection::BelowMinNotional { .. }
        | Rejection::WouldTrigger { .. }
        | Rejection::WouldTake { .. }
        | Rejection::WouldNotReduce
        | Rejection::OrderExpired { .. }
        | Rejection::MarginTooLow { .. }
        | Rejection::PriceLimitExceeded { .. }
        | Rejection::InsufficientBalance { .. }
        | Rejection::BalanceTooLow { .. }
        | Rejection::LiquidatedAtOnce { .. }
        | Rejection::StopLossWrongSide { .. }
        | Rejection::StopLossBeyondLiquidation { .. }
        | Rejection::TakeProfitWrongSide { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Rejection::NoPrice
        | Rejection::StalePrice { .. }
        | Rejection::PriceDisputed { .. }
        | Rejection::ClockAhead { .. }
        | Rejection::TradingPaused { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Returns the field that caused the rejection, if there is one.
pub const fn field(rejection: &Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::UnknownAsset { .. } => Some("asset"),
        Rejection::InvalidLeverage { .. }
        | Rejection::LiquidatedAtOnce { .. }
        | Rejection::LeverageDiffers { .. } => Some("leverage"),
        Rejection::WouldTrigger { .. } => Some("triggerPrice"),
        Rejection::WouldTake { .. } | Rejection::PriceOffTick { .. } => Some("price"),
        Rejection::DuplicateClientOrderId { .. } => Some("clientOrderId"),
        Rejection::OrderExpired { .. } => Some("expiresAt"),
        Rejection::InvalidAmount | Rejection::MarginTooLow { .. } => Some("amount"),
        Rejection::InvalidQuantity
        | Rejection::QuantityTooSmall
        | Rejection::QuantityOffStep { .. }
        | Rejection::BelowMinNotional { .. }
        | Rejection::AmountOutOfRange
        | Rejection::InsufficientBalance { .. } => Some("qty"),
        Rejection::StopLossWrongSide { .. } | Rejection::StopLossBeyondLiquidation { .. } => {
            Some("stopLoss")
        }
        Rejection::TakeProfitWrongSide { .. } => Some("takeProfit"),
        Rejection::PriceLimitExceeded { .. } => Some("priceLimit"),
        Rejection::UnknownUser
        | Rejection::InvalidOrder { .. }
        | Rejection::WouldNotReduce
        | Rejection::TooManyOrders { .. }
        | Rejection::OrderAlreadyDone { .. }
        | Rejection::NotFlat
        | Rejection::WrongPositionMode { .. }
        | Rejection::NoPrice
        | Rejection::StalePrice { .. }
        | Rejection::PriceDisputed { .. }
        | Rejection::ClockAhead { .. }
        | Rejection::TradingPaused { .. }
        | Rejection::InvalidAttribution
        | Rejection::InvalidAdjustment
        | Rejection::BalanceTooLow { .. }
        | Rejection::TooManyPositions { .. }
        | Rejection::OrderNotFound
        | Rejection::OrderAlreadyClosed { .. }
        | Rejection::OrderIdReused { .. }
        | Rejection::OrderClosedEarlier { .. }
        | Rejection::InvalidDeposit
        | Rejection::InvalidPrice { .. } => None,
    }
}
