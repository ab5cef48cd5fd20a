//! Password hashes, made where they do not hold up other requests.

use crate::error::ApiError;
use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a sign-in waits for its turn before it is sent away.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Hashes and checks passwords with argon2id (19 MiB, two passes: OWASP's recommendation), a few
/// at a time. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked in place of the hash of a user who does not exist: it takes as long.
    decoy: Arc<str>,
}

impl Passwords {
    /// # Errors
    /// When the operating system gives no random salt.
    pub fn new(concurrency: usize) -> anyhow::Result<Self> {
        let decoy = hash("nobody has this password").map_err(|error| anyhow!("argon2: {error}"))?;
        Ok(Self { turns: Arc::new(Semaphore::new(concurrency.max(1))), decoy: decoy.into() })
    }

    /// The PHC string of a password, with a salt of its own.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.in_turn(move || hash(&password)).await?.map_err(|error| {
            tracing::error!(%error, "a password can't be hashed");
            ApiError::Internal
        })
    }

    /// Whether this is the password. Without a hash it never is, and takes as long to say so.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let matches = self.in_turn(move || verify(&password, &hash)).await?;
        Ok(matches && exists)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| ApiError::Busy)?.expect("nobody closes the semaphore");
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

fn hash(password: &str) -> argon2::password_hash::Result<String> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
