//! Whether a service can do its work.

use std::sync::{Arc, Mutex, PoisonError};

/// Shared between the service, which knows, and `/readyz`, which is asked. Not ready at first.
#[derive(Clone, Debug)]
pub struct Health {
    /// The lock is held for an assignment, never across an await.
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
enum State {
    Ready,
    /// Ready for something in particular.
    ReadyTo(String),
    /// And why not.
    NotReady(String),
}

impl Health {
    /// Not ready: starting.
    pub fn new() -> Self {
        Self { state: Arc::new(Mutex::new(State::NotReady("starting".to_owned()))) }
    }

    /// The service does its work.
    pub fn set_ready(&self) {
        self.set(State::Ready);
    }

    /// The service is well, and what it is there for now is not the usual.
    pub fn set_ready_to(&self, purpose: impl Into<String>) {
        self.set(State::ReadyTo(purpose.into()));
    }

    /// The service is alive, and waits for something.
    pub fn set_not_ready(&self, reason: impl Into<String>) {
        self.set(State::NotReady(reason.into()));
    }

    /// Why the service can't do its work, if it can't.
    pub fn not_ready_reason(&self) -> Option<String> {
        match self.state() {
            State::NotReady(reason) => Some(reason),
            State::Ready | State::ReadyTo(_) => None,
        }
    }

    /// What a service that is ready is ready for, if that is not the usual.
    pub fn purpose(&self) -> Option<String> {
        match self.state() {
            State::ReadyTo(purpose) => Some(purpose),
            State::Ready | State::NotReady(_) => None,
        }
    }

    /// Tells, whenever it is asked, whether the service can do its work, and why not or for what.
    pub fn watch(&self) -> impl Fn() -> (bool, Option<String>) + Send + 'static + use<> {
        let health = self.clone();
        move || match health.state() {
            State::Ready => (true, None),
            State::ReadyTo(purpose) => (true, Some(purpose)),
            State::NotReady(reason) => (false, Some(reason)),
        }
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}
