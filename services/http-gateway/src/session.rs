//! Who sends a request: the token, its cookie, and the extractor that handlers ask for.

use crate::app::App;
use crate::config::Config;
use crate::engine::Account;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use messages::UserId;
use session::{TokenError, Tokens};

/// The cookie's name.
pub const COOKIE: &str = "token";

/// Makes and checks sessions.
pub struct Sessions {
    tokens: Tokens,
    ttl_s: u64,
    secure: bool,
}

impl Sessions {
    /// Signs with the secret of the settings.
    pub fn new(config: &Config) -> Self {
        Self {
            tokens: Tokens::new(&config.jwt_secret),
            ttl_s: config.jwt_ttl_s,
            secure: config.is_production(),
        }
    }

    /// A token for this user.
    pub fn issue(&self, user_id: UserId) -> String {
        self.tokens.issue(user_id, self.ttl_s)
    }

    /// The header that gives the browser this token.
    pub fn cookie(&self, token: &str) -> HeaderValue {
        self.set_cookie(token, self.ttl_s)
    }

    /// The header that takes it away.
    pub fn no_cookie(&self) -> HeaderValue {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, max_age_s: u64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let cookie = format!(
            "{COOKIE}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
        );
        HeaderValue::from_str(&cookie).expect("tokens are printable ASCII")
    }
}

/// The signed-in user of a request.
#[derive(Clone, Copy, Debug)]
pub struct CurrentUser(pub UserId);

impl CurrentUser {
    /// The user's account, to be opened should the engine not know it.
    pub fn account(self, app: &App) -> Account {
        Account { user_id: self.0, deposit: app.signup_deposit }
    }
}

impl FromRequestParts<App> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).or_else(|| cookie(&parts.headers));
        let token = token.ok_or(ApiError::Unauthenticated)?;
        match app.sessions.tokens.verify(token) {
            Ok(user_id) => Ok(Self(user_id)),
            Err(TokenError::Expired) => Err(ApiError::TokenExpired),
            Err(TokenError::Invalid) => Err(ApiError::Unauthenticated),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, token)| token.trim())
}
