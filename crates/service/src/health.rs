//! Whether a service can do its work.

use std::sync::{Arc, Mutex, PoisonError};

/// Shared between the service, which knows, and `/readyz`, which is asked. Not ready at first.
#[derive(Clone, Debug)]
pub struct Health {
    /// Why not; `None` when ready. The lock is held for an assignment, never across an await.
    reason: Arc<Mutex<Option<String>>>,
}

impl Health {
    /// Not ready: starting.
    pub fn new() -> Self {
        Self { reason: Arc::new(Mutex::new(Some("starting".to_owned()))) }
    }

    /// The service does its work.
    pub fn set_ready(&self) {
        self.set(None);
    }

    /// The service is alive, and waits for something.
    pub fn set_not_ready(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    /// Why the service can't do its work, if it can't.
    pub fn not_ready_reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, reason: Option<String>) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}
