//! Everything that can go wrong for a caller, and the one place that turns it into HTTP.
//!
//! The API's description is made of the same values: an error is documented by rendering one as it
//! would be sent, so that its status, code and words are those that callers get.

mod documented;
mod rejected;

pub(crate) use documented::error_sets;
pub use documented::{
    Changes, Database, Engine, ErrorSet, Errors, JsonBody, NamesAccount, Redis, SignedIn, SignsIn,
    Trades,
};

use crate::access::rate_limits::whole_seconds;
use crate::json::Json;
use crate::request_id;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use messages::{OrderId, Rejection, RequestId};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;
use views::ClosedOrder;

/// What was wrong with which field, as the end of a sentence that begins with the field's name.
pub type Fields = BTreeMap<String, String>;

/// Defines the errors as a table: what it is, its status, its code and what callers are told.
macro_rules! errors {
    ($(
        #[doc = $about:literal]
        $error:ident $(($detail:ident: $type:ty))? = $status:expr, $code:expr, $sentence:expr;
    )+) => {
        /// What a caller is told. What only operators may know is logged where it happens.
        #[derive(Debug)]
        pub enum ApiError {
            $(#[doc = $about] $error $(($type))?,)+
        }

        impl ApiError {
            fn row(&self) -> Row {
                match self {
                    $(Self::$error $(($detail))? => Row {
                        status: $status,
                        code: $code,
                        sentence: $sentence.into(),
                    },)+
                }
            }
        }
    };
}

/// What the table says of an error.
struct Row {
    status: StatusCode,
    /// Programs go by it.
    code: &'static str,
    /// For people.
    sentence: Cow<'static, str>,
}

errors! {
    /// Every field that is wrong.
    Validation(fields: Fields) = StatusCode::BAD_REQUEST, "VALIDATION", list(fields);
    /// The body is no JSON object.
    MalformedJson(problem: String) = StatusCode::BAD_REQUEST, "MALFORMED_JSON",
        format!("The body can't be read: {problem}.");
    /// The body is larger than any of this API.
    PayloadTooLarge = StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE",
        "The body is too large; 16 KiB is the limit.";
    /// The body is not declared as JSON.
    UnsupportedMediaType = StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE",
        "The body must be JSON, with the header Content-Type: application/json.";
    /// The body is compressed.
    UnsupportedEncoding = StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_CONTENT_ENCODING",
        "Compressed bodies are not read; send the body without Content-Encoding.";
    /// No token, or one that was never given out.
    Unauthenticated = StatusCode::UNAUTHORIZED, "UNAUTHENTICATED",
        "Sign in first: send the cookie or an Authorization: Bearer header.";
    /// The session is over.
    TokenExpired = StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED",
        "The session is over; sign in again.";
    /// The key may only read.
    ReadOnlyKey = StatusCode::FORBIDDEN, "READ_ONLY_KEY",
        "This API key may only read; trading needs one with the scope TRADE.";
    /// No API key may do this.
    SessionRequired = StatusCode::FORBIDDEN, "SESSION_REQUIRED",
        "No API key may do this; sign in.";
    /// The request names another account than the caller's.
    AccountMismatch = StatusCode::CONFLICT, "ACCOUNT_MISMATCH",
        "Another account is signed in now than the one that this request names; nothing was done.";
    /// A page of somebody else's has sent it.
    ForeignOrigin = StatusCode::FORBIDDEN, "FOREIGN_ORIGIN",
        "Pages of this origin may not change anything here.";
    /// The password of now was left out, and no mailed link has just shown who this is.
    PasswordRequired = StatusCode::FORBIDDEN, "PASSWORD_REQUIRED",
        "This needs your password of now; without it, sign in by a mailed link first.";
    /// The password of now is another one.
    WrongPassword = StatusCode::FORBIDDEN, "WRONG_PASSWORD",
        "The password is wrong.";
    /// Too many requests in a short time.
    TooManyRequests(retry_after: Duration) = StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS",
        format!("Too many requests; try again in {}.", seconds(retry_after));
    /// Too many failures to sign in.
    LockedOut(retry_after: Duration) = StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_ATTEMPTS",
        format!("Too many attempts; try again in {}.", seconds(retry_after));
    /// The link from a mail was used, is too old, or never was one.
    LinkExpired = StatusCode::GONE, "LINK_EXPIRED",
        "The link was used already, or is too old; ask for a new one.";
    /// The account has no such session.
    SessionNotFound = StatusCode::NOT_FOUND, "SESSION_NOT_FOUND",
        "There is no such session, or it is over.";
    /// The account has no such key.
    KeyNotFound = StatusCode::NOT_FOUND, "API_KEY_NOT_FOUND",
        "There is no such API key.";
    /// The account has as many keys as it may have.
    TooManyKeys = StatusCode::CONFLICT, "TOO_MANY_API_KEYS",
        "The account has 20 API keys already; delete one first.";
    /// The address is longer than any of this API.
    UriTooLong = StatusCode::URI_TOO_LONG, "URI_TOO_LONG",
        "The address is too long; 8 KiB is the limit.";
    /// Unknown email or wrong password; which of them is not said.
    InvalidCredentials = StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS",
        "The email or the password is wrong.";
    /// Another account has this email.
    EmailTaken = StatusCode::CONFLICT, "EMAIL_TAKEN",
        "An account with this email exists already.";
    /// Another account has this phone number.
    PhoneTaken = StatusCode::CONFLICT, "PHONE_TAKEN",
        "An account with this phone number exists already.";
    /// No such path.
    NoSuchRoute = StatusCode::NOT_FOUND, "NOT_FOUND",
        "There is nothing at this address.";
    /// The path exists for another method.
    MethodNotAllowed = StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
        "This address does not take this method.";
    /// The engine says no.
    Rejected(rejection: Rejection) = rejected::status(rejection), rejection.code(),
        capitalized(&rejection.to_string());
    /// The engine doesn't take requests now; why.
    EngineNotReady(reason: String) = StatusCode::SERVICE_UNAVAILABLE, "ENGINE_NOT_READY",
        format!("Orders are not taken at the moment: {reason}. Try again soon.");
    /// The engine's answer did not come; with the order that may have been opened.
    EngineTimeout(_order_id: Option<OrderId>) = StatusCode::GATEWAY_TIMEOUT, "ENGINE_TIMEOUT",
        "The engine did not answer in time, and the request may still be carried out. Send it \
         again with the same Idempotency-Key to learn what came of it.";
    /// The request took longer than any may.
    Timeout = StatusCode::GATEWAY_TIMEOUT, "TIMEOUT",
        "The request took too long.";
    /// PostgreSQL is away.
    DatabaseUnavailable = StatusCode::SERVICE_UNAVAILABLE, "DATABASE_UNAVAILABLE",
        "The database is not reachable; try again soon.";
    /// Redis is away.
    RedisUnavailable = StatusCode::SERVICE_UNAVAILABLE, "REDIS_UNAVAILABLE",
        "Redis is not reachable; try again soon.";
    /// Too many passwords wait to be hashed.
    Busy = StatusCode::SERVICE_UNAVAILABLE, "BUSY",
        "Too many sign-ins at once; try again in a moment.";
    /// A bug of ours.
    Internal = StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL",
        "Something went wrong here; the request id says where to look.";
}

/// The body of every answer that is no success.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorBody {
    /// What is wrong, as a sentence for people. Its words may change; programs go by `code`.
    #[schema(examples("The email or the password is wrong."))]
    error: String,
    /// What is wrong, for programs.
    #[schema(pattern = "^[A-Z][A-Z_]*$", examples("INVALID_CREDENTIALS"))]
    code: &'static str,
    /// Names the request in the logs of every service; the same as the header `X-Request-Id`.
    #[schema(value_type = uuid::Uuid, examples("01a20bc0-9a10-7313-9d4f-7a2effa3c781"))]
    request_id: RequestId,
    /// The fields, parameters or headers that are to blame, each with what is wrong with it: the
    /// end of a sentence that begins with its name. Absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fields: Option<BTreeMap<String, String>>,
    /// With `ENGINE_TIMEOUT` of a new order: the id that the order has if it was opened after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<uuid::Uuid>)]
    order_id: Option<OrderId>,
    /// With `ORDER_ALREADY_CLOSED`: the order's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<ClosedOrder>,
}

