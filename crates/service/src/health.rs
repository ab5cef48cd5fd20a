//! Whether a service can do its work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared between the service, which knows, and `/readyz`, which is asked. Not ready at first.
///
/// Several parts of a service may wait for different things at the same time: the service is ready
/// when none of them waits, and as long as one does, all of their reasons are told.
#[derive(Clone, Debug)]
pub struct Health {
    /// The lock is held for an assignment, never across an await.
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    state: State,
    /// What is waited for beside that, with the reasons.
    missing: BTreeMap<&'static str, String>,
    /// What is not as it should be, and does not keep the service from its work.
    remarks: BTreeMap<&'static str, String>,
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
        let state = State::NotReady("starting".to_owned());
        let (missing, remarks) = (BTreeMap::new(), BTreeMap::new());
        Self { shared: Arc::new(Mutex::new(Shared { state, missing, remarks })) }
    }

    /// The service does its work.
    pub fn set_ready(&self) {
        self.shared().state = State::Ready;
    }

    /// The service is well, and what it is there for now is not the usual.
    pub fn set_ready_to(&self, purpose: impl Into<String>) {
        self.shared().state = State::ReadyTo(purpose.into());
    }

    /// The service is alive, and waits for something.
    pub fn set_not_ready(&self, reason: impl Into<String>) {
        self.shared().state = State::NotReady(reason.into());
    }

    /// The service can't work without `what`, which is missing for this reason, or is there again.
    pub fn set_missing(&self, what: &'static str, reason: Option<String>) {
        set(&mut self.shared().missing, what, reason);
    }

    /// Something is not as it should be, which does not keep the service from its work.
    pub fn set_remark(&self, what: &'static str, remark: Option<String>) {
        set(&mut self.shared().remarks, what, remark);
    }

    /// Why the service can't do its work, if it can't: every reason, one a line.
    pub fn not_ready_reason(&self) -> Option<String> {
        let shared = self.shared();
        let own = match &shared.state {
            State::NotReady(reason) => Some(reason.clone()),
            State::Ready | State::ReadyTo(_) => None,
        };
        let reasons: Vec<String> = own.into_iter().chain(lines(&shared.missing)).collect();
        (!reasons.is_empty()).then(|| reasons.join("\n"))
    }

    /// What a service that is ready is ready for, if that is not the usual.
    pub fn purpose(&self) -> Option<String> {
        match &self.shared().state {
            State::ReadyTo(purpose) => Some(purpose.clone()),
            State::Ready | State::NotReady(_) => None,
        }
    }

    /// Tells, whenever it is asked, whether the service can do its work, and why not or for what.
    pub fn watch(&self) -> impl Fn() -> (bool, Option<String>) + Send + 'static + use<> {
        let health = self.clone();
        move || match health.not_ready_reason() {
            None => (true, health.purpose()),
            Some(reasons) => (false, Some(reasons.replace('\n', "; "))),
        }
    }

    /// What is not as it should be.
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
