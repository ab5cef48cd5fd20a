//! A cache of recently used accounts, so that not every request asks PostgreSQL. The first account of
//! a person is not in it: it is known without a look.

use crate::access::account::AccountId;
use crate::error::ApiError;
use messages::{PositionMode, UserId};
use price::Usd;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use store::accounts::{self, Row};

/// The age up to which a cached account is used unchecked: after it, every gateway knows that an
/// account was closed.
pub const FRESH_FOR: Duration = Duration::from_millis(500);

/// The age up to which a cached account is used while PostgreSQL is unavailable, so that trading goes
/// on. No account can be closed meanwhile.
const USABLE_FOR: Duration = Duration::from_mins(10);

/// The most cached accounts, far above those in use at once; beyond it the cache is cleared.
const KNOWN_MAX: usize = 10_000;

/// The cached accounts.
#[derive(Default)]
pub struct AccountBook {
    /// Locked to look up and insert, never across an await.
    known: Mutex<HashMap<AccountId, (Entry, Instant)>>,
}

/// An account, as far as a request about it needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The person who owns it.
    pub owner: UserId,
    /// The money that it begins with, if that is known.
    pub deposit: Option<Usd>,
    /// Whether it is closed.
    pub is_closed: bool,
    /// The position mode that it was opened with, if the engine may not have it yet.
    pub pending_mode: Option<PositionMode>,
}

impl AccountBook {
    /// Returns an account, if there is one with this id.
    ///
    /// # Errors
    /// When it can't be looked up and was not used recently.
    pub async fn find(&self, id: AccountId, pool: &PgPool) -> Result<Option<Entry>, ApiError> {
        let known = self.known().get(&id).copied();
        if let Some((entry, _)) = known.filter(|(_, since)| since.elapsed() < FRESH_FOR) {
            return Ok(Some(entry));
        }
        match accounts::find(pool, id.0).await {
            Ok(found) => {
                let entry = found.as_ref().map(Entry::of);
                let mut all = self.known();
                if all.len() >= KNOWN_MAX {
                    all.clear();
                }
                match entry {
                    Some(entry) => drop(all.insert(id, (entry, Instant::now()))),
                    None => drop(all.remove(&id)),
                }
                Ok(entry)
            }
            Err(error) => {
                let usable = known.filter(|(_, since)| since.elapsed() < USABLE_FOR);
                usable.map(|(entry, _)| Some(entry)).ok_or_else(|| error.into())
            }
        }
    }

    /// Removes an account from the cache: it has changed. Other gateways notice when what they have
    /// cached is no longer fresh.
    pub fn evict(&self, id: AccountId) {
        self.known().remove(&id);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<AccountId, (Entry, Instant)>> {
        self.known.lock().expect("nothing panics while it holds this lock")
    }
}

impl Entry {
    /// Reads a row.
    pub fn of(row: &Row) -> Self {
        Self {
            owner: UserId(row.user_id),
            deposit: row.starting_balance.map(Usd::from),
            is_closed: row.closed_at.is_some(),
            pending_mode: row.pending_mode.as_deref().and_then(|mode| mode.parse().ok()),
        }
    }
}
