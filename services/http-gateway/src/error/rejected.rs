//! The HTTP form of the engine's rejections.

use super::{ApiError, Fields};
use axum::http::StatusCode;
use messages::Rejection;
use price::Price;

/// A rejection because of a field that it does not name itself.
#[derive(Debug)]
pub struct Refusal {
    /// The rejection.
    pub rejection: Rejection,
    /// The field that caused it.
    pub field: &'static str,
}

impl Refusal {
    /// Names the field that gave a request its money or its margin, where a rejection is about the
    /// amount of it.
    pub fn of_amount(error: ApiError, field: &'static str) -> ApiError {
        match error {
            ApiError::Rejected(
                rejection @ (Rejection::InsufficientBalance { .. }
                | Rejection::AmountOutOfRange
                | Rejection::InvalidQuantity
                | Rejection::QuantityTooSmall),
            ) => ApiError::Refused(Self { rejection, field }),
            other => other,
        }
    }

    /// Names the field with the price that is off the tick: the engine tells the price alone.
    pub fn of_price(error: ApiError, prices: &[(&'static str, Option<Price>)]) -> ApiError {
        let ApiError::Rejected(Rejection::PriceOffTick { price, .. }) = &error else {
            return error;
        };
        let found = prices.iter().find(|(_, given)| *given == Some(*price));
        match (found, error) {
            (Some((field, _)), ApiError::Rejected(rejection)) => {
                ApiError::Refused(Self { rejection, field })
            }
            (_, error) => error,
        }
    }
}

/// Returns the rejection as a sentence.
pub fn sentence(rejection: &Rejection) -> String {
    match rejection {
        Rejection::InvalidOrder { field, problem } => format!("{} {problem}.", api_name(field)),
        rejection => capitalized(&rejection.to_string()),
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// Returns the name in this API of a field of a message to the engine.
fn api_name(field: &str) -> &str {
    match field {
        "kind" => "type",
        "orderType" => "side",
        amount => amount.strip_suffix("Int").unwrap_or(amount),
    }
}

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
        | Rejection::InvalidResetBalance
        | Rejection::InvalidFunding { .. }
        | Rejection::QuantityOffStep { .. }
        | Rejection::PriceOffTick { .. }
        | Rejection::InvalidPrice { .. } => StatusCode::BAD_REQUEST,
        Rejection::UnknownUser | Rejection::OrderNotFound => StatusCode::NOT_FOUND,
        Rejection::OrderAlreadyClosed { .. }
        | Rejection::OrderIdReused { .. }
        | Rejection::OrderAlreadyDone { .. }
        | Rejection::DuplicateClientOrderId { .. }
        | Rejection::NotFlat
        | Rejection::WrongPositionMode { .. }
        | Rejection::OrderClosedEarlier { .. } => StatusCode::CONFLICT,
        Rejection::TooManyPositions { .. }
        | Rejection::TooManyOrders { .. }
        | Rejection::LeverageDiffers { .. }
        | Rejection::BelowMinNotional { .. }
        | Rejection::BelowMinQuantity { .. }
        | Rejection::PositionTooLarge { .. }
        | Rejection::OpenInterestCap { .. }
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
        | Rejection::NotTrading { .. }
        | Rejection::TradingPaused { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Returns the field that caused the rejection, with its problem, if there is one.
pub fn fields(rejection: &Rejection) -> Option<Fields> {
    if let Rejection::InvalidOrder { field, problem } = rejection {
        return Some(Fields::from([(api_name(field).to_owned(), problem.clone())]));
    }
    field(rejection).map(|field| Fields::from([(field.to_owned(), rejection.to_string())]))
}

const fn field(rejection: &Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::UnknownAsset { .. } => Some("asset"),
        Rejection::InvalidLeverage { .. }
        | Rejection::LiquidatedAtOnce { .. }
        | Rejection::LeverageDiffers { .. } => Some("leverage"),
        Rejection::WouldTrigger { .. } => Some("triggerPrice"),
        Rejection::WouldTake { .. } => Some("price"),
        Rejection::DuplicateClientOrderId { .. } => Some("clientOrderId"),
        Rejection::OrderExpired { .. } => Some("expiresAt"),
        Rejection::InvalidAmount | Rejection::MarginTooLow { .. } => Some("amount"),
        Rejection::InvalidQuantity
        | Rejection::QuantityTooSmall
        | Rejection::QuantityOffStep { .. }
        | Rejection::BelowMinNotional { .. }
        | Rejection::BelowMinQuantity { .. }
        | Rejection::PositionTooLarge { .. }
        | Rejection::OpenInterestCap { .. }
        | Rejection::AmountOutOfRange
        | Rejection::InsufficientBalance { .. } => Some("qty"),
        Rejection::StopLossWrongSide { .. } | Rejection::StopLossBeyondLiquidation { .. } => {
            Some("stopLoss")
        }
        Rejection::TakeProfitWrongSide { .. } => Some("takeProfit"),
        Rejection::PriceLimitExceeded { .. } => Some("priceLimit"),
        Rejection::UnknownUser
        | Rejection::InvalidOrder { .. }
        | Rejection::PriceOffTick { .. }
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
        | Rejection::NotTrading { .. }
        | Rejection::InvalidResetBalance
        | Rejection::InvalidFunding { .. }
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
