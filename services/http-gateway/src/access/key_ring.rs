//! A cache of recently used API keys, so that not every request asks PostgreSQL. The gateway that
//! deletes a key marks it in Redis, which tells all others.

use crate::access::account::AccountId;
use crate::access::caller::{Scope, Stranger};
use crate::access::key_kind::{AllowedAddresses, KeyKind};
use ed25519_dalek::VerifyingKey;
use messages::UserId;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use streams::{HashCache, Redis};
use uuid::Uuid;

/// The age up to which a cached key is used unchecked while Redis tells which keys were deleted. A key
/// that was deleted in PostgreSQL by hand is refused after it.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// The same while Redis is unavailable.
const FRESH_WITHOUT_REDIS_FOR: Duration = Duration::from_millis(500);

/// The time for which a deleted key is marked: longer than any gateway caches it.
const MARKED_FOR: Duration = Duration::from_hours(1);

/// The field of a deleted key's mark.
const DELETED: &str = "deleted";

/// The age up to which a cached key is used while PostgreSQL is unavailable, so that trading goes
/// on. A key that is marked as deleted is refused all the same.
const USABLE_FOR: Duration = Duration::from_mins(10);

/// The interval at which the time of a key's last use is written.
const NOTE_INTERVAL: Duration = Duration::from_mins(1);

/// The most cached keys, far above those in use at once; beyond it the cache is cleared.
const KNOWN_MAX: usize = 10_000;

/// The cached keys, by their ids.
pub struct KeyRing {
    redis: Redis,
    /// Whether a key was deleted, kept true by Redis.
    deleted: HashCache<bool>,
    /// Locked to look up and insert, never across an await.
    known: Mutex<HashMap<Uuid, Known>>,
}

struct Known {
    key: StoredKey,
    looked_up: Instant,
    /// The time at which its last use was written, by this gateway.
    noted: Option<Instant>,
}

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The proof that a caller is asked for who shows its id.
    pub proof: Proof,
    /// The person who owns it.
    pub user_id: UserId,
    /// The key's permissions.
    pub scope: Scope,
    /// The account that it reads and trades with.
    pub account: AccountId,
    /// The addresses from which it may be used.
    pub addresses: AllowedAddresses,
}

/// The stored part of a key, against which a caller proves that the key is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The hash of the whole key, which is shown.
    Whole(blake3::Hash),
    /// The hash of the secret that signs with HMAC-SHA256.
    Secret(blake3::Hash),
    /// The public key of who signs with Ed25519.
    PublicKey(VerifyingKey),
}

impl Proof {
    /// Reads what is stored; `None` if that is damaged.
    fn stored(kind: KeyKind, hash: Option<Vec<u8>>, public_key: Option<Vec<u8>>) -> Option<Self> {
        let hash = || Some(blake3::Hash::from_bytes(hash?.try_into().ok()?));
        match (kind, public_key) {
            (KeyKind::Bearer, None) => hash().map(Self::Whole),
            (KeyKind::Exchange, None) => hash().map(Self::Secret),
            (KeyKind::Exchange, Some(key)) => {
                let key = VerifyingKey::from_bytes(&key.try_into().ok()?);
                key.ok().map(Self::PublicKey)
            }
            (KeyKind::Bearer, Some(_)) => None,
        }
    }
}

impl KeyRing {
    pub fn new(redis: Redis) -> Self {
        let deleted = HashCache::new(&redis, Duration::ZERO, |fields| !fields.is_empty());
        Self { redis, deleted, known: Mutex::default() }
    }

    /// Returns a key, if it is cached and was not deleted since.
    pub async fn known_key(&self, id: Uuid) -> Option<StoredKey> {
        let (key, age) = {
            let known = self.known();
            let known = known.get(&id)?;
            (known.key.clone(), known.looked_up.elapsed())
        };
        if age >= FRESH_FOR {
            return None;
        }
        let is_known = match self.deleted.get(&mark(id)).await {
            Ok(is_deleted) => !*is_deleted,
            Err(_) => age < FRESH_WITHOUT_REDIS_FOR,
        };
        is_known.then_some(key)
    }

