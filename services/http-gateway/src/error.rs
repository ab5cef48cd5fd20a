//! Everything that can go wrong for a caller, and the one place that turns it into HTTP.

use crate::request_id;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use messages::{OrderId, Rejection};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was wrong with which field, as the end of a sentence that begins with the field's name.
pub type Fields = BTreeMap<String, String>;

/// What a caller is told. What only operators may know is logged where it happens.
#[derive(Debug)]
pub enum ApiError {
    /// Every field that is wrong.
    Validation(Fields),
    /// The body is no JSON object.
    MalformedJson(String),
    /// The body is larger than any of this API.
    PayloadTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// No token, or one that was never given out.
    Unauthenticated,
    /// The session is over.
    TokenExpired,
    /// Unknown email or wrong password; which of them is not said.
    InvalidCredentials,
    /// Another account has this email.
    EmailTaken,
    /// Another account has this phone number.
    PhoneTaken,
    /// No such path.
    NoSuchRoute,
    /// The path exists for another method.
    MethodNotAllowed,
    /// The engine says no.
    Rejected(Rejection),
    /// The engine doesn't take requests now; why.
    EngineNotReady(String),
    /// The engine's answer did not come; with the order that may have been opened.
    EngineTimeout(Option<OrderId>),
    /// The request took longer than any may.
    Timeout,
    /// PostgreSQL is away.
    DatabaseUnavailable,
    /// Redis is away.
    RedisUnavailable,
    /// Too many passwords wait to be hashed.
    Busy,
    /// A bug of ours.
    Internal,
}

impl ApiError {
    /// One field that is wrong.
    pub fn field(name: &str, problem: impl Into<String>) -> Self {
        Self::Validation(Fields::from([(name.to_owned(), problem.into())]))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Validation(_) | Self::MalformedJson(_) => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthenticated | Self::TokenExpired | Self::InvalidCredentials => {
                StatusCode::UNAUTHORIZED
            }
            Self::EmailTaken | Self::PhoneTaken => StatusCode::CONFLICT,
            Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Rejected(rejection) => rejection_status(rejection),
            Self::EngineNotReady(_)
            | Self::DatabaseUnavailable
            | Self::RedisUnavailable
            | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::EngineTimeout(_) | Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "VALIDATION",
            Self::MalformedJson(_) => "MALFORMED_JSON",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::PhoneTaken => "PHONE_TAKEN",
            Self::NoSuchRoute => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Rejected(rejection) => rejection.code(),
            Self::EngineNotReady(_) => "ENGINE_NOT_READY",
            Self::EngineTimeout(_) => "ENGINE_TIMEOUT",
            Self::Timeout => "TIMEOUT",
            Self::DatabaseUnavailable => "DATABASE_UNAVAILABLE",
            Self::RedisUnavailable => "REDIS_UNAVAILABLE",
            Self::Busy => "BUSY",
            Self::Internal => "INTERNAL",
        }
    }

    fn sentence(&self) -> String {
        let sentence = match self {
            Self::Validation(fields) => {
                let problems: Vec<_> =
                    fields.iter().map(|(field, problem)| format!("{field} {problem}")).collect();
                return format!("{}.", problems.join("; "));
            }
            Self::MalformedJson(problem) => return format!("The body can't be read: {problem}."),
            Self::Rejected(rejection) => return capitalized(&rejection.to_string()),
            Self::EngineNotReady(reason) => {
                return format!("Orders are not taken at the moment: {reason}. Try again soon.");
            }
            Self::PayloadTooLarge => "The body is too large; 16 KiB is the limit.",
            Self::UnsupportedMediaType => {
                "The body must be JSON, with the header Content-Type: application/json."
            }
            Self::Unauthenticated => {
                "Sign in first: send the cookie or an Authorization: Bearer header."
            }
            Self::TokenExpired => "The session is over; sign in again.",
            Self::InvalidCredentials => "The email or the password is wrong.",
            Self::EmailTaken => "An account with this email exists already.",
            Self::PhoneTaken => "An account with this phone number exists already.",
            Self::NoSuchRoute => "There is nothing at this address.",
            Self::MethodNotAllowed => "This address does not take this method.",
            Self::EngineTimeout(_) => {
                "The engine did not answer in time, and the request may still be carried out. \
                 Send it again with the same Idempotency-Key to learn what came of it."
            }
            Self::Timeout => "The request took too long.",
            Self::RedisUnavailable => "Redis is not reachable; try again soon.",
            Self::DatabaseUnavailable => "The database is not reachable; try again soon.",
            Self::Busy => "Too many sign-ins at once; try again in a moment.",
            Self::Internal => "Something went wrong here; the request id says where to look.",
        };
        sentence.to_owned()
    }

    fn fields(&self) -> Option<Value> {
        match self {
            Self::Validation(fields) => Some(json!(fields)),
            Self::Rejected(rejection) => {
                let field = rejected_field(rejection)?;
                Some(json!({ field: rejection.to_string() }))
            }
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "error": self.sentence(),
            "code": self.code(),
            "requestId": request_id::current().to_string(),
        });
        if let Some(fields) = self.fields() {
            body["fields"] = fields;
        }
        match &self {
            Self::EngineTimeout(Some(order_id)) => body["orderId"] = json!(order_id),
            Self::Rejected(Rejection::OrderAlreadyClosed { order }) => {
                body["order"] = views::closed_order(order);
            }
            _ => {}
        }
        let status = self.status();
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("users_email_key") => Self::EmailTaken,
            Some("users_phone_key") => Self::PhoneTaken,
            _ if error.as_database_error().is_some() => {
                tracing::error!(%error, "PostgreSQL refuses a query");
                Self::Internal
            }
            _ => {
                tracing::warn!(%error, "PostgreSQL is not reachable");
                Self::DatabaseUnavailable
            }
        }
    }
}

