//! Password hashing, on threads where it does not delay anything else.

use crate::error::ApiError;
use anyhow::{Context as _, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// OWASP's first recommendation for argon2id with little memory: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most sign-ins that wait for a thread: some seconds' worth. More are refused at once.
const WAITING_MAX: usize = 64;

/// The niceness of hashing: everything else on the machine goes first.
const NICENESS: i32 = 10;

/// Hashes and checks passwords with argon2id, on a few low-priority threads: an attacker who makes
/// the gateway hash can slow down other sign-ins, but not orders. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    work: SyncSender<Work>,
    /// A hash that is checked for users who do not exist, so that the check takes as long.
    decoy: Arc<str>,
}

type Work = Box<dyn FnOnce() + Send>;

/// The result of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there is no such user.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right, but its hash was made with other parameters than today's.
    RightAndOutdated,
}

impl Passwords {
    /// Starts the hashing threads.
    ///
    /// # Errors
    /// When threads can't be started, or the operating system provides no random salt.
    pub fn new(threads: usize) -> anyhow::Result<Self> {
        let (work, queue) = sync_channel::<Work>(WAITING_MAX);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            let named = thread::Builder::new().name("passwords".to_owned());
            named.spawn(move || work_off(&queue)).context("a thread for passwords")?;
        }
        let decoy = hash("nobody has this password").map_err(|error| anyhow!("argon2: {error}"))?;
        Ok(Self { work, decoy: decoy.into() })
    }

    /// Returns the PHC string of a password, with a new salt.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.elsewhere(move || hash(&password)).await?.map_err(|error| {
            tracing::error!(%error, "a password can't be hashed");
            ApiError::Internal
        })
    }

    /// Checks a password. Without a hash it is always wrong, and the check takes as long.
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<Verdict, ApiError> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let verdict = self.elsewhere(move || verify(&password, &hash)).await?;
        Ok(if exists { verdict } else { Verdict::Wrong })
    }

    async fn elsewhere<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (done, result) = oneshot::channel();
        let work = move || {
            // A caller that has disconnected needs no hash.
            if !done.is_closed() {
                let _ = done.send(work());
            }
        };
        self.work.try_send(Box::new(work)).map_err(|_| ApiError::Busy)?;
        Ok(result.await.expect("hashing does not panic"))
    }
}

fn work_off(queue: &Mutex<Receiver<Work>>) {
    // On Linux niceness is per thread; elsewhere hashing has the same priority as the rest.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "password hashing runs at normal priority");
    }
    loop {
        let work = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = work else { return };
        work();
    }
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("argon2 takes these");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> argon2::password_hash::Result<String> {
    Ok(argon2id().hash_password(password.as_bytes())?.to_string())
}

fn verify(password: &str, hash: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(hash) else { return Verdict::Wrong };
    if argon2id().verify_password(password.as_bytes(), &hash).is_err() {
        return Verdict::Wrong;
    }
    let params = Params::try_from(&hash);
    let is_of_today = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && params.is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
        });
    if is_of_today { Verdict::Right } else { Verdict::RightAndOutdated }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_with_other_parameters_is_right_and_outdated() {
        let params = Params::new(8 * 1024, 1, 1, None).expect("argon2 takes these");
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let outdated = weak.hash_password(b"right").expect("it hashes").to_string();
        let today = hash("right").expect("it hashes");
        for (password, hash, verdict) in [
            ("right", &today, Verdict::Right),
            ("right", &outdated, Verdict::RightAndOutdated),
            ("wrong", &today, Verdict::Wrong),
            ("wrong", &outdated, Verdict::Wrong),
            ("right", &"$argon2id$v=19$nonsense".to_owned(), Verdict::Wrong),
        ] {
            assert_eq!(verify(password, hash), verdict, "{password} {hash}");
        }
    }
}
