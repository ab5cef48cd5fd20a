//! The errors of this API: a negative code and a message, as clients of Binance know them.
//!
//! Clients go by the codes, and some by the whole message: neither may be changed. Two messages are
//! those of the spot API, because ccxt knows them at every host.

use crate::access::rate_limits::whole_seconds;
use crate::error::ApiError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use messages::Rejection;
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;

/// An error as clients get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: StatusCode,
    code: i32,
    message: Cow<'static, str>,
    /// The time to wait before trying again.
    retry_after: Option<Duration>,
}

/// Defines the errors that are always the same.
macro_rules! errors {
    ($($(#[doc = $about:literal])+ $name:ident = $status:ident, $code:literal, $message:literal;)+) => {
        impl Error {
            $($(#[doc = $about])+
            pub const $name: Self = Self::new(StatusCode::$status, $code, $message);)+
        }
    };
}

errors! {
    /// A bug in Velox.
    UNKNOWN = INTERNAL_SERVER_ERROR, -1000, "An unknown error occurred while processing the request.";
    /// The caller may not do this.
    UNAUTHORIZED = UNAUTHORIZED, -1002, "You are not authorized to execute this request.";
    /// The outcome is unknown: a query of the order tells it.
    TIMEOUT = REQUEST_TIMEOUT, -1007, "Timeout waiting for response from backend server. Send status \
        unknown; execution status unknown.";
    /// The body is larger than this API accepts.
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE, -1101, "Too many parameters sent for this endpoint.";
    /// The URL is longer than this API accepts.
    URI_TOO_LONG = URI_TOO_LONG, -1101, "Too many parameters sent for this endpoint.";
    /// The timestamp is too old.
    TIMESTAMP_OLD = BAD_REQUEST, -1021, "Timestamp for this request is outside of the recvWindow.";
    /// The timestamp is in the future.
    TIMESTAMP_AHEAD = BAD_REQUEST, -1021, "Timestamp for this request was 1000ms ahead of the \
        server's time.";
    /// The signature is wrong.
    SIGNATURE = BAD_REQUEST, -1022, "Signature for this request is not valid.";
    /// The quantity or the price is finer than it may be.
    PRECISION = BAD_REQUEST, -1111, "Precision is over the maximum defined for this asset.";
    /// A message that is no request.
    NO_REQUEST = BAD_REQUEST, -1135, "Invalid JSON Request: send an object with id, method and params.";
    /// Only Ed25519 keys log on, as at Binance.
    LOG_ON = BAD_REQUEST, -4056, "HMAC_SHA256 API key is not supported: sign each request.";
    /// The address has as many connections as it may have.
    TOO_MANY_CONNECTIONS = TOO_MANY_REQUESTS, -1003, "Too many requests: too many connections.";
    /// No such time in force.
    TIME_IN_FORCE = BAD_REQUEST, -1115, "Invalid timeInForce.";
    /// No such kind of order.
    ORDER_TYPE = BAD_REQUEST, -1116, "Invalid orderType.";
    /// No such side.
    SIDE = BAD_REQUEST, -1117, "Invalid side.";
    /// No such interval.
    INTERVAL = BAD_REQUEST, -1120, "Invalid interval.";
    /// No such instrument.
    SYMBOL = BAD_REQUEST, -1121, "Invalid symbol.";
    /// The listen key is over, or never was.
    LISTEN_KEY = BAD_REQUEST, -1125, "This listenKey does not exist.";
    /// No order to cancel.
    UNKNOWN_ORDER = BAD_REQUEST, -2011, "Unknown order sent.";
    /// No order to read.
    NO_SUCH_ORDER = BAD_REQUEST, -2013, "Order does not exist.";
    /// The key has no key's form.
    KEY_FORMAT = UNAUTHORIZED, -2014, "API-key format invalid.";
    /// The key does not exist, or is not for this.
    KEY = UNAUTHORIZED, -2015, "Invalid API-key, IP, or permissions for action.";
    /// The free balance does not suffice.
    BALANCE = BAD_REQUEST, -2019, "Account has insufficient balance for requested action.";
    /// The trigger price is reached already.
    WOULD_TRIGGER = BAD_REQUEST, -2021, "Stop price would trigger immediately.";
    /// There is nothing to reduce.
    REDUCE_ONLY = BAD_REQUEST, -2022, "ReduceOnly Order is rejected.";
    /// The account has as many resting orders as it may have.
    TOO_MANY_ORDERS = BAD_REQUEST, -2025, "Reach max open order limit.";
    /// The position would be larger than it may be.
    POSITION_TOO_LARGE = BAD_REQUEST, -2027, "Exceeded the maximum allowable position at current \
        leverage.";
    /// The quantity is not above zero.
    QUANTITY = BAD_REQUEST, -4003, "Quantity less than or equal to zero.";
    /// The quantity is below the least of the instrument.
    QUANTITY_TOO_SMALL = BAD_REQUEST, -4004, "Quantity less than min quantity.";
    /// The quantity is larger than any account can hold.
    TOO_LARGE = BAD_REQUEST, -4005, "Quantity greater than max quantity.";
    /// The price is not above zero.
    PRICE = BAD_REQUEST, -4001, "Price less than or equal to zero.";
    /// The price is larger than any can be.
    PRICE_TOO_LARGE = BAD_REQUEST, -4002, "Price greater than max price.";
    /// The price is no multiple of the tick.
    PRICE_OFF_TICK = BAD_REQUEST, -4014, "Price not increased by tick size.";
    /// The client order id is too long.
    CLIENT_ORDER_ID = BAD_REQUEST, -4015, "Client order id is not valid.";
    /// The margin type is isolated already, and always.
    MARGIN_TYPE = BAD_REQUEST, -4046, "No need to change margin type.";
    /// More margin would be taken from a position than it can do without.
    MARGIN_NEEDED = BAD_REQUEST, -4051, "Isolated balance insufficient.";
    /// Only a position with isolated margin has a margin to change.
    NO_ISOLATED_POSITION = BAD_REQUEST, -4054, "Cannot add position margin: position is 0.";
    /// The position mode is this one already.
    POSITION_MODE = BAD_REQUEST, -4059, "No need to change position side.";
    /// The position side does not belong to the position mode.
    POSITION_SIDE = BAD_REQUEST, -4061, "Order's position side does not match user's setting.";
    /// The position mode can't be changed with orders.
    MODE_WITH_ORDERS = BAD_REQUEST, -4067, "Position side cannot be changed if there exists open \
        orders.";
    /// The position mode can't be changed with positions.
    MODE_WITH_POSITION = BAD_REQUEST, -4068, "Position side cannot be changed if there exists \
        position.";
    /// An open order has the client order id.
    DUPLICATE_CLIENT_ID = BAD_REQUEST, -4116, "ClientOrderId is duplicated.";
    /// A second stop or take-profit of one side would close the whole position.
    SECOND_CLOSE = BAD_REQUEST, -4130, "An open stop or take profit order with GTE and closePosition \
        in the direction is existing.";
    /// The instrument takes no orders that open a position.
    NOT_TRADING = BAD_REQUEST, -4140, "Invalid symbol status for opening position.";
    /// The leverage can't be lowered with a position.
    LEVERAGE_REDUCTION = BAD_REQUEST, -4161, "Leverage reduction is not supported in Isolated Margin \
        Mode with open positions.";
    /// The value of the order is below the least of the instrument.
    FILL_OR_KILL = BAD_REQUEST, -5021, "Due to the order could not be filled immediately, the FOK \
        order has been rejected. The order will not be recorded in the order history";
    /// A post-only order would be a taker.
    POST_ONLY = BAD_REQUEST, -5022, "Due to the order could not be executed as maker, the Post Only \
        order will be rejected. The order will not be recorded in the order history";
}

impl Error {
    const fn new(status: StatusCode, code: i32, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message), retry_after: None }
    }

    fn bad(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { status: StatusCode::BAD_REQUEST, code, message, retry_after: None }
    }

    /// The error for a parameter that is missing.
    pub fn missing(name: &str) -> Self {
        let problem = "was not sent, was empty/null, or malformed";
        Self::bad(-1102, format!("Mandatory parameter '{name}' {problem}."))
    }

    /// The error for a parameter whose text is no value of its type. The code is that of a missing
    /// one.
    pub fn malformed(name: &str) -> Self {
        Self::missing(name)
    }

    /// The error for a parameter that does not belong to the request.
    pub fn not_required(name: &str) -> Self {
        Self::bad(-1106, format!("Parameter '{name}' sent when not required."))
    }

    /// The error for a value that is not one of those that are allowed.
    pub fn invalid(name: &str) -> Self {
        Self::bad(-1130, format!("Data sent for parameter '{name}' is not valid."))
    }

    /// The error for a value that Velox can't honour, with the reason.
    pub fn unsupported(name: &str, reason: &str) -> Self {
        Self::bad(-1130, format!("Data sent for parameter '{name}' is not valid. {reason}"))
    }

    /// The error for characters that a parameter may not have.
    pub fn illegal_characters(name: &str, range: &str) -> Self {
        let message =
            format!("Illegal characters found in parameter '{name}'; legal range is '{range}'.");
        Self::bad(-1100, message)
    }

    /// The error for a leverage that the instrument does not allow.
    pub fn leverage(leverage: u32) -> Self {
        Self::bad(-4028, format!("Leverage {leverage} is not valid"))
    }

    /// The error for a path or a method that is not there.
    pub fn no_such_route(method: &str, path: &str) -> Self {
        let message = format!("Path {path}, Method {method} is invalid");
        Self { status: StatusCode::NOT_FOUND, ..Self::bad(-5000, message) }
    }

    /// The error for a method of the WebSocket that is not there.
    pub fn no_such_method(method: &str) -> Self {
        let message = format!("Method {method} is invalid");
        Self { status: StatusCode::NOT_FOUND, ..Self::bad(-5000, message) }
    }

    /// The error for more requests than an address may send.
    pub fn too_many_requests(limit: u32, retry_after: Duration) -> Self {
        let message = format!(
            "Too many requests; current limit is {limit} request weight per 1 MINUTE. Please use the \
             websocket for live updates to avoid polling the API."
        );
        let (status, retry_after) = (StatusCode::TOO_MANY_REQUESTS, Some(retry_after));
        Self { status, retry_after, ..Self::bad(-1003, message) }
    }

    /// The error for an address that went on sending more requests than it may.
    pub fn banned(retry_after: Duration) -> Self {
        let message = format!(
            "Way too many requests; banned for {} s. Please use the websocket for live updates to \
             avoid bans.",
            whole_seconds(retry_after)
        );
        let (status, retry_after) = (StatusCode::IM_A_TEAPOT, Some(retry_after));
        Self { status, retry_after, ..Self::bad(-1003, message) }
    }

    /// The error for more orders than an account may send.
    pub fn too_many_orders(limit: u32, window: Duration, retry_after: Duration) -> Self {
        let window = whole_seconds(window);
        let message =
            format!("Too many new orders; current limit is {limit} orders per {window} SECOND.");
        let (status, retry_after) = (StatusCode::TOO_MANY_REQUESTS, Some(retry_after));
        Self { status, retry_after, ..Self::bad(-1015, message) }
    }

    /// The error while something that the request needs is unavailable. Nothing was done.
    pub fn unavailable() -> Self {
        let message = "Internal error; unable to process your request. Please try again.";
        let (status, retry_after) = (StatusCode::SERVICE_UNAVAILABLE, Some(Duration::from_secs(1)));
        Self { status, retry_after, ..Self::bad(-1001, message) }
    }

    /// The error for a refusal that has no code of its own.
    pub fn rejected(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::bad(-2010, reason)
    }

    /// The error for an order of an account whose orders each make a position of their own.
    pub fn separate_positions() -> Self {
        let way_out = "The account's position mode is separate: set it to one-way or hedge with POST \
                       /fapi/v1/positionSide/dual while there is no position and no order.";
        Self {
            message: format!("{} {way_out}", Self::POSITION_SIDE.message).into(),
            ..Self::POSITION_SIDE
        }
    }

    /// The code.
    #[cfg(test)]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// Returns this error where it stands for an order that can't be found, and otherwise itself.
    #[must_use]
    pub fn or_if_not_found(self, other: Self) -> Self {
        if self == Self::NO_SUCH_ORDER || self == Self::UNKNOWN_ORDER { other } else { self }
    }

    /// The status of the response.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the body.
    pub fn body(&self) -> serde_json::Value {
        json!({ "code": self.code, "msg": self.message })
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body())).into_response();
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(whole_seconds(after).max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl From<streams::Error> for Error {
    fn from(error: streams::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Rejected(rejection) => rejection.into(),
            ApiError::Refused(refusal) => refusal.rejection.into(),
            ApiError::EngineTimeout(_) | ApiError::Timeout => Self::TIMEOUT,
            ApiError::EngineNotReady(_)
            | ApiError::RedisUnavailable
            | ApiError::DatabaseUnavailable
            | ApiError::Busy => Self::unavailable(),
            ApiError::AccountClosed | ApiError::ReadOnlyKey => Self::UNAUTHORIZED,
            ApiError::AccountNotFound | ApiError::Unauthenticated => Self::KEY,
            ApiError::PayloadTooLarge => Self::BODY_TOO_LARGE,
            // Only an order that opens a position of its own needs a leverage.
            ApiError::Validation(fields) if fields.contains_key("leverage") => {
                Self::separate_positions()
            }
            error => {
                tracing::error!(?error, "an error of the own API has no code here");
                Self::UNKNOWN
            }
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::UnknownAsset { .. } => Self::SYMBOL,
            Rejection::InvalidLeverage { leverage, .. } => Self::leverage(leverage),
            Rejection::InvalidQuantity | Rejection::QuantityTooSmall => Self::QUANTITY,
            Rejection::BelowMinQuantity { .. } => Self::QUANTITY_TOO_SMALL,
            Rejection::AmountOutOfRange => Self::TOO_LARGE,
            Rejection::QuantityOffStep { .. } => Self::PRECISION,
            Rejection::PriceOffTick { .. } => Self::PRICE_OFF_TICK,
            Rejection::BelowMinNotional { min, .. } => Self::bad(
                -4164,
                format!(
                    "Order's notional must be no smaller than {min} (unless you choose reduce only)."
                ),
            ),
            Rejection::InsufficientBalance { .. } | Rejection::BalanceTooLow { .. } => {
                Self::BALANCE
            }
            Rejection::MarginTooLow { .. } => Self::MARGIN_NEEDED,
            Rejection::WouldTrigger { .. } => Self::WOULD_TRIGGER,
            Rejection::WouldTake { .. } => Self::POST_ONLY,
            Rejection::WouldNotReduce => Self::REDUCE_ONLY,
            Rejection::TooManyOrders { .. } => Self::TOO_MANY_ORDERS,
            Rejection::TooManyPositions { .. }
            | Rejection::PositionTooLarge { .. }
            | Rejection::OpenInterestCap { .. } => Self::POSITION_TOO_LARGE,
            Rejection::DuplicateClientOrderId { .. } => Self::DUPLICATE_CLIENT_ID,
            Rejection::WrongPositionMode { .. } => Self::separate_positions(),
            Rejection::OrderNotFound | Rejection::OrderAlreadyDone { .. } => Self::NO_SUCH_ORDER,
            Rejection::OrderExpired { .. } => Self::invalid("goodTillDate"),
            Rejection::NotTrading { .. } => Self::NOT_TRADING,
            Rejection::NoPrice
            | Rejection::StalePrice { .. }
            | Rejection::PriceDisputed { .. }
            | Rejection::ClockAhead { .. } => Self::unavailable(),
            Rejection::InvalidOrder { field, problem } => of_field(&field, &problem),
            rejection => Self::rejected(format!("{}.", capitalized(&rejection.to_string()))),
        }
    }
}

/// The error for an order whose fields don't fit each other.
fn of_field(field: &str, problem: &str) -> Error {
    match field {
        "positionSide" | "positionId" => Error::POSITION_SIDE,
        "timeInForce" => Error::TIME_IN_FORCE,
        "reduceOnly" | "closePosition" => Error::not_required(field),
        "callbackBps" => Error::invalid("callbackRate"),
        "clientOrderId" => Error::CLIENT_ORDER_ID,
        "qtyInt" => Error::TOO_LARGE,
        "priceInt" | "triggerPriceInt" => Error::invalid("price"),
        field => Error::rejected(format!("{field} {problem}.")),
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