impl ApiError {
    /// One field that is wrong.
    pub fn field(name: &str, problem: impl Into<String>) -> Self {
        Self::Validation(Fields::from([(name.to_owned(), problem.into())]))
    }

    /// The header `Velox-Account` that can't be read.
    pub fn wrong_account() -> Self {
        Self::field("Velox-Account", "is not a user id, which is a UUID")
    }

    fn body(self, request_id: RequestId) -> ErrorBody {
        let Row { code, sentence, .. } = self.row();
        let mut body = ErrorBody {
            error: sentence.into_owned(),
            code,
            request_id,
            fields: None,
            order_id: None,
            order: None,
        };
        match self {
            Self::Validation(fields) => body.fields = Some(fields),
            Self::EngineTimeout(order_id) => body.order_id = order_id,
            Self::Rejected(rejection) => {
                body.fields = rejected::field(&rejection)
                    .map(|field| Fields::from([(field.to_owned(), rejection.to_string())]));
                if let Rejection::OrderAlreadyClosed { order } = rejection {
                    body.order = Some((&*order).into());
                }
            }
            _ => {}
        }
        body
    }

    /// For how long (s) it makes no sense to try again.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests(after) | Self::LockedOut(after) => {
                Some(whole_seconds(*after).max(1))
            }
            _ => (self.row().status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, retry_after_s) = (self.row().status, self.retry_after_s());
        let mut response = (status, Json(self.body(request_id::current()))).into_response();
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<streams::Error> for ApiError {
    fn from(error: streams::Error) -> Self {
        tracing::warn!(%error, "Redis can't be used");
        Self::RedisUnavailable
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        service::note_database_error(&error);
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("users_email_key") => Self::EmailTaken,
            Some("users_phone_key") => Self::PhoneTaken,
            _ if error.as_database_error().is_some_and(|error| !is_server_unavailable(error)) => {
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

/// SQLSTATE of a write in a read-only transaction: the server is a replica, or an operator has
/// switched writing off.
const READ_ONLY: &str = "25006";

/// SQLSTATE classes 57 (shutting down, starting up, crashed), 53 (out of a resource) and 08, and a
/// server that only reads: it has answered and can't serve.
fn is_server_unavailable(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    code == READ_ONLY || ["57", "53", "08"].iter().any(|class| code.starts_with(class))
}

fn list(fields: &Fields) -> String {
    let problems: Vec<_> =
        fields.iter().map(|(field, problem)| format!("{field} {problem}")).collect();
    format!("{}.", problems.join("; "))
}

fn seconds(time: &Duration) -> String {
    match whole_seconds(*time).max(1) {
        1 => "a second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::{DatabaseError, ErrorKind};
    use std::error::Error;
    use std::fmt;

    /// What PostgreSQL says, as far as it matters here.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }
    }

    #[test]
    fn a_server_that_can_t_serve_is_unavailable() {
        let rows = [
            ("57P01", "DATABASE_UNAVAILABLE"),
            ("57P02", "DATABASE_UNAVAILABLE"),
            ("57P03", "DATABASE_UNAVAILABLE"),
            ("53300", "DATABASE_UNAVAILABLE"),
            ("08006", "DATABASE_UNAVAILABLE"),
            ("25006", "DATABASE_UNAVAILABLE"),
            ("42P01", "INTERNAL"),
            ("23514", "INTERNAL"),
        ];
        for (code, expected) in rows {
            let error = ApiError::from(sqlx::Error::Database(Box::new(Said(code))));
            assert_eq!(error.row().code, expected, "{code}");
        }
    }
}
