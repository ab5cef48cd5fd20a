//! The order in which the requests of one connection reach the engine.
//!
//! A request waits until the one before it has its place in the engine's stream, or will never have
//! one. It does not wait for the reply to the one before it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// The requests of one connection, in their order.
#[derive(Default)]
pub struct Queue {
    /// Closed when the last request has passed its turn on.
    last: Option<oneshot::Receiver<()>>,
    /// Whether the engine is known to have the account. Before that, a request may have to be sent
    /// again after the account was registered, so that the next one waits for the reply.
    is_registered: Arc<AtomicBool>,
}

/// The place of one request.
pub struct Turn {
    before: Option<oneshot::Receiver<()>>,
    held: Held,
}

/// A turn that has come. Dropping it passes it on.
struct Held {
    _next: oneshot::Sender<()>,
    is_registered: Arc<AtomicBool>,
}

tokio::task_local! {
    static HELD: RefCell<Option<Held>>;
}

impl Queue {
    /// Returns the place behind all others.
    pub fn join(&mut self) -> Turn {
        let (next, passed) = oneshot::channel();
        let held = Held { _next: next, is_registered: Arc::clone(&self.is_registered) };
        Turn { before: self.last.replace(passed), held }
    }
}

impl Turn {
    /// Waits for the turn and then handles a request. The turn is passed on when the request is in
    /// the engine's stream, and no later than when it is handled.
    pub async fn take<T>(self, handling: impl Future<Output = T>) -> T {
        let Self { before, held } = self;
        if let Some(before) = before {
            // Nothing is ever sent: the other half is dropped.
            let _ = before.await;
        }
        HELD.scope(RefCell::new(Some(held)), handling).await
    }
}

/// Passes on the turn of the request that this task handles, if it has one: it is in the stream.
pub fn pass() {
    let _ = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        if held.as_ref().is_some_and(|held| held.is_registered.load(Ordering::Relaxed)) {
            held.take();
        }
    });
}

/// Notes that the engine has the account of the request that this task handles.
pub fn note_account() {
    let _ = HELD.try_with(|held| {
        if let Some(held) = held.borrow().as_ref() {
            held.is_registered.store(true, Ordering::Relaxed);
        }
    });
}
