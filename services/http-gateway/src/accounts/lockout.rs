//! Lockout after repeated failed sign-ins, with growing delays: by account, so that many addresses
//! can't guess one account's password, and by address, so that one address can't try many accounts.
//! Kept in Redis, so it holds at every gateway. An owner whose account is locked because of someone
//! else's attempts can still sign in with a magic link.

use crate::error::ApiError;
use crate::secrets;
use crate::state::AppState;
use proxies::limited_address;
use std::net::IpAddr;
use std::time::Duration;
use streams::Lockout;

const BY_ACCOUNT: Lockout = Lockout {
    free: 5,
    first: Duration::from_secs(2),
    longest: Duration::from_mins(15),
    memory: Duration::from_hours(24),
};

/// More attempts are free here, because many people may share an address.
const BY_ADDRESS: Lockout = Lockout {
    free: 20,
    first: Duration::from_secs(2),
    longest: Duration::from_mins(15),
    memory: Duration::from_hours(1),
};

/// For sign-ups and changes that were refused because the email or phone number is taken: each such
/// refusal reveals that an account exists. Honest users run into fewer of them.
const BY_PROBES: Lockout = Lockout {
    free: 10,
    first: Duration::from_secs(30),
    longest: Duration::from_hours(1),
    memory: Duration::from_hours(24),
};

/// A request whose refusal would reveal that an account exists. It counts against its address
/// unless its outcome turns out to reveal nothing.
pub struct Probe(String);

impl Probe {
    /// Counts a request.
    ///
    /// # Errors
    /// When the address is locked out, or Redis is unavailable.
    pub async fn begin(app: &AppState, address: IpAddr) -> Result<Self, ApiError> {
        let key = format!("attempts:taken:{}", limited_address(address));
        match app.redis.begin_attempt(&key, BY_PROBES).await? {
            Some(locked) => Err(ApiError::LockedOut(locked)),
            None => Ok(Self(key)),
        }
    }

    /// Returns the outcome, and takes the count back unless the outcome revealed an account.
    pub async fn conclude<T>(
        self,
        app: &AppState,
        outcome: Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        if !matches!(outcome, Err(ApiError::EmailTaken | ApiError::PhoneTaken)) {
            log(app.redis.take_back_attempt(&self.0).await);
        }
        outcome
    }
}

/// A sign-in attempt, which counts as failed until its outcome is known.
pub struct Attempt {
    account: String,
    address: String,
}

impl Attempt {
    /// Counts an attempt to sign in to the account with this name, which need not exist.
    ///
    /// # Errors
    /// When the account or the address is locked, or Redis is unavailable.
    pub async fn begin(app: &AppState, account: &str, address: IpAddr) -> Result<Self, ApiError> {
        let account = secrets::fingerprint(&account.to_lowercase()).to_hex();
        let attempt = Self {
            account: format!("attempts:account:{}", &account[..32]),
            address: format!("attempts:address:{}", limited_address(address)),
        };
        for (key, lockout) in [(&attempt.address, BY_ADDRESS), (&attempt.account, BY_ACCOUNT)] {
            if let Some(locked) = app.redis.begin_attempt(key, lockout).await? {
                metrics::counter!("velox_sign_in_locked_out_total").increment(1);
                return Err(ApiError::LockedOut(locked));
            }
        }
        Ok(attempt)
    }

    /// Records success: clears the account's failures, but not those of the address. Otherwise
    /// signing in to their own account would give an attacker unlimited attempts at others.
    pub async fn succeed(self, app: &AppState) {
        let account = app.redis.forget_attempts(&self.account).await;
        let address = app.redis.take_back_attempt(&self.address).await;
        log(account.and(address));
    }

    /// Takes the count back: whether the attempt would have succeeded is not known.
    pub async fn take_back(self, app: &AppState) {
        let account = app.redis.take_back_attempt(&self.account).await;
        let address = app.redis.take_back_attempt(&self.address).await;
        log(account.and(address));
    }
}

fn log(outcome: Result<(), streams::Error>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "an attempt that did not fail still counts as failed");
    }
}