    /// Returns the owner of the key with this hash, if it is cached, however old.
    pub fn known_user(&self, id: Uuid, hash: &blake3::Hash) -> Option<UserId> {
        let known = self.known();
        let is_shown = |known: &&Known| known.key.proof == Proof::Whole(*hash);
        known.get(&id).filter(is_shown).map(|known| known.key.user_id)
    }

    /// Returns the key with this id.
    ///
    /// # Errors
    /// When the key does not exist, or can't be looked up.
    pub async fn find(&self, id: Uuid, pool: &PgPool) -> Result<StoredKey, Stranger> {
        if let Some(key) = self.known_key(id).await {
            return Ok(key);
        }
        match look_up(id, pool).await {
            Ok(Some(key)) => {
                let mut all = self.known();
                if all.len() >= KNOWN_MAX {
                    all.clear();
                }
                let noted = all.get(&id).and_then(|known| known.noted);
                let known = Known { key: key.clone(), looked_up: Instant::now(), noted };
                all.insert(id, known);
                Ok(key)
            }
            Ok(None) => {
                self.known().remove(&id);
                Err(Stranger::Unauthenticated)
            }
            Err(error) => {
                tracing::warn!(%error, "an API key can't be looked up");
                if self.deleted.get(&mark(id)).await.is_ok_and(|is_deleted| *is_deleted) {
                    self.known().remove(&id);
                    return Err(Stranger::Unauthenticated);
                }
                let known = self.known();
                let known = known.get(&id).filter(|known| known.looked_up.elapsed() < USABLE_FOR);
                known.map(|known| known.key.clone()).ok_or(Stranger::DatabaseUnavailable)
            }
        }
    }

    /// Records the use of a key, once it was proved.
    pub fn note_use(&self, id: Uuid, pool: &PgPool) {
        let mut known = self.known();
        let Some(known) = known.get_mut(&id) else { return };
        if known.noted.is_none_or(|noted| noted.elapsed() >= NOTE_INTERVAL) {
            known.noted = Some(Instant::now());
            write_use(id, pool.clone());
        }
    }

    /// Makes all gateways refuse keys that were deleted: this one at once, the others within 50 ms.
    ///
    /// # Errors
    /// When Redis is unavailable. The other gateways then notice when what they have cached is no longer
    /// fresh.
    pub async fn forget(&self, ids: &[Uuid]) -> Result<(), streams::Error> {
        let mut batch = self.redis.batch();
        for id in ids {
            self.known().remove(id);
            let mark = mark(*id);
            batch.hash_set(&mark, DELETED, "1").expire(&mark, MARKED_FOR);
        }
        let marked = batch.send().await.map(drop);
        for id in ids {
            self.deleted.evict(&mark(*id));
        }
        marked
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Uuid, Known>> {
        self.known.lock().expect("nothing panics while it holds this lock")
    }
}

/// The key in Redis that exists once an API key was deleted.
fn mark(id: Uuid) -> String {
    format!("api-key:{id}")
}

async fn look_up(id: Uuid, pool: &PgPool) -> Result<Option<StoredKey>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select "userId" as user_id, scope, "keyHash" as key_hash, kind,
               "publicKey" as public_key,
               coalesce("accountId", "userId") as "account_id!",
               "allowedAddresses" as allowed_addresses
           from api_keys where id = $1"#,
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        let kind = KeyKind::parse(&row.kind)?;
        Some(StoredKey {
            proof: Proof::stored(kind, row.key_hash, row.public_key)?,
            user_id: UserId(row.user_id),
            scope: Scope::parse(&row.scope)?,
            account: AccountId(row.account_id),
            addresses: AllowedAddresses::stored(row.allowed_addresses.as_deref())?,
        })
    }))
}

/// Records the use of a key in the background. If the write fails, a later use is recorded.
fn write_use(id: Uuid, pool: PgPool) {
    tokio::spawn(async move {
        let noted = sqlx::query!(r#"update api_keys set "lastUsedAt" = now() where id = $1"#, id);
        if let Err(error) = noted.execute(&pool).await {
            tracing::warn!(%error, "the last use of an API key can't be recorded");
        }
    });
}
