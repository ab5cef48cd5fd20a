//! `engine:status`: what gateways and operators know of the engine.

use messages::{ENGINE_STATUS, EngineState, EngineStatus};
use std::time::{Duration, Instant, SystemTime};
use streams::Redis;

/// How often the key is renewed by an engine whose loop goes round.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// How long the key outlives the last renewal: a dead or hanging engine shows after this.
const EXPIRY: Duration = Duration::from_secs(3);

/// How long an engine's last words can be read.
const LAST_WORDS_EXPIRY: Duration = Duration::from_mins(1);

/// Writes the key when something is new, or when it is due.
#[derive(Clone)]
pub struct StatusKey {
    redis: Redis,
    status: EngineState,
    message: String,
    written: Option<Instant>,
}

impl StatusKey {
    pub fn new(redis: Redis) -> Self {
        Self { redis, status: EngineState::Starting, message: String::new(), written: None }
    }

    /// Says something new at once.
    pub async fn set(&mut self, status: EngineState, message: impl Into<String>) {
        (self.status, self.message) = (status, message.into());
        tracing::info!(engine.status = ?status, "{}", self.message);
        self.write(EXPIRY).await;
    }

    /// Says the same again if it is due. A loop that goes round calls this.
    pub async fn renew(&mut self) {
        if self.written.is_none_or(|written| written.elapsed() >= RENEWAL_INTERVAL) {
            self.write(EXPIRY).await;
        }
    }

    /// The last thing that this engine says.
    pub async fn set_last_words(&mut self, message: impl Into<String>) {
        (self.status, self.message) = (EngineState::Shutdown, message.into());
        self.write(LAST_WORDS_EXPIRY).await;
    }

    async fn write(&mut self, expiry: Duration) {
        let status = EngineStatus {
            status: self.status,
            timestamp_ms: unix_ms(),
            message: self.message.clone(),
        };
        let json = serde_json::to_string(&status).expect("a status is plain JSON");
        // While Redis is away nobody reads it either; `streams` logs the outage.
        if self.redis.set_expiring(ENGINE_STATUS, &json, expiry).await.is_ok() {
            self.written = Some(Instant::now());
        }
    }
}

pub fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("the clock is set to a time after 1970")
}

pub fn unix_ms() -> u64 {
    u64::try_from(unix_time().as_millis()).expect("the next 500 million years fit")
}
