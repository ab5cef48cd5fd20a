use messages::{EntryId, PositionMode, RESPONSE_STREAM, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use streams::{Error, Redis};
use uuid::Uuid;

/// The channel on which the end of a listen key is published, with the key as the message.
pub const LISTEN_KEY_ENDED: &str = "listen-key:ended";

/// The time for which a listen key is valid after it was opened or extended.
pub const LISTEN_KEY_TTL: Duration = Duration::from_hours(1);

/// The time for which the position mode of an account is remembered: longer than any listen key
/// that is extended in time, since every opening records it again.
const MODE_TTL: Duration = Duration::from_hours(30 * 24);

/// The length of a listen key, in letters and digits.
const LISTEN_KEY_LEN: usize = 64;

/// The store of listen keys, in Redis: each admits its bearer to the events of one account.
#[derive(Clone)]
pub struct ListenKeys {
    redis: Redis,
}

/// The account of a listen key, and the API key that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenKey {
    /// The account whose events it gives.
    pub account: UserId,
    /// The owner of the account.
    pub user: UserId,
    /// The API key with which it was opened; its end ends the listen key.
    pub api_key: Uuid,
    /// The time at which it was opened, Unix ms.
    pub opened_at_ms: u64,
}

/// The last event that was delivered to the bearer of a listen key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The event's id in `response:stream`, or that of a later event of another account.
    pub event: EntryId,
    /// The account's sequence number of its last event; unknown before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The number of entries that were ever added up to the event, if it is known: where more were
    /// trimmed, something after the event is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
}

impl ListenKeys {
    /// Creates the store of listen keys in this Redis.
    pub const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Returns the listen key of an API key, valid for another [`LISTEN_KEY_TTL`]. A new one gives
    /// the events from now on; `now_ms` is when it was opened.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn open(
        &self,
        account: UserId,
        user: UserId,
        api_key: Uuid,
        now_ms: u64,
    ) -> Result<String, Error> {
        let holder = holder_key(api_key);
        let content = ListenKey { account, user, api_key, opened_at_ms: now_ms };
        let stream = self.redis.shards().of(account).key(RESPONSE_STREAM);
        loop {
            if let Some(key) = self.redis.get(&holder).await? {
                if self.find(&key).await?.is_some_and(|found| found.account == account) {
                    self.prolong(&key, api_key).await?;
                    return Ok(key);
                }
                self.remove(&key, api_key).await?;
            }
            let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
            let info = self.redis.stream_info(&stream).await?;
            let event = info.map_or(EntryId::MIN, |info| info.last_generated_id);
            let entries = Some(info.map_or(0, |info| info.entries_added));
            let mut batch = self.redis.batch();
            let position = json(&Delivered { event, sequence: None, entries });
            batch.set_expiring(&position_key(&key), &position, LISTEN_KEY_TTL);
            batch.set_expiring(&content_key(&key), &json(&content), LISTEN_KEY_TTL);
            batch.send().await?;
            // Of two callers one has its key taken; the other finds that one.
            if self.redis.set_absent(&holder, &key, LISTEN_KEY_TTL).await? {
                return Ok(key);
            }
            let mut batch = self.redis.batch();
            batch.remove(&position_key(&key)).remove(&content_key(&key)).send().await?;
        }
    }

    /// Makes the listen key of an API key valid for another [`LISTEN_KEY_TTL`]; returns false if
    /// there is none.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn extend(&self, account: UserId, api_key: Uuid) -> Result<bool, Error> {
        let Some(key) = self.of(account, api_key).await? else { return Ok(false) };
        self.prolong(&key, api_key).await.map(|()| true)
    }

    /// Ends the listen key of an API key, and the connections with it; returns false if there is
    /// none.
    ///
    /// # Errors
    /// When Redis is unavailable; the listen key may still be valid.
    pub async fn close(&self, account: UserId, api_key: Uuid) -> Result<bool, Error> {
        let Some(key) = self.of(account, api_key).await? else { return Ok(false) };
        self.remove(&key, api_key).await.map(|()| true)
    }

    /// Ends the listen key of an API key that has ended, if there is one.
    ///
    /// # Errors
    /// When Redis is unavailable; the listen key may still be valid.
    pub async fn end_of_api_key(&self, api_key: Uuid) -> Result<(), Error> {
        match self.redis.get(&holder_key(api_key)).await? {
            Some(key) => self.remove(&key, api_key).await,
            None => Ok(()),
        }
    }

    /// Returns the account of a listen key, unless the key is unknown or has ended.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn find(&self, key: &str) -> Result<Option<ListenKey>, Error> {
        if !is_listen_key(key) {
            return Ok(None);
        }
        let content = self.redis.get(&content_key(key)).await?;
        Ok(content.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Returns the time until a listen key expires, unless it has ended.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn expires_in(&self, key: &str) -> Result<Option<Duration>, Error> {
        self.redis.expires_in(&content_key(key)).await
    }

    /// Returns the last delivered event of a listen key, if it is known.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn position(&self, key: &str) -> Result<Option<Delivered>, Error> {
        let position = self.redis.get(&position_key(key)).await?;
        Ok(position.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Records the last delivered events of listen keys.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn note_positions(&self, delivered: &[(String, Delivered)]) -> Result<(), Error> {
        let mut batch = self.redis.batch();
        for (key, position) in delivered {
            batch.set_expiring(&position_key(key), &json(position), LISTEN_KEY_TTL);
        }
        batch.send().await.map(drop)
    }

    /// Records the position mode of the account of a listen key, which decides how its events name
    /// positions. The gateway does so when it opens one, realtime when the mode changes.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn note_mode(&self, account: UserId, mode: PositionMode) -> Result<(), Error> {
        self.redis.set_expiring(&mode_key(account), mode.as_str(), MODE_TTL).await
    }

    /// Returns the recorded position mode of an account.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn mode(&self, account: UserId) -> Result<Option<PositionMode>, Error> {
        let mode = self.redis.get(&mode_key(account)).await?;
        Ok(mode.and_then(|mode| mode.parse().ok()))
    }

    /// Returns the listen key of an API key, if it is valid and for this account.
    async fn of(&self, account: UserId, api_key: Uuid) -> Result<Option<String>, Error> {
        let Some(key) = self.redis.get(&holder_key(api_key)).await? else { return Ok(None) };
        let found = self.find(&key).await?;
        Ok(found.filter(|found| found.account == account).map(|_| key))
    }

    async fn prolong(&self, key: &str, api_key: Uuid) -> Result<(), Error> {
        let mut batch = self.redis.batch();
        for name in [position_key(key), content_key(key), holder_key(api_key)] {
            batch.expire(&name, LISTEN_KEY_TTL);
        }
        batch.send().await.map(drop)
    }

    async fn remove(&self, key: &str, api_key: Uuid) -> Result<(), Error> {
        let mut batch = self.redis.batch();
        for name in [position_key(key), content_key(key), holder_key(api_key)] {
            batch.remove(&name);
        }
        batch.publish(LISTEN_KEY_ENDED, key).send().await.map(drop)
    }
}

/// Returns whether a text has the form of a listen key.
pub fn is_listen_key(text: &str) -> bool {
    text.len() == LISTEN_KEY_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it is plain JSON")
}

fn content_key(key: &str) -> String {
    format!("listen-key:{key}")
}

fn position_key(key: &str) -> String {
    format!("listen-key:{key}:position")
}

fn mode_key(account: UserId) -> String {
    format!("listen-key:mode:{account}")
}

fn holder_key(api_key: Uuid) -> String {
    format!("listen-key:of:{api_key}")
}