const fn rejection_status(rejection: &Rejection) -> StatusCode {
    match rejection {
        Rejection::UnknownAsset { .. }
        | Rejection::InvalidLeverage { .. }
        | Rejection::InvalidQuantity
        | Rejection::QuantityTooSmall
        | Rejection::AmountOutOfRange
        | Rejection::InvalidDeposit
        | Rejection::InvalidPrice { .. } => StatusCode::BAD_REQUEST,
        Rejection::UnknownUser | Rejection::OrderNotFound => StatusCode::NOT_FOUND,
        Rejection::OrderAlreadyClosed { .. } | Rejection::OrderIdReused { .. } => {
            StatusCode::CONFLICT
        }
        Rejection::TooManyPositions { .. }
        | Rejection::InsufficientBalance { .. }
        | Rejection::LiquidatedAtOnce { .. }
        | Rejection::StopLossWrongSide { .. }
        | Rejection::StopLossBeyondLiquidation { .. }
        | Rejection::TakeProfitWrongSide { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Rejection::NoPrice | Rejection::StalePrice { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

const fn rejected_field(rejection: &Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::UnknownAsset { .. } => Some("asset"),
        Rejection::InvalidLeverage { .. } | Rejection::LiquidatedAtOnce { .. } => Some("leverage"),
        Rejection::InvalidQuantity
        | Rejection::QuantityTooSmall
        | Rejection::AmountOutOfRange
        | Rejection::InsufficientBalance { .. } => Some("qty"),
        Rejection::StopLossWrongSide { .. } | Rejection::StopLossBeyondLiquidation { .. } => {
            Some("stopLoss")
        }
        Rejection::TakeProfitWrongSide { .. } => Some("takeProfit"),
        Rejection::UnknownUser
        | Rejection::NoPrice
        | Rejection::StalePrice { .. }
        | Rejection::TooManyPositions { .. }
        | Rejection::OrderNotFound
        | Rejection::OrderAlreadyClosed { .. }
        | Rejection::OrderIdReused { .. }
        | Rejection::InvalidDeposit
        | Rejection::InvalidPrice { .. } => None,
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
