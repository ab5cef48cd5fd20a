//! Access control: authentication, permissions and rate limits, applied before a handler runs.

pub mod account;
pub mod account_book;
pub mod admission;
pub mod caller;
pub mod cookie;
pub mod credential;
pub mod key_kind;
pub mod key_pair;
pub mod key_ring;
pub mod origin;
pub mod public_key;
pub mod rate_limits;

use caller::{Caller, Means, Stranger};
use credential::{ApiKey, Credential};
use key_pair::KeyPairs;
use key_ring::{KeyRing, Proof, StoredKey};
use rate_limits::Counted;
use session::{Session, Sessions, SigningArgs, TokenError, Tokens};
use sqlx::PgPool;
use streams::Redis;

/// Authenticates credentials.
pub struct Access {
    pub tokens: Tokens,
    pub sessions: Sessions,
    /// The keys of both kinds.
    pub keys: KeyRing,
    /// The secrets of the keys that sign.
    pub pairs: KeyPairs,
}

/// A credential as far as it can be checked without I/O.
#[derive(Clone, Debug)]
pub enum Claim {
    /// No valid credential, for this reason.
    Nobody(Stranger),
    /// A session with a valid signature, which may have ended.
    Session(Session),
    /// A well-formed API key, which may not exist.
    ApiKey(ApiKey),
}

impl Access {
    pub fn new(signing: &SigningArgs, redis: &Redis) -> Self {
        let (tokens, pairs) = (Tokens::new(signing), KeyPairs::new(signing));
        let (sessions, keys) = (Sessions::new(redis.clone()), KeyRing::new(redis.clone()));
        Self { tokens, sessions, keys, pairs }
    }

    /// Checks a credential as far as possible without I/O.
    pub fn claim(&self, credential: Credential) -> Claim {
        match credential {
            Credential::None | Credential::Garbage => Claim::Nobody(Stranger::Unauthenticated),
            Credential::ApiKey(key) => Claim::ApiKey(key),
            Credential::Token(token) => self.verify(&token),
            Credential::Cookies(tokens) => self.first_of_ours(&tokens),
        }
    }

    /// Returns whether this gateway's signing key signed the token, expired or not.
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

    /// Returns the first session among the tokens; otherwise an expired one, if there is one.
    fn first_of_ours(&self, tokens: &[String]) -> Claim {
        let mut claims: Vec<_> = tokens.iter().map(|token| self.verify(token)).collect();
        claims.sort_by_key(|claim| match claim {
            Claim::Session(_) | Claim::ApiKey(_) => 0,
            Claim::Nobody(Stranger::Expired) => 1,
            Claim::Nobody(_) => 2,
        });
        claims.into_iter().next().unwrap_or(Claim::Nobody(Stranger::Unauthenticated))
    }

    /// Returns the users and keys that the request counts against, besides its address.
    pub fn counted(&self, claim: &Claim) -> Vec<Counted> {
        match claim {
            Claim::Nobody(_) => Vec::new(),
            Claim::Session(session) => vec![Counted::User(session.user_id)],
            Claim::ApiKey(key) => {
                // By the whole key: knowing only its id is not enough to use up its quota.
                let fingerprint = key.fingerprint();
                let by_key = Counted::Key(fingerprint.to_hex()[..32].to_owned());
                let user_id = self.keys.known_user(key.id, &fingerprint);
                [by_key].into_iter().chain(user_id.map(Counted::User)).collect()
            }
        }
    }

    /// Authenticates a claim against Redis or PostgreSQL.
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
                let StoredKey { proof, user_id, scope, account, .. } =
                    self.keys.find(key.id, pool).await?;
                // In constant time.
                if !matches!(proof, Proof::Whole(hash) if hash == key.fingerprint()) {
                    return Err(Stranger::Unauthenticated);
                }
                self.keys.note_use(key.id, pool);
                Ok(Caller { user_id, means: Means::ApiKey { id: key.id, scope, account } })
            }
        }
    }
}
