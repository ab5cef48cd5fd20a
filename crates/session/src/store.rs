use crate::{Session, SessionId, unix_s};
use messages::UserId;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use streams::{Error, Redis};
use uuid::Uuid;

/// The channel on which the end of sessions is published.
pub const SESSION_ENDED: &str = "session:ended";

/// How many sessions a user may have; the oldest ends when there would be more.
pub const SESSIONS_PER_USER_MAX: usize = 50;

/// The field that holds the least version whose sessions count.
const VERSION: &str = "version";

/// Which sessions are open.
#[derive(Clone)]
pub struct Sessions {
    redis: Redis,
}

/// How a session came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// What was shown.
    pub method: Method,
    /// Unix ms.
    pub created_at_ms: u64,
    /// The caller's network address.
    pub address: String,
    /// What the caller's program calls itself.
    pub user_agent: String,
}

/// What somebody showed to begin a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// An email and password.
    Password,
    /// A link from a mail.
    MagicLink,
    /// An API key, for the WebSocket.
    ApiKey,
}

/// Sessions that are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Whose.
    pub user_id: UserId,
    /// Which; all of them where nothing is said.
    pub session_id: Option<SessionId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    expires_at_s: u64,
    #[serde(flatten)]
    origin: Origin,
}

impl Sessions {
    /// Those that are known to this Redis.
    pub const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// From here on the session is open.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn open(&self, session: &Session, origin: Origin) -> Result<(), Error> {
        let key = key(session.user_id);
        let mut batch = self.redis.batch();
        let mut others = self.records(session.user_id).await?;
        others.retain(|(id, _)| *id != session.id);
        others.sort_by_key(|(id, record)| (record.expires_at_s <= unix_s(), *id));
        let open = others.iter().filter(|(_, record)| record.expires_at_s > unix_s()).count();
        let surplus = (open + 1).saturating_sub(SESSIONS_PER_USER_MAX);
        let expired = &others[open..];
        for (id, _) in others[..surplus].iter().chain(expired) {
            batch.hash_remove(&key, &id.0.to_string());
        }
        let record = Record { expires_at_s: session.expires_at_s, origin };
        let json = serde_json::to_string(&record).expect("a record is plain JSON");
        batch.hash_set(&key, &session.id.0.to_string(), &json);
        batch.expire(&key, Duration::from_secs(session.seconds_left()));
        batch.send().await.map(drop)
    }

    /// Whether the session is open.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn is_open(&self, session: &Session) -> Result<bool, Error> {
        let id = session.id.0.to_string();
        let found = self.redis.hash_fields(&key(session.user_id), &[&id, VERSION]).await?;
        let [record, least] = found.as_slice() else { return Ok(false) };
        let least = least.as_deref().and_then(|least| least.parse::<i32>().ok());
        let is_current = least.is_none_or(|least| session.version >= least);
        Ok(record.is_some() && is_current && session.expires_at_s > unix_s())
    }

    /// A user's open sessions with the time (Unix s) at which each ends by itself, newest first.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn list(&self, user_id: UserId) -> Result<Vec<(SessionId, u64, Origin)>, Error> {
        let mut records = self.records(user_id).await?;
        records.retain(|(_, record)| record.expires_at_s > unix_s());
        records.sort_by_key(|(_, record)| std::cmp::Reverse(record.origin.created_at_ms));
        Ok(records.into_iter().map(|(id, r)| (id, r.expires_at_s, r.origin)).collect())
    }

    /// Ends a session; one that is over stays so.
    ///
    /// # Errors
    /// When Redis is away: the session may still be open.
    pub async fn end(&self, user_id: UserId, id: SessionId) -> Result<(), Error> {
        let ended = Ended { user_id, session_id: Some(id) };
        let mut batch = self.redis.batch();
        batch.hash_remove(&key(user_id), &id.0.to_string());
        batch.publish(SESSION_ENDED, &ended.to_json());
        batch.send().await.map(drop)
    }

    /// Ends all of a user's sessions, and those below this version that are just being begun,
    /// for at most `ttl`, which is how long a token lives.
    ///
    /// # Errors
    /// When Redis is away: the sessions may still be open.
    pub async fn end_all(&self, user_id: UserId, version: i32, ttl: Duration) -> Result<(), Error> {
        let key = key(user_id);
        let mut batch = self.redis.batch();
        batch.remove(&key).hash_set(&key, VERSION, &version.to_string()).expire(&key, ttl);
        batch.publish(SESSION_ENDED, &Ended { user_id, session_id: None }.to_json());
        batch.send().await.map(drop)
    }

    async fn records(&self, user_id: UserId) -> Result<Vec<(SessionId, Record)>, Error> {
        let fields = self.redis.hash_all(&key(user_id)).await?;
        // What is no session's field, or can't be read, is none.
        let read = |(id, json): (String, String)| {
            let id = id.parse::<Uuid>().ok()?;
            Some((SessionId(id), serde_json::from_str(&json).ok()?))
        };
        Ok(fields.into_iter().filter_map(read).collect())
    }
}

impl Ended {
    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("it is plain JSON")
    }
}

fn key(user_id: UserId) -> String {
    format!("session:{user_id}")
}
