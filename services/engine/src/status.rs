//! The key `engine:status`, which tells gateways and operators the state of the leader.

use crate::world::{Clock as _, Log as _, World};
use messages::{EngineState, EngineStatus, UntrustedMark};
use std::borrow::Cow;
use std::time::Duration;

/// The interval at which a running engine renews the key.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// The time after its last renewal at which the key expires: a dead or hanging engine shows then.
const EXPIRY: Duration = Duration::from_secs(3);

/// The time for which the final status of an engine can be read.
const FINAL_STATUS_EXPIRY: Duration = Duration::from_mins(1);

/// Writes the key when the status changes and when a renewal is due. While another engine leads, it
/// writes nothing.
#[derive(Clone)]
pub struct StatusKey<W> {
    world: W,
    status: EngineState,
    message: String,
    /// The number of shards of the deployment.
    shards: u16,
    untrusted_marks: Vec<UntrustedMark>,
    written: Option<Duration>,
}

impl<W: World> StatusKey<W> {
    pub fn new(world: &W, shards: u16) -> Self {
        let (status, message) = (EngineState::Starting, String::new());
        let untrusted_marks = Vec::new();
        Self { world: world.clone(), status, message, shards, untrusted_marks, written: None }
    }

    /// Writes a new status at once.
    pub async fn set(&mut self, status: EngineState, message: impl Into<String>) {
        (self.status, self.message) = (status, message.into());
        tracing::info!(engine.status = ?status, "{}", self.message);
        self.write(EXPIRY).await;
    }

    /// Writes a status at once if it is new, else when a renewal is due.
    pub async fn keep(&mut self, status: EngineState, message: Cow<'static, str>) {
        if status == self.status && message == self.message {
            self.renew().await;
        } else {
            self.set(status, message).await;
        }
    }

    /// Renews the key if that is due. The loop calls this in every round.
    pub async fn renew(&mut self) {
        if self.is_due() {
            self.write(EXPIRY).await;
        }
    }

    /// Reports whether a renewal is due.
    pub fn is_due(&self) -> bool {
        let now = self.world.clock().elapsed();
        self.written.is_none_or(|written| now.saturating_sub(written) >= RENEWAL_INTERVAL)
    }

    /// Sets the mark prices that close nothing, for the next time the key is written.
    pub fn set_untrusted_marks(&mut self, marks: Vec<UntrustedMark>) {
        for mark in marks.iter().filter(|mark| !self.untrusted_marks.contains(mark)) {
            tracing::warn!(symbol = %mark.symbol, "{}: nothing is closed at it", mark.reason);
        }
        self.untrusted_marks = marks;
    }

    /// Writes the final status of this engine.
    pub async fn set_final(&mut self, message: impl Into<String>) {
        (self.status, self.message) = (EngineState::Shutdown, message.into());
        self.write(FINAL_STATUS_EXPIRY).await;
    }

    async fn write(&mut self, expiry: Duration) {
        let clock = self.world.clock();
        let status = EngineStatus {
            status: self.status,
            timestamp_ms: clock.now_ms(),
            message: self.message.clone(),
            shards: self.shards,
            untrusted_marks: self.untrusted_marks.clone(),
        };
        let json = serde_json::to_string(&status).expect("a status is plain JSON");
        let written_at = clock.elapsed();
        // While Redis is unavailable, the key cannot be read either; `streams` logs the outage.
        if self.world.log().announce(&json, expiry).await.is_ok() {
            self.written = Some(written_at);
        }
    }
}
