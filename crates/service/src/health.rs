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
    /// Parts that wait on their own, with their names.
    parts: Vec<(String, Health)>,
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
        let (missing, remarks, parts) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { shared: Arc::new(Mutex::new(Shared { state, missing, remarks, parts })) }
    }

    /// Adds a part of the service that has a health of its own. The service is ready when all of its
    /// parts are, and its reasons and remarks name the part.
    #[must_use]
    pub fn part(&self, name: impl Into<String>) -> Self {
        let part = Self::new();
        self.shared().parts.push((name.into(), part.clone()));
        part
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
        let of_parts = shared.parts.iter().filter_map(|(name, part)| {
            Some(format!("{name}: {}", part.not_ready_reason()?.replace('\n', "; ")))
        });
        let reasons = own.into_iter().chain(lines(&shared.missing)).chain(of_parts);
        let reasons: Vec<String> = reasons.collect();
        (!reasons.is_empty()).then(|| reasons.join("\n"))
    }

    /// The purpose of a ready service, if it is an unusual one.
    pub fn purpose(&self) -> Option<String> {
        let shared = self.shared();
        let own = match &shared.state {
            State::ReadyTo(purpose) => Some(purpose.clone()),
            State::Ready | State::NotReady(_) => None,
        };
        let of_parts = shared
            .parts
            .iter()
            .filter_map(|(name, part)| Some(format!("{name}: {}", part.purpose()?)));
        let purposes: Vec<String> = own.into_iter().chain(of_parts).collect();
        (!purposes.is_empty()).then(|| purposes.join("; "))
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
        let shared = self.shared();
        let of_parts = shared.parts.iter().flat_map(|(name, part)| {
            part.remarks().into_iter().map(move |remark| format!("{name}: {remark}"))
        });
        lines(&shared.remarks).chain(of_parts).collect()
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
