//! The health of a service, as `/readyz` reports it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The health of a service, shared between its parts and `/readyz`. Not ready at first.
///
/// Several parts of a service may wait for different things at the same time: the service is ready
/// when none of them waits; until then, all reasons are reported.
#[derive(Clone, Debug)]
pub struct Health {
    /// Never locked across an await.
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    state: State,
    /// Missing dependencies, with the reasons.
    missing: BTreeMap<&'static str, String>,
    /// Problems that do not make the service unready.
    remarks: BTreeMap<&'static str, String>,
}

#[derive(Clone, Debug)]
enum State {
    Ready,
    /// Ready, with the purpose.
    ReadyTo(String),
    /// Not ready, with the reason.
    NotReady(String),
}

impl Health {
    /// The health of a service that is starting: not ready.
    pub fn new() -> Self {
        let state = State::NotReady("starting".to_owned());
        let (missing, remarks) = (BTreeMap::new(), BTreeMap::new());
        Self { shared: Arc::new(Mutex::new(Shared { state, missing, remarks })) }
    }

    /// Marks the service ready.
    pub fn set_ready(&self) {
        self.shared().state = State::Ready;
    }

    /// Marks the service ready for an unusual purpose, such as a standby's.
    pub fn set_ready_to(&self, purpose: impl Into<String>) {
        self.shared().state = State::ReadyTo(purpose.into());
    }

    /// Marks the service not ready, with the reason.
    pub fn set_not_ready(&self, reason: impl Into<String>) {
        self.shared().state = State::NotReady(reason.into());
    }

    /// Marks a required dependency as missing, or with `None` as available again.
    pub fn set_missing(&self, what: &'static str, reason: Option<String>) {
        set(&mut self.shared().missing, what, reason);
    }

    /// Sets, or with `None` clears, a remark on a problem that does not make the service unready.
    pub fn set_remark(&self, what: &'static str, remark: Option<String>) {
        set(&mut self.shared().remarks, what, remark);
    }

    /// All reasons why the service is not ready, one per line; `None` if it is ready.
    pub fn not_ready_reason(&self) -> Option<String> {
        let shared = self.shared();
        let own = match &shared.state {
            State::NotReady(reason) => Some(reason.clone()),
            State::Ready | State::ReadyTo(_) => None,
        };
        let reasons: Vec<String> = own.into_iter().chain(lines(&shared.missing)).collect();
        (!reasons.is_empty()).then(|| reasons.join("\n"))
    }

    /// The purpose of a ready service, if it is an unusual one.
    pub fn purpose(&self) -> Option<String> {
        match &self.shared().state {
            State::ReadyTo(purpose) => Some(purpose.clone()),
            State::Ready | State::NotReady(_) => None,
        }
    }

    /// Returns a function that reports whether the service is ready, with its reasons or purpose.
    pub fn watch(&self) -> impl Fn() -> (bool, Option<String>) + Send + 'static + use<> {
        let health = self.clone();
        move || match health.not_ready_reason() {
            None => (true, health.purpose()),
            Some(reasons) => (false, Some(reasons.replace('\n', "; "))),
        }
    }

    /// The current remarks.
    pub fn remarks(&self) -> Vec<String> {
        lines(&self.shared().remarks).collect()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

fn set(texts: &mut BTreeMap<&'static str, String>, what: &'static str, text: Option<String>) {
    match text {
        Some(text) => texts.insert(what, text),
        None => texts.remove(what),
    };
}

fn lines(texts: &BTreeMap<&'static str, String>) -> impl Iterator<Item = String> {
    texts.iter().map(|(what, text)| format!("{what}: {text}"))
}
