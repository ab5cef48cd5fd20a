#![doc = include_str!("../README.md")]

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use messages::UserId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;
use uuid::Uuid;

/// The shortest secret that is accepted: HS256 keys below 256 bits can be guessed offline.
const SECRET_LEN_MIN: usize = 32;

/// Makes and checks tokens.
pub struct Tokens {
    signing_key: EncodingKey,
    verifying_key: DecodingKey,
    validation: Validation,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was right, and its time is over.
    #[error("the token has expired")]
    Expired,
    /// It is not one of ours.
    #[error("the token is not valid")]
    Invalid,
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

impl Tokens {
    /// Signs with this secret.
    pub fn new(secret: &Secret) -> Self {
        // One algorithm, whatever a token says of itself; no grace after its end.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            signing_key: EncodingKey::from_secret(secret.0.as_bytes()),
            verifying_key: DecodingKey::from_secret(secret.0.as_bytes()),
            validation,
        }
    }

    /// A token for this user, good for `ttl_s` seconds.
    pub fn issue(&self, user_id: UserId, ttl_s: u64) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let iat = now.expect("the clock is set to a time after 1970").as_secs();
        let exp = iat.saturating_add(ttl_s);
        let claims = Claims { sub: user_id, iat, exp, jti: Uuid::new_v4() };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing_key)
            .expect("claims are plain JSON and the key fits the algorithm")
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        match decode::<Claims>(token, &self.verifying_key, &self.validation) {
            Ok(token) => Ok(token.claims.sub),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(TokenError::Expired)
            }
            Err(_) => Err(TokenError::Invalid),
        }
    }
}

/// A secret that is not printed.
#[derive(Clone)]
pub struct Secret(String);

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() < SECRET_LEN_MIN {
            return Err(format!(
                "has {} bytes and needs at least {SECRET_LEN_MIN}; make one with `openssl rand -hex 32`",
                text.len()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
