//! Every error that a caller can get, and the one place that turns it into HTTP.
//!
//! The API's description is made from the same values: an error is documented by rendering an
//! example, so its status, code and wording are those that callers get.

mod body;
mod documented;
mod rejected;

pub use body::{ErrorBody, ItemError, MessageError};
pub(crate) use documented::error_sets;
pub use documented::{
    Changes, Database, Engine, ErrorSet, Errors, JsonBody, NamesUser, OfAccount, Redis, SignedIn,
    SignsIn, Trades,
};
pub use rejected::Refusal;

use crate::access::rate_limits::whole_seconds;
use crate::json::Json;
use crate::request_id;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use messages::{OrderId, Rejection};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// The invalid fields, each with its problem: the end of a sentence that begins with its name.
pub type Fields = BTreeMap<String, String>;

/// Defines the errors as a table: meaning, status, code and the sentence that callers get.
macro_rules! errors {
    ($(
        #[doc = $about:literal]
        $error:ident $(($detail:ident: $type:ty))? = $status:expr, $code:expr, $sentence:expr;
    )+) => {
        /// An error as callers see it. Details for operators only are logged where they occur.
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

/// An error's row of the table.
struct Row {
    status: StatusCode,
    /// For programs.
    code: &'static str,
    /// For people.
    sentence: Cow<'static, str>,
}

errors! {
    /// The fields that are invalid.
    Validation(fields: Fields) = StatusCode::BAD_REQUEST, "VALIDATION", list(fields);
    /// The body is not a JSON object.
    MalformedJson(problem: String) = StatusCode::BAD_REQUEST, "MALFORMED_JSON",
        format!("The request body can't be read as a JSON object: {problem}.");
    /// The body is larger than this API accepts.
    PayloadTooLarge = StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE",
        "The request body is too large. The limit is 16 KiB.";
    /// The body is not declared as JSON.
    UnsupportedMediaType = StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE",
        "The request body must be JSON. Set the header Content-Type: application/json.";
    /// The body is compressed.
    UnsupportedEncoding = StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_CONTENT_ENCODING",
        "Compressed request bodies are not supported. Send the body without Content-Encoding.";
    /// No token, or one that was never issued.
    Unauthenticated = StatusCode::UNAUTHORIZED, "UNAUTHENTICATED",
        "You are not signed in. Sign in, or send a valid token or API key as Authorization: Bearer.";
    /// The session has expired.
    TokenExpired = StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED",
        "Your session has expired. Sign in again.";
    /// The API key is read-only.
    ReadOnlyKey = StatusCode::FORBIDDEN, "READ_ONLY_KEY",
        "This API key is read-only. To trade, use a key with the scope TRADE.";
    /// API keys may not be used for this operation.
    SessionRequired = StatusCode::FORBIDDEN, "SESSION_REQUIRED",
        "API keys can't be used for this. Sign in instead.";
    /// The request names a different user than the caller.
    AccountMismatch = StatusCode::CONFLICT, "ACCOUNT_MISMATCH",
        "You are now signed in to a different account, so nothing was done. Reload the page.";
    /// The API key is one of another account.
    KeyAccountMismatch = StatusCode::FORBIDDEN, "KEY_ACCOUNT_MISMATCH",
        "This API key is for another account. Use a key of the account, or leave X-Account out.";
    /// The user has no such account.
    AccountNotFound = StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND",
        "You have no account with this id. GET /api/v1/accounts lists yours.";
    /// The account is closed.
    AccountClosed = StatusCode::CONFLICT, "ACCOUNT_CLOSED",
        "This account is closed: it can be read, but not traded with. Use another account.";
    /// The first account can't be closed.
    FirstAccount = StatusCode::CONFLICT, "FIRST_ACCOUNT",
        "Your first account can't be closed. Reset it to begin again.";
    /// The account has positions or orders.
    AccountNotFlat = StatusCode::CONFLICT, "NOT_FLAT",
        "The account has positions or orders. Close and cancel them first.";
    /// The user has another account with this name.
    AccountNameTaken = StatusCode::CONFLICT, "ACCOUNT_NAME_TAKEN",
        "You already have an account with this name. Use a different name.";
    /// The user has the maximum number of accounts.
    TooManyAccounts(limit: u32) = StatusCode::CONFLICT, "TOO_MANY_ACCOUNTS",
        format!("You can have {limit} open accounts. Close one, or reset one to begin again.");
    /// The user has closed the maximum number of accounts.
    TooManyClosedAccounts(limit: u32) = StatusCode::CONFLICT, "TOO_MANY_ACCOUNTS",
        format!("You can have {limit} accounts, closed ones included. Reset one to begin again.");
    /// The key was used for a different request.
    KeyReused = StatusCode::CONFLICT, "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used for a different request. Use another key.";
    /// The request comes from a page of another site.
    ForeignOrigin = StatusCode::FORBIDDEN, "FOREIGN_ORIGIN",
        "Pages of this origin may not make changes. Use the Velox web UI or an API client.";
    /// The current password is missing, and the session did not just begin with an emailed link.
    PasswordRequired = StatusCode::FORBIDDEN, "PASSWORD_REQUIRED",
        "Enter your current password, or sign in with an emailed link first.";
    /// The current password is wrong.
    WrongPassword = StatusCode::FORBIDDEN, "WRONG_PASSWORD",
        "The current password is incorrect. Check it and try again.";
    /// The rate limit is exceeded.
    TooManyRequests(retry_after: Duration) = StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS",
        format!("Too many requests. Try again in {}.", seconds(retry_after));
    /// Too many failed sign-ins.
    LockedOut(retry_after: Duration) = StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_ATTEMPTS",
        format!("Too many attempts. Try again in {}.", seconds(retry_after));
    /// The emailed link was used, has expired, or never existed.
    LinkExpired = StatusCode::GONE, "LINK_EXPIRED",
        "This link has expired or was already used. Request a new one.";
    /// The account has no such session.
    SessionNotFound = StatusCode::NOT_FOUND, "SESSION_NOT_FOUND",
        "This session does not exist or has ended. Reload the list of sessions.";
    /// The account has no such key.
    KeyNotFound = StatusCode::NOT_FOUND, "API_KEY_NOT_FOUND",
        "This API key does not exist. Reload the list of keys.";
    /// The account has the maximum number of keys.
    TooManyKeys = StatusCode::CONFLICT, "TOO_MANY_API_KEYS",
        "The account already has 20 API keys. Delete one first.";
    /// Two fields of a new key contradict each other.
    KeyFieldsConflict(problem: &'static str) = StatusCode::CONFLICT, "KEY_FIELDS_CONFLICT",
        *problem;
    /// The URL is longer than this API accepts.
    UriTooLong = StatusCode::URI_TOO_LONG, "URI_TOO_LONG",
        "The request URL is too long. The limit is 8 KiB.";
    /// Unknown email or wrong password; callers can't tell which.
    InvalidCredentials = StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS",
        "The email or password is incorrect. Check both and try again.";
    /// Another account has this email.
    EmailTaken = StatusCode::CONFLICT, "EMAIL_TAKEN",
        "An account with this email already exists. Sign in instead.";
    /// A guest may not use this operation.
    RegistrationRequired = StatusCode::FORBIDDEN, "REGISTRATION_REQUIRED",
        "Guests can't do this. Register with an email and a password first; your account is kept.";
    /// The user is no guest, or no longer one.
    AlreadyRegistered = StatusCode::CONFLICT, "ALREADY_REGISTERED",
        "This account is registered already. Reload the page.";
    /// The caller has a session, so that no guest is created.
    AlreadySignedIn = StatusCode::CONFLICT, "ALREADY_SIGNED_IN",
        "You are signed in already. Reload the page, or sign out first.";
    /// Another account has this phone number.
    PhoneTaken = StatusCode::CONFLICT, "PHONE_TAKEN",
        "An account with this phone number already exists. Use a different number.";
    /// No such path.
    NoSuchRoute = StatusCode::NOT_FOUND, "NOT_FOUND",
        "There is nothing at this URL. See /api/docs for the API.";
    /// The path exists for other methods only.
    MethodNotAllowed = StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
        "This URL does not support this method. See /api/docs for the API.";
    /// The engine refused the request.
    Rejected(rejection: Rejection) = rejected::status(rejection), rejection.code(),
        rejected::sentence(rejection);
    /// The engine refused the request because of a field that the rejection alone does not tell.
    Refused(refusal: Refusal) = rejected::status(&refusal.rejection), refusal.rejection.code(),
        rejected::sentence(&refusal.rejection);
    /// The engine is not taking requests, for this reason.
    EngineNotReady(reason: String) = StatusCode::SERVICE_UNAVAILABLE, "ENGINE_NOT_READY",
        format!("Trading is temporarily unavailable: {reason}. Try again soon.");
    /// The engine did not answer in time; with the id of the order that may have been opened.
    EngineTimeout(_order_id: Option<OrderId>) = StatusCode::GATEWAY_TIMEOUT, "ENGINE_TIMEOUT",
        "The engine did not answer in time, and the request may still be carried out. Send it \
         again with the same Idempotency-Key to learn the outcome.";
    /// The request took longer than the limit.
    Timeout = StatusCode::GATEWAY_TIMEOUT, "TIMEOUT",
        "The request timed out and may have taken effect. Check before you send it again.";
    /// PostgreSQL is unavailable.
    DatabaseUnavailable = StatusCode::SERVICE_UNAVAILABLE, "DATABASE_UNAVAILABLE",
        "The database is temporarily unavailable. Try again soon.";
    /// Redis is unavailable.
    RedisUnavailable = StatusCode::SERVICE_UNAVAILABLE, "REDIS_UNAVAILABLE",
        "Redis is temporarily unavailable. Try again soon.";
    /// The user has too many open connections.
    TooManyConnections = StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_CONNECTIONS",
        "The account has too many open WebSockets for order entry. Close one first.";
    /// The server has too many open connections.
    ServerFull = StatusCode::SERVICE_UNAVAILABLE, "SERVER_FULL",
        "The server has no room for another WebSocket. Try again in a moment.";
    /// The request is for a WebSocket, but is no handshake of one.
    UpgradeRequired = StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED",
        "This URL is a WebSocket. Connect to it with a WebSocket client.";
    /// Too many passwords are waiting to be hashed.
    Busy = StatusCode::SERVICE_UNAVAILABLE, "BUSY",
        "Too many people are signing in. Try again in a moment.";
    /// A bug in Velox.
    Internal = StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL",
        "Something went wrong on the server. Try again, or report this with the request id.";
}

impl ApiError {
    /// The error for a single invalid field.
    pub fn field(name: &str, problem: impl Into<String>) -> Self {
        Self::Validation(Fields::from([(name.to_owned(), problem.into())]))
    }

    /// The error for a malformed `Velox-Account` header.
    pub fn wrong_user() -> Self {
        Self::field("Velox-Account", "must be the UUID of a user")
    }

    /// The error for a malformed `X-Account` header.
    pub fn wrong_account_id() -> Self {
        Self::field("X-Account", "must be the UUID of an account")
    }

    /// The time (s) to wait before trying again.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests(after) | Self::LockedOut(after) => {
                Some(whole_seconds(*after).max(1))
            }
            Self::TooManyConnections => Some(1),
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
        tracing::warn!(%error, "Redis is unavailable");
        Self::RedisUnavailable
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        service::note_database_error(&error);
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("users_email_key") => Self::EmailTaken,
            Some("users_phone_key") => Self::PhoneTaken,
            Some("accounts_name_key") => Self::AccountNameTaken,
            _ if error.as_database_error().is_some_and(|error| !is_server_unavailable(error)) => {
                tracing::error!(%error, "PostgreSQL refused a query");
                Self::Internal
            }
            _ => {
                tracing::warn!(%error, "PostgreSQL is unavailable");
                Self::DatabaseUnavailable
            }
        }
    }
}

/// SQLSTATE of a write in a read-only transaction: the server is a replica, or an operator has
/// disabled writes.
const READ_ONLY: &str = "25006";

/// Reports whether the server replied but can't serve: SQLSTATE classes 57 (shutting down, starting
/// up, crashed), 53 (out of a resource) and 08 (connection), or a read-only server.
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
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::{DatabaseError, ErrorKind};
    use std::error::Error;
    use std::fmt;

    /// A PostgreSQL error of which only the SQLSTATE matters.
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
