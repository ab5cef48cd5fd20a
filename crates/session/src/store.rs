use crate::{Session, SessionId, unix_s};
use messages::UserId;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;
use streams::{Batch, Error, HashCache, Redis};
use uuid::Uuid;

/// The channel on which the end of sessions is published.
pub const SESSION_ENDED: &str = "session:ended";

/// The most sessions that a user may have; beyond it, the oldest ends.
pub const SESSIONS_PER_USER_MAX: usize = 50;

/// The field that holds the lowest version whose sessions are valid.
const VERSION: &str = "version";

/// The store of open sessions, in Redis.
#[derive(Clone)]
pub struct Sessions {
    redis: Redis,
    /// The sessions of recently seen users, kept true by Redis.
    cache: HashCache<OpenSessions>,
}

/// A user's sessions, as far as a request needs to know them.
struct OpenSessions {
    ids: HashSet<SessionId>,
    /// The lowest version whose sessions are valid.
    version_min: Option<i32>,
}

/// The circumstances in which a session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The method of signing in.
    pub method: Method,
    /// The time at which the session began, Unix ms.
    pub created_at_ms: u64,
    /// The client's network address.
    pub address: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
}

/// The method by which a user signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// An email and password.
    Password,
    /// An emailed link.
    MagicLink,
    /// None: the user is a guest, or was one until then.
    Guest,
    /// An API key, for the WebSocket.
    ApiKey,
}

/// The message that sessions have ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// The user of the sessions.
    pub user_id: UserId,
    /// The session that ended; `None` means all of the user's sessions.
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
    /// Creates the store of sessions in this Redis.
    pub fn new(redis: Redis) -> Self {
        let cache = HashCache::new(&redis, Duration::MAX, OpenSessions::read);
        Self { redis, cache }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn open(&self, session: &Session, origin: Origin) -> Result<(), Error> {
        let key = self.key(session.user_id);
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
        self.change(session.user_id, batch).await
    }

    /// Gives an open session the expiry of this one. Returns whether it is still there.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn renew(&self, session: &Session) -> Result<bool, Error> {
        let mut open = self.records(session.user_id).await?;
        let Some(at) = open.iter().position(|(id, _)| *id == session.id) else { return Ok(false) };
        let (_, record) = open.swap_remove(at);
        self.open(session, record.origin).await.map(|()| true)
    }

    /// Returns whether the session is open. An open one is cached: one that ended a moment ago, through
    /// another process, may still count as open, for at most 40 ms.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn is_open(&self, session: &Session) -> Result<bool, Error> {
        if session.expires_at_s <= unix_s() {
            return Ok(false);
        }
        // One that another process has just opened may not be in the cache yet, and is read.
        let is_among = |open: &OpenSessions| open.contain(session);
        self.cache.get_if(&self.key(session.user_id), is_among).await.map(|open| is_among(&open))
    }

    /// Returns a user's open sessions with the time (Unix s) at which each expires, newest first.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn list(&self, user_id: UserId) -> Result<Vec<(SessionId, u64, Origin)>, Error> {
        let mut records = self.records(user_id).await?;
        records.retain(|(_, record)| record.expires_at_s > unix_s());
        records.sort_by_key(|(_, record)| std::cmp::Reverse(record.origin.created_at_ms));
        Ok(records.into_iter().map(|(id, r)| (id, r.expires_at_s, r.origin)).collect())
    }

    /// Ends a session; has no effect on one that has already ended.
    ///
    /// # Errors
    /// When Redis is unavailable; the session may still be open.
    pub async fn end(&self, user_id: UserId, id: SessionId) -> Result<(), Error> {
        let ended = Ended { user_id, session_id: Some(id) };
        let mut batch = self.redis.batch();
        batch.hash_remove(&self.key(user_id), &id.0.to_string());
        batch.publish(SESSION_ENDED, &ended.to_json());
        self.change(user_id, batch).await
    }

    /// Ends all of a user's sessions, including sign-ins in progress below this version. `ttl`, the
    /// lifetime of a token, is how long the version is kept.
    ///
    /// # Errors
    /// When Redis is unavailable; the sessions may still be open.
    pub async fn end_all(&self, user_id: UserId, version: i32, ttl: Duration) -> Result<(), Error> {
        let key = self.key(user_id);
        let mut batch = self.redis.batch();
        batch.remove(&key).hash_set(&key, VERSION, &version.to_string()).expire(&key, ttl);
        batch.publish(SESSION_ENDED, &Ended { user_id, session_id: None }.to_json());
        self.change(user_id, batch).await
    }

    /// Changes the sessions of a user, which this process sees at once, even if the reply is lost.
    async fn change(&self, user_id: UserId, mut batch: Batch) -> Result<(), Error> {
        let changed = batch.send().await.map(drop);
        self.cache.evict(&self.key(user_id));
        changed
    }

    /// The key of a user's sessions: with the shard of the user's first account, so that they are there
    /// whenever that can trade.
    fn key(&self, user_id: UserId) -> String {
        self.redis.shards().of(user_id).key(&format!("session:{user_id}"))
    }

    async fn records(&self, user_id: UserId) -> Result<Vec<(SessionId, Record)>, Error> {
        let fields = self.redis.hash_all(&self.key(user_id)).await?;
        // Fields that are not sessions, or can't be parsed, are skipped.
        let read = |(id, json): (String, String)| {
            let id = id.parse::<Uuid>().ok()?;
            Some((SessionId(id), serde_json::from_str(&json).ok()?))
        };
        Ok(fields.into_iter().filter_map(read).collect())
    }
}

impl OpenSessions {
    fn read(fields: &[(String, String)]) -> Self {
        let version = fields.iter().find(|(name, _)| name == VERSION);
        let version_min = version.and_then(|(_, version)| version.parse().ok());
        let ids = fields.iter().filter_map(|(name, _)| name.parse().ok().map(SessionId)).collect();
        Self { ids, version_min }
    }

    fn contain(&self, session: &Session) -> bool {
        let is_current = self.version_min.is_none_or(|least| session.version >= least);
        self.ids.contains(&session.id) && is_current
    }
}

impl Ended {
    /// Returns the JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("it is plain JSON")
    }
}
