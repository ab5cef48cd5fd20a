//! Who sends a request, as handlers ask for it.

use crate::app::App;
use crate::clock::unix_ms;
use crate::engine::Account;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use messages::UserId;
use serde::{Deserialize, Serialize};
use session::{Method, Origin, Session};
use std::net::IpAddr;
use uuid::Uuid;

/// What is known of a request before its handler runs; put there by `admission`.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The client's network address.
    pub address: IpAddr,
    /// What it calls itself.
    pub user_agent: String,
    /// Who sent it, or why that isn't known.
    pub caller: Result<Caller, Stranger>,
    /// Whether somebody else's page could have sent it in the caller's name.
    pub is_forgeable: bool,
    /// For which account it was meant.
    pub meant: Meant,
}

/// The header in which a request names the account that it is meant for: the pages of a browser
/// share one cookie, and one of them may still show the account that was signed in before.
pub const ACCOUNT: HeaderName = HeaderName::from_static("velox-account");

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// Nothing: whoever is signed in.
    Anybody,
    /// This user.
    User(UserId),
    /// Something that is no user id.
    Garbage,
}

impl Meant {
    /// What these headers say.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(ACCOUNT) else { return Self::Anybody };
        let id = value.to_str().ok().and_then(|text| Uuid::try_parse(text).ok());
        id.map_or(Self::Garbage, |id| Self::User(UserId(id)))
    }
}

impl Arrival {
    /// How a session comes to be that begins with this request.
    pub fn origin(&self, method: Method) -> Origin {
        Origin {
            method,
            created_at_ms: unix_ms(),
            address: self.address.to_string(),
            user_agent: self.user_agent.clone(),
        }
    }

    /// Who sent it and meant to.
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

/// Somebody who is known.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The user for whom it is done.
    pub user_id: UserId,
    /// By which right.
    pub means: Means,
}

/// What was shown.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// A session.
    Session(Session),
    /// An API key.
    ApiKey { id: Uuid, scope: Scope },
}

/// What an API key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Sees everything of the account.
    Read,
    /// Also opens, changes and closes positions.
    Trade,
}

/// Why a caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Nothing was shown, or something that is not good, or no longer.
    Unauthenticated,
    /// The session's time is over.
    Expired,
    /// It can't be looked up in Redis now.
    RedisUnavailable,
    /// It can't be looked up in PostgreSQL now.
    DatabaseUnavailable,
}

/// A caller who may see the account.
#[derive(Clone, Copy, Debug)]
pub struct CurrentUser(pub UserId);

/// A caller who may trade.
#[derive(Clone, Copy, Debug)]
pub struct Trader(pub UserId);

/// A caller who has signed in, and may change who can do what. No API key can.
#[derive(Clone, Copy, Debug)]
pub struct Owner(pub Session);

impl CurrentUser {
    /// The user's account, to be opened should the engine not know it.
    pub fn account(self, app: &App) -> Account {
        Account { user_id: self.0, deposit: app.signup_deposit }
    }
}

impl Trader {
    /// The user's account, to be opened should the engine not know it.
    pub fn account(self, app: &App) -> Account {
        CurrentUser(self.0).account(app)
    }
}

impl Scope {
    /// As it is stored and written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Trade => "TRADE",
        }
    }

    /// The scope of this name.
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

impl FromRequestParts<App> for Arrival {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        Ok(arrival(parts).clone())
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        caller(parts)
    }
}

impl FromRequestParts<App> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        caller(parts).map(|caller| Self(caller.user_id))
    }
}

impl FromRequestParts<App> for Trader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        let caller = caller(parts)?;
        match caller.means {
            Means::ApiKey { scope: Scope::Read, .. } => Err(ApiError::ReadOnlyKey),
            Means::ApiKey { scope: Scope::Trade, .. } | Means::Session(_) => {
                Ok(Self(caller.user_id))
            }
        }
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        match caller(parts)?.means {
            Means::Session(session) => Ok(Self(session)),
            Means::ApiKey { .. } => Err(ApiError::SessionRequired),
        }
    }
}
