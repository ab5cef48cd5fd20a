//! Who sends a request: tokens, the cookie, and the extractor that handlers ask for.

use crate::app::App;
use crate::config::Config;
use crate::engine::Account;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use messages::UserId;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;
use uuid::Uuid;

/// The cookie's name.
const COOKIE: &str = "token";

/// Makes and checks tokens.
pub struct Sessions {
    signing_key: EncodingKey,
    verifying_key: DecodingKey,
    validation: Validation,
    ttl_s: u64,
    secure: bool,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// The user.
    sub: UserId,
    /// When the token was given out, Unix s.
    iat: u64,
    /// When it ends, Unix s.
    exp: u64,
    /// Tells tokens apart.
    jti: Uuid,
}

impl Sessions {
    /// Signs with the secret of the settings.
    pub fn new(config: &Config) -> Self {
        // One algorithm, whatever a token says of itself; no grace after its end.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            signing_key: EncodingKey::from_secret(config.jwt_secret.as_bytes()),
            verifying_key: DecodingKey::from_secret(config.jwt_secret.as_bytes()),
            validation,
            ttl_s: config.jwt_ttl_s,
            secure: config.is_production(),
        }
    }

    /// A token for this user.
    pub fn issue(&self, user_id: UserId) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let iat = now.expect("the clock is set to a time after 1970").as_secs();
        let exp = iat.saturating_add(self.ttl_s);
        let claims = Claims { sub: user_id, iat, exp, jti: Uuid::new_v4() };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing_key)
            .expect("claims are plain JSON and the key fits the algorithm")
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str) -> Result<UserId, ApiError> {
        match decode::<Claims>(token, &self.verifying_key, &self.validation) {
            Ok(token) => Ok(token.claims.sub),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(ApiError::TokenExpired)
            }
            Err(_) => Err(ApiError::Unauthenticated),
        }
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
        app.sessions.verify(token).map(Self)
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
