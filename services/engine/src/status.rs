//! `engine:status`: what gateways and operators know of the engine that leads.

use crate::world::{Clock as _, Log as _, World};
use messages::{EngineState, EngineStatus};
use std::borrow::Cow;
use std::time::Duration;

/// How often the key is renewed by an engine whose loop goes round.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// How long the key outlives the last renewal: a dead or hanging engine shows after this.
const EXPIRY: Duration = Duration::from_secs(3);

/// How long an engine's last words can be read.
const LAST_WORDS_EXPIRY: Duration = Duration::from_mins(1);

/// Writes the key when something is new, or when it is due. While another engine leads it writes
/// nothing.
#[derive(Clone)]
pub struct StatusKey<W> {
    world: W,
    status: EngineState,
    message: String,
    written: Option<Duration>,
}

impl<W: World> StatusKey<W> {
    pub fn new(world: &W) -> Self {
        let (status, message) = (EngineState::Starting, String::new());
        Self { world: world.clone(), status, message, written: None }
    }

    /// Says something new at once.
    pub async fn set(&mut self, status: EngineState, message: impl Into<String>) {
        (self.status, self.message) = (status, message.into());
        tracing::info!(engine.status = ?status, "{}", self.message);
        self.write(EXPIRY).await;
    }

    /// Says something at once if it is new, and again when that is due.
    pub async fn keep(&mut self, status: EngineState, message: Cow<'static, str>) {
        if status == self.status && message == self.message {
            self.renew().await;
        } else {
            self.set(status, message).await;
        }
    }

    /// Says the same again if it is due. A loop that goes round calls this.
    pub async fn renew(&mut self) {
        let now = self.world.clock().elapsed();
        if self.written.is_none_or(|written| now.saturating_sub(written) >= RENEWAL_INTERVAL) {
            self.write(EXPIRY).await;
        }
    }

    /// The last thing that this engine says.
    pub async fn set_last_words(&mut self, message: impl Into<String>) {
        (self.status, self.message) = (EngineState::Shutdown, message.into());
        self.write(LAST_WORDS_EXPIRY).await;
    }

    async fn write(&mut self, expiry: Duration) {
        let clock = self.world.clock();
        let status = EngineStatus {
            status: self.status,
            timestamp_ms: clock.now_ms(),
            message: self.message.clone(),
        };
        let json = serde_json::to_string(&status).expect("a status is plain JSON");
        let written_at = clock.elapsed();
        // While Redis is away nobody reads it either; `streams` logs the outage.
        if self.world.log().announce(&json, expiry).await.is_ok() {
            self.written = Some(written_at);
        }
    }
}
