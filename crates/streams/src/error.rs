use redis::{ErrorKind, RedisError, ServerError, Value};
use std::fmt;

/// What can go wrong with Redis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address can't be used; it's no use trying again.
    #[error("the Redis URL can't be used: {0}")]
    InvalidUrl(String),
    /// No connection, a broken one, or no answer in time.
    #[error("Redis is unavailable: {0}")]
    Unavailable(Outage),
    /// The server's own error reply.
    #[error("Redis refused: {0}")]
    Refused(Refusal),
}

/// Why Redis can't be used now, and what that means for the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// True when the command may have reached the server, so that nobody knows whether it was
    /// carried out; false when it certainly wasn't.
    pub maybe_executed: bool,
    reason: String,
}

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reply's first word: `OOM`, `WRONGTYPE`, `ERR` and so on.
    pub code: String,
    /// The rest of it.
    pub message: String,
}

/// Refusals that end by themselves or when an operator makes room.
const PASSING_CODES: [&str; 5] = ["OOM", "MISCONF", "READONLY", "NOREPLICAS", "BUSY"];
/// Replies of a server that is there and can't serve yet.
const NOT_READY_CODES: [&str; 4] = ["LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"];

/// Refusals of a connection that only other settings can change.
const SETTINGS_CODES: [&str; 3] = ["WRONGPASS", "NOAUTH", "NOPERM"];

impl Error {
    /// Whether the same command may succeed later: Redis is away, out of memory or out of disk.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InvalidUrl(_) => false,
            Self::Unavailable(_) => true,
            Self::Refused(refusal) => PASSING_CODES.contains(&refusal.code.as_str()),
        }
    }

    /// Whether the command may have been carried out although this error came back.
    pub fn maybe_executed(&self) -> bool {
        matches!(self, Self::Unavailable(outage) if outage.maybe_executed)
    }

    /// The command certainly was not carried out. For those who stand in for Redis, too.
    pub fn not_sent(reason: impl Into<String>) -> Self {
        Self::Unavailable(Outage { maybe_executed: false, reason: reason.into() })
    }

    /// Nobody knows whether the command was carried out.
    pub fn unanswered() -> Self {
        let reason = "no answer in time".to_owned();
        Self::Unavailable(Outage { maybe_executed: true, reason })
    }

    /// A reply that is no error and not what the command gives.
    pub(crate) fn unexpected(expected: &str) -> Self {
        let message = format!("the reply is not {expected}");
        Self::Refused(Refusal { code: "UNEXPECTED".to_owned(), message })
    }

    /// No connection was made.
    pub(crate) fn connecting(error: &RedisError) -> Self {
        let code = error.code().unwrap_or_default();
        let is_lasting = SETTINGS_CODES.contains(&code)
            || matches!(
                error.kind(),
                ErrorKind::AuthenticationFailed | ErrorKind::RESP3NotSupported
            );
        if is_lasting {
            return Self::Refused(Refusal { code: code.to_owned(), message: error.to_string() });
        }
        Self::not_sent(error.to_string())
    }

    /// The command was handed to a connection, which failed.
    pub(crate) fn sending(error: RedisError) -> Self {
        let reason = error.to_string();
        match error.into_server_errors() {
            // A transaction that was aborted while it was queued: its first error says why.
            Some(errors) => errors.first().map_or_else(
                || Self::unexpected("an error that says why"),
                |(_, error)| Self::reply(error),
            ),
            None => Self::Unavailable(Outage { maybe_executed: true, reason }),
        }
    }

    pub(crate) fn reply(error: &ServerError) -> Self {
        let code = error.code().to_owned();
        let message = error.details().unwrap_or_default().to_owned();
        if NOT_READY_CODES.contains(&code.as_str()) {
            return Self::not_sent(format!("{code} {message}"));
        }
        Self::Refused(Refusal { code, message })
    }

    pub(crate) fn is_refusal(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }
}

/// The reply, or the error that it is.
pub(crate) fn reply(value: Value) -> Result<Value, Error> {
    match value {
        Value::ServerError(error) => Err(Error::reply(&error)),
        value => Ok(value),
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.message)
    }
}
