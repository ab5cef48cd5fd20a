//! The caller of a request, as extractors for handlers.

use crate::access::Claim;
use crate::access::account::{Account, AccountId, Holding, NamedAccount};
use crate::clock::unix_ms;
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
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
    /// The user that the request is meant for.
    pub meant: Meant,
    /// The account that the request is about.
    pub account: NamedAccount,
}

/// The header that names the user that a request is meant for: the tabs of a browser share one cookie,
/// and one of them may still show the user who was signed in before.
pub const MEANT: HeaderName = HeaderName::from_static("velox-account");

/// The value of the header [`MEANT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// No header: the user who is signed in.
    Anybody,
    /// This user.
    User(UserId),
    /// A value that is not a user id.
    Garbage,
}

impl Meant {
    /// Reads the header.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(MEANT) else { return Self::Anybody };
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

    /// Returns the caller, unless the request may be forged or is meant for another user.
    pub fn caller(&self) -> Result<Caller, ApiError> {
        let caller = self.caller?;
        if self.is_forgeable {
            return Err(ApiError::UnsupportedMediaType);
        }
        match self.meant {
            Meant::Anybody => Ok(caller),
            Meant::User(user_id) if user_id == caller.user_id => Ok(caller),
            Meant::User(_) => Err(ApiError::AccountMismatch),
            Meant::Garbage => Err(ApiError::wrong_user()),
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
    /// Returns the account that a request is about if it names none.
    pub const fn own_account(&self) -> AccountId {
        match self.means {
            Means::Session(_) => AccountId::first_of(self.user_id),
            Means::ApiKey { account, .. } => account,
        }
    }

    /// Returns the account that the caller may trade with.
    pub async fn trader(&self, app: &AppState, named: NamedAccount) -> Result<Trader, ApiError> {
        self.check_that_may_trade()?;
        Holding::find(app, self, named).await?.to_trade(app).await.map(Trader)
    }

    fn check_that_may_trade(&self) -> Result<(), ApiError> {
        match self.means {
            Means::ApiKey { scope: Scope::Read, .. } => Err(ApiError::ReadOnlyKey),
            Means::ApiKey { scope: Scope::Trade, .. } | Means::Session(_) => Ok(()),
        }
    }
}

/// The way in which a caller authenticated.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// A session.
    Session(Session),
    /// An API key of one account.
    ApiKey { id: Uuid, scope: Scope, account: AccountId },
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

/// The account that the caller may read.
#[derive(Clone, Copy, Debug)]
pub struct Reader(pub Account);

/// The account that the caller may trade with.
#[derive(Clone, Copy, Debug)]
pub struct Trader(pub Account);

/// A caller who may trade, with an account that the path names.
#[derive(Clone, Copy, Debug)]
pub struct TradingCaller(pub Caller);

/// A caller who has signed in, and may manage accounts and the access to them. API keys may not.
#[derive(Clone, Copy, Debug)]
pub struct Owner(pub Session);

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

/// A caller of what everybody may read; a visitor, or a session that has ended, is none.
impl OptionalFromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        _app: &AppState,
    ) -> Result<Option<Self>, ApiError> {
        if arrival(parts).caller.is_err() {
            return Ok(None);
        }
        caller(parts).map(Some)
    }
}

impl FromRequestParts<AppState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let (caller, named) = (caller(parts)?, arrival(parts).account);
        Ok(Self(Holding::find(app, &caller, named).await?.to_read(app).await))
    }
}

impl FromRequestParts<AppState> for Trader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let (caller, named) = (caller(parts)?, arrival(parts).account);
        caller.trader(app, named).await
    }
}

impl FromRequestParts<AppState> for TradingCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        let caller = caller(parts)?;
        caller.check_that_may_trade().map(|()| Self(caller))
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
