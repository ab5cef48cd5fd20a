//! Who keeps failing to sign in has to wait, longer each time: by account, so that one password
//! can't be tried out from many addresses, and by address, so that one address can't try out many
//! accounts. Kept in Redis, so it holds at every gateway. Magic links are the way in for an owner
//! whose account is locked because somebody else keeps trying.

use crate::app::App;
use crate::error::ApiError;
use crate::secrets;
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

/// Many people may share an address.
const BY_ADDRESS: Lockout = Lockout {
    free: 20,
    first: Duration::from_secs(2),
    longest: Duration::from_mins(15),
    memory: Duration::from_hours(1),
};

/// Of sign-ups and changes that were refused because somebody else has the email or the number:
/// each tells who has an account here. Nobody is taken by accident more often.
const BY_PROBES: Lockout = Lockout {
    free: 10,
    first: Duration::from_secs(30),
    longest: Duration::from_hours(1),
    memory: Duration::from_hours(24),
};

/// A request whose refusal would tell that somebody has an account. It counts for its address
/// until it is known to tell nothing.
pub struct Probe(String);

impl Probe {
    /// Counts a request.
    ///
    /// # Errors
    /// When the address has found out too much, or nobody can tell because Redis is away.
    pub async fn begin(app: &App, address: IpAddr) -> Result<Self, ApiError> {
        let key = format!("attempts:taken:{}", limited_address(address));
        match app.redis.begin_attempt(&key, BY_PROBES).await? {
            Some(locked) => Err(ApiError::LockedOut(locked)),
            None => Ok(Self(key)),
        }
    }

    /// Gives the outcome, and stops counting unless it has told of an account.
    pub async fn conclude<T>(self, app: &App, outcome: Result<T, ApiError>) -> Result<T, ApiError> {
        if !matches!(outcome, Err(ApiError::EmailTaken | ApiError::PhoneTaken)) {
            log(app.redis.take_back_attempt(&self.0).await);
        }
        outcome
    }
}

/// An attempt that was let through and counts as failed until it is known to be none.
pub struct Attempt {
    account: String,
    address: String,
}

impl Attempt {
    /// Counts an attempt to get into the account of this name, which need not exist.
    ///
    /// # Errors
    /// When the account or the address is locked, or nobody can tell because Redis is away.
    pub async fn begin(app: &App, account: &str, address: IpAddr) -> Result<Self, ApiError> {
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

    /// The password was right: the account's failures are forgotten. The address's are not; else
    /// an account of one's own would make room for any number of attempts at others.
    pub async fn succeed(self, app: &App) {
        let account = app.redis.forget_attempts(&self.account).await;
        let address = app.redis.take_back_attempt(&self.address).await;
        log(account.and(address));
    }

    /// Whether it would have succeeded is not known.
    pub async fn take_back(self, app: &App) {
        let account = app.redis.take_back_attempt(&self.account).await;
        let address = app.redis.take_back_attempt(&self.address).await;
        log(account.and(address));
    }
}

fn log(outcome: Result<(), streams::Error>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "an attempt counts as failed that did not fail");
    }
}
