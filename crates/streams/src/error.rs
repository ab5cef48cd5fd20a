use crate::address::Node;
use redis::{ErrorKind, RedisError, ServerError, Value};
use std::fmt;

/// An error of Redis or of the connection to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL or the CA file is invalid; retrying does not help.
    #[error("invalid Redis settings: {0}")]
    InvalidUrl(String),
    /// No connection, a broken connection, or no reply in time.
    #[error("Redis is unavailable: {0}")]
    Unavailable(Outage),
    /// An error reply of the server.
    #[error("Redis refused: {0}")]
    Refused(Refusal),
}

/// The reason Redis is unavailable, and the consequence for the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// True if the command may have reached the server and been executed; false if it certainly
    /// was not.
    pub maybe_executed: bool,
    /// Set if another server of the cluster has the key.
    moved: Option<Moved>,
    reason: String,
}

/// The way in which a key was moved to another server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The whole slot was moved.
    Slot,
    /// The slot is being moved, and this server has the key already or takes it.
    Key(Node),
}

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The first word of the reply: `OOM`, `WRONGTYPE`, `ERR` and so on.
    pub code: String,
    /// The rest of the reply.
    pub message: String,
}

/// The codes of refusals that end by themselves or when an operator frees memory or disk.
const PASSING_CODES: [&str; 5] = ["OOM", "MISCONF", "READONLY", "NOREPLICAS", "BUSY"];
/// The codes of a server that is running and can't serve yet.
const NOT_READY_CODES: [&str; 4] = ["LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"];

/// The codes of refused connections that only other settings can fix.
const SETTINGS_CODES: [&str; 3] = ["WRONGPASS", "NOAUTH", "NOPERM"];

impl Error {
    /// Returns whether the command may succeed later: Redis is unavailable, or out of memory or
    /// disk.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InvalidUrl(_) => false,
            Self::Unavailable(_) => true,
            Self::Refused(refusal) => PASSING_CODES.contains(&refusal.code.as_str()),
        }
    }

    /// Returns whether the command may have been executed despite this error.
    pub fn maybe_executed(&self) -> bool {
        matches!(self, Self::Unavailable(outage) if outage.maybe_executed)
    }

    /// Returns how the key was moved, if another server of the cluster has it.
    pub(crate) const fn moved(&self) -> Option<&Moved> {
        match self {
            Self::Unavailable(outage) => outage.moved.as_ref(),
            _ => None,
        }
    }

    /// The error of a command that certainly was not executed. Public for simulations of Redis.
    pub fn not_sent(reason: impl Into<String>) -> Self {
        Self::Unavailable(Outage { maybe_executed: false, moved: None, reason: reason.into() })
    }

    /// The error of a command that may or may not have been executed.
    pub fn unanswered() -> Self {
        let reason = "no reply in time".to_owned();
        Self::Unavailable(Outage { maybe_executed: true, moved: None, reason })
    }

    /// The error for a reply of an unexpected type.
    pub(crate) fn unexpected(expected: &str) -> Self {
        let message = format!("the reply is not {expected}");
        Self::Refused(Refusal { code: "UNEXPECTED".to_owned(), message })
    }

    /// The error of a failed attempt to connect.
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

    /// The error of a command whose connection failed, or of an aborted transaction.
    pub(crate) fn sending(error: RedisError) -> Self {
        let reason = error.to_string();
        match error.into_server_errors() {
            // A transaction that was aborted while it was queued: its first error is the reason.
            Some(errors) => errors.first().map_or_else(
                || Self::unexpected("an error with a reason"),
                |(_, error)| Self::reply(error),
            ),
            None => Self::Unavailable(Outage { maybe_executed: true, moved: None, reason }),
        }
    }

    pub(crate) fn reply(error: &ServerError) -> Self {
        let code = error.code().to_owned();
        let message = error.details().unwrap_or_default().to_owned();
        if let Some(moved) = Moved::parse(&code, &message) {
            let (reason, moved) = (format!("{code} {message}"), Some(moved));
            return Self::Unavailable(Outage { maybe_executed: false, moved, reason });
        }
        if NOT_READY_CODES.contains(&code.as_str()) {
            return Self::not_sent(format!("{code} {message}"));
        }
        Self::Refused(Refusal { code, message })
    }

    pub(crate) fn is_refusal(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }
}

impl Moved {
    /// Reads `MOVED slot host:port` and `ASK slot host:port`. A server without a host in the reply is
    /// found by asking the cluster.
    fn parse(code: &str, message: &str) -> Option<Self> {
        match code {
            "MOVED" => Some(Self::Slot),
            "ASK" => {
                let (_, address) = message.split_once(' ')?;
                let (host, port) = address.rsplit_once(':')?;
                Some(Self::Key(Node { host: host.to_owned(), port: port.parse().ok()? }))
            }
            _ => None,
        }
    }
}

/// Returns the reply, or an error if it is an error reply.
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
