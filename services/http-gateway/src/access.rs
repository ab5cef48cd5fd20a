//! Who may do what, and how often: everything between a request's arrival and its handler.

pub mod admission;
pub mod caller;
pub mod cookie;
pub mod credential;
mod key_ring;
pub mod origin;
pub mod rate_limits;

use caller::{Caller, Means, Scope, Stranger};
use credential::{ApiKey, Credential};
use key_ring::KeyRing;
use messages::UserId;
use rate_limits::Counted;
use session::{Session, Sessions, TokenError, Tokens};
use sqlx::PgPool;

/// Finds out who a credential belongs to.
pub struct Access {
    pub tokens: Tokens,
    pub sessions: Sessions,
    keys: KeyRing,
}

/// What can be said of a credential without asking anybody.
pub enum Claim {
    /// Nobody's, for this reason.
    Nobody(Stranger),
    /// A session's, if it is still open: the signature is right.
    Session(Session),
    /// A key's, if there is such a key.
    ApiKey(ApiKey),
}

impl Access {
    pub fn new(tokens: Tokens, sessions: Sessions) -> Self {
        Self { tokens, sessions, keys: KeyRing::default() }
    }

    /// Reads a credential.
    pub fn claim(&self, credential: Credential) -> Claim {
        match credential {
            Credential::None | Credential::Garbage => Claim::Nobody(Stranger::Unauthenticated),
            Credential::ApiKey(key) => Claim::ApiKey(key),
            Credential::Token(token) => self.verify(&token),
            Credential::Cookies(tokens) => self.first_of_ours(&tokens),
        }
    }

    /// Whether a token is or was one of ours.
    pub fn is_ours(&self, token: &str) -> bool {
        !matches!(self.tokens.verify(token), Err(TokenError::Invalid))
    }

    fn verify(&self, token: &str) -> Claim {
        match self.tokens.verify(token) {
            Ok(session) => Claim::Session(session),
            Err(TokenError::Expired) => Claim::Nobody(Stranger::Expired),
            Err(TokenError::Invalid) => Claim::Nobody(Stranger::Unauthenticated),
        }
    }

    /// The first session among them; else that one was there and is over, else nothing.
    fn first_of_ours(&self, tokens: &[String]) -> Claim {
        let mut claims: Vec<_> = tokens.iter().map(|token| self.verify(token)).collect();
        claims.sort_by_key(|claim| match claim {
            Claim::Session(_) | Claim::ApiKey(_) => 0,
            Claim::Nobody(Stranger::Expired) => 1,
            Claim::Nobody(_) => 2,
        });
        claims.into_iter().next().unwrap_or(Claim::Nobody(Stranger::Unauthenticated))
    }

    /// With whom the request is counted, beside its address.
    pub fn counted(&self, claim: &Claim) -> Vec<Counted> {
        match claim {
            Claim::Nobody(_) => Vec::new(),
            Claim::Session(session) => vec![Counted::User(session.user_id)],
            Claim::ApiKey(key) => {
                // By the whole key: who only knows its id can't use up its quota.
                let fingerprint = key.fingerprint();
                let by_key = Counted::Key(fingerprint.to_hex()[..32].to_owned());
                let user_id = self.keys.known_user(&fingerprint);
                [by_key].into_iter().chain(user_id.map(Counted::User)).collect()
            }
        }
    }

    /// Asks whether the claim holds.
    pub async fn check(&self, claim: &Claim, pool: &PgPool) -> Result<Caller, Stranger> {
        match claim {
            Claim::Nobody(stranger) => Err(*stranger),
            Claim::Session(session) => match self.sessions.is_open(session).await {
                Ok(true) => {
                    Ok(Caller { user_id: session.user_id, means: Means::Session(*session) })
                }
                Ok(false) => Err(Stranger::Unauthenticated),
                Err(error) => {
                    tracing::warn!(%error, "a session can't be looked up");
                    Err(Stranger::RedisUnavailable)
                }
            },
            Claim::ApiKey(key) => {
                let (user_id, scope) = self.keys.find(key, pool).await?;
                Ok(Caller { user_id, means: Means::ApiKey { id: key.id, scope } })
            }
        }
    }
}

/// Whose a key is, and what for.
pub type KeyHolder = (UserId, Scope);
