//! A cache of recently used API keys, so that not every request asks PostgreSQL.

use crate::access::KeyHolder;
use crate::access::account::AccountId;
use crate::access::caller::{Scope, Stranger};
use crate::access::credential::ApiKey;
use messages::UserId;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The age up to which a cached key is used unchecked: after it, a deleted key is refused.
const FRESH_FOR: Duration = Duration::from_millis(500);

/// The age up to which a cached key is used while PostgreSQL is unavailable, so that trading goes
/// on. No key can be deleted meanwhile.
const USABLE_FOR: Duration = Duration::from_mins(10);

/// The interval at which the time of a key's last use is written.
const NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// The most cached keys, far above those in use at once; beyond it the cache is cleared.
const KNOWN_MAX: usize = 10_000;

/// The cached keys, by their stored hashes.
#[derive(Default)]
pub struct KeyRing {
    /// Locked to look up and insert, never across an await.
    known: Mutex<HashMap<blake3::Hash, Known>>,
}

#[derive(Clone, Copy)]
struct Known {
    holder: KeyHolder,
    looked_up: Instant,
    noted: Instant,
}

impl KeyRing {
    /// Returns the owner of a key, if it is cached.
    pub fn known_user(&self, fingerprint: &blake3::Hash) -> Option<UserId> {
        self.known().get(fingerprint).map(|known| known.holder.user_id)
    }

    /// Returns the owner, the scope and the account of a key.
    ///
    /// # Errors
    /// When the key does not exist, or can't be looked up.
    pub async fn find(&self, key: &ApiKey, pool: &PgPool) -> Result<KeyHolder, Stranger> {
        let fingerprint = key.fingerprint();
        let known = self.known().get(&fingerprint).copied();
        if let Some(known) = known.filter(|known| known.looked_up.elapsed() < FRESH_FOR) {
            return Ok(known.holder);
        }
        match look_up(key.id, &fingerprint, pool).await {
            Ok(Some(holder)) => {
                let now = Instant::now();
                let is_noted = known.is_some_and(|known| known.noted.elapsed() < NOTE_INTERVAL);
                let noted = known.filter(|_| is_noted).map_or(now, |known| known.noted);
                if !is_noted {
                    note_use(key.id, pool.clone());
                }
                let mut all = self.known();
                if all.len() >= KNOWN_MAX {
                    all.clear();
                }
                all.insert(fingerprint, Known { holder, looked_up: now, noted });
                Ok(holder)
            }
            Ok(None) => {
                self.known().remove(&fingerprint);
                Err(Stranger::Unauthenticated)
            }
            Err(error) => {
                tracing::warn!(%error, "an API key can't be looked up");
                let known = known.filter(|known| known.looked_up.elapsed() < USABLE_FOR);
                known.map(|known| known.holder).ok_or(Stranger::DatabaseUnavailable)
            }
        }
    }

    /// Removes the keys of a user from the cache, after one was deleted. Other gateways notice when
    /// what they have cached is no longer fresh.
    pub fn evict(&self, user_id: UserId) {
        self.known().retain(|_, known| known.holder.user_id != user_id);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<blake3::Hash, Known>> {
        self.known.lock().expect("nothing panics while it holds this lock")
    }
}

async fn look_up(
    id: Uuid,
    fingerprint: &blake3::Hash,
    pool: &PgPool,
) -> Result<Option<KeyHolder>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select "userId" as user_id, scope, "keyHash" as key_hash,
               coalesce("accountId", "userId") as "account_id!"
           from api_keys where id = $1"#,
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        let stored: [u8; 32] = row.key_hash.try_into().ok()?;
        // In constant time.
        let is_it = blake3::Hash::from_bytes(stored) == *fingerprint;
        let scope = Scope::parse(&row.scope)?;
        let (user_id, account) = (UserId(row.user_id), AccountId(row.account_id));
        is_it.then_some(KeyHolder { user_id, scope, account })
    }))
}

/// Records the use of a key in the background. If the write fails, the next use is recorded.
fn note_use(id: Uuid, pool: PgPool) {
    tokio::spawn(async move {
        let noted = sqlx::query!(r#"update api_keys set "lastUsedAt" = now() where id = $1"#, id);
        if let Err(error) = noted.execute(&pool).await {
            tracing::warn!(%error, "the last use of an API key can't be recorded");
        }
    });
}
