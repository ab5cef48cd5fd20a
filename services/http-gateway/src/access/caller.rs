//! The caller of a request, as extractors for handlers.

use crate::access::Claim;
use crate::clock::unix_ms;
use crate::engine::Account;
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use messages::UserId;
use serde::{Deserialize, Serialize};
use session::{Method, Origin, Session};
use std::net::IpAddr;
use uuid::Uuid;

/// Facts about a request that `admission` gathers before its handler runs.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The client's network address.
    pub address: IpAddr,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// The claim of the caller, by which the messages of an open connection are checked again.
    pub claim: Claim,
    /// The caller, or the reason for which it is unknown.
    pub caller: Result<Caller, Stranger>,
    /// Whether another site's page could have sent it in the caller's name.
    pub is_forgeable: bool,
    /// The account that the request is meant for.
    pub meant: Meant,
}

/// The header that names the account that a request is meant for: the tabs of a browser share one
/// cookie, and one of them may still show the account that was signed in before.
pub const ACCOUNT: HeaderName = HeaderName::from_static("velox-account");

/// The value of the header [`ACCOUNT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// No header: the account that is signed in.
    Anybody,
    /// This user.
    User(UserId),
    /// A value that is not a user id.
    Garbage,
}

impl Meant {
    /// Reads the header.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(ACCOUNT) else { return Self::Anybody };
        let id = value.to_str().ok().and_then(|text| Uuid::try_parse(text).ok());
        id.map_or(Self::Garbage, |id| Self::User(UserId(id)))
    }
}

impl Arrival {
    /// Returns the origin of a session that begins with this request.
    pub fn origin(&self, method: Method) -> Origin {
        Origin {
            method,
            created_at_ms: unix_ms(),
            address: self.address.to_string(),
            user_agent: self.user_agent.clone(),
        }
    }

    /// Returns the caller, unless the request may be forged or is meant for another account.
    pub fn caller(&self) -> Result<Caller, ApiError> {
        let caller = self.caller?;
        if self.is_forgeable {
            return Err(ApiError::UnsupportedMediaType);
        }
        match self.meant {
            Meant::Anybody => Ok(caller),
            Meant::User(user_id) if user_id == caller.user_id => Ok(caller),
            Meant::User(_) => Err(ApiError::AccountMismatch),
            Meant::Garbage => Err(ApiError::wrong_account()),
        }
    }
}

/// An authenticated caller.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The user that the caller acts for.
    pub user_id: UserId,
    /// The way in which the caller authenticated.
    pub means: Means,
}

impl Caller {
    /// Returns the caller as one who may trade.
    pub const fn trader(self) -> Result<Trader, ApiError> {
        match self.means {
            Means::ApiKey { scope: Scope::Read, .. } => Err(ApiError::ReadOnlyKey),
            Means::ApiKey { scope: Scope::Trade, .. } | Means::Session(_) => {
                Ok(Trader(self.user_id))
            }
        }
    }
}

/// The way in which a caller authenticated.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// A session.
    Session(Session),
    /// An API key.
    ApiKey { id: Uuid, scope: Scope },
}

/// The permissions of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Reading the account.
    Read,
    /// Also opening, changing and closing positions.
    Trade,
}

/// The reason for which a caller is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No credential, or an invalid or revoked one.
    Unauthenticated,
    /// The session has expired.
    Expired,
    /// Redis is unavailable, so the session can't be checked.
    RedisUnavailable,
    /// PostgreSQL is unavailable, so the key can't be checked.
    DatabaseUnavailable,
}

/// A caller who may read the account.
#[derive(Clone, Copy, Debug)]
pub struct CurrentUser(pub UserId);

/// A caller who may trade.
#[derive(Clone, Copy, Debug)]
pub struct Trader(pub UserId);

/// A caller who has signed in, and may manage access to the account. API keys may not.
#[derive(Clone, Copy, Debug)]
pub struct Owner(pub Session);

impl CurrentUser {
    /// Returns the user's account, which is registered with the engine if it is unknown there.
    pub fn account(self, app: &AppState) -> Account {
        Account { user_id: self.0, deposit: app.signup_deposit }
    }
}

impl Trader {
    /// Returns the user's account, which is registered with the engine if it is unknown there.
    pub fn account(self, app: &AppState) -> Account {
        CurrentUser(self.0).account(app)
    }
}

impl Scope {
    /// Returns the name under which the scope is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Trade => "TRADE",
        }
    }

    /// Returns the scope with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Trade].into_iter().find(|scope| scope.as_str() == text)
    }
}

impl From<Stranger> for ApiError {
    fn from(stranger: Stranger) -> Self {
        match stranger {
            Stranger::Unauthenticated => Self::Unauthenticated,
            Stranger::Expired => Self::TokenExpired,
            Stranger::RedisUnavailable => Self::RedisUnavailable,
            Stranger::DatabaseUnavailable => Self::DatabaseUnavailable,
        }
    }
}

fn arrival(parts: &Parts) -> &Arrival {
    parts.extensions.get().expect("every route goes through admission")
}

fn caller(parts: &Parts) -> Result<Caller, ApiError> {
    arrival(parts).caller()
}

impl FromRequestParts<AppState> for Arrival {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        Ok(arrival(parts).clone())
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        caller(parts)
    }
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        caller(parts).map(|caller| Self(caller.user_id))
    }
}

impl FromRequestParts<AppState> for Trader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        caller(parts)?.trader()
    }
}

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        match caller(parts)?.means {
            Means::Session(session) => Ok(Self(session)),
            Means::ApiKey { .. } => Err(ApiError::SessionRequired),
        }
    }
}
