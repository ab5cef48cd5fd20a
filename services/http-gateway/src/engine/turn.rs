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

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::pin::pin;
    use std::sync::Mutex;

    #[tokio::test]
    async fn a_request_waits_until_the_one_before_it_is_in_the_stream() {
        for (is_registered, ends_early) in [(true, false), (false, false), (true, true)] {
            let (mut queue, log) = (Queue::default(), Mutex::new(Vec::new()));
            let ((append, appended), (reply, replied)) = (oneshot::channel(), oneshot::channel());
            let say = |word| log.lock().unwrap().push(word);
            let mut first = pin!(queue.join().take(async {
                if is_registered {
                    note_account();
                }
                appended.await.unwrap();
                say("appended");
                pass();
                if !ends_early {
                    replied.await.unwrap();
                    say("replied");
                }
            }));
            let mut second = pin!(queue.join().take(async { say("second") }));
            assert!(second.as_mut().now_or_never().is_none(), "it is not its turn");
            assert!(first.as_mut().now_or_never().is_none());
            append.send(()).unwrap();
            assert_eq!(first.as_mut().now_or_never().is_some(), ends_early);
            assert_eq!(second.as_mut().now_or_never().is_some(), is_registered);
            if !ends_early {
                reply.send(()).unwrap();
                first.await;
            }
            if !is_registered {
                second.await;
            }
            let log = log.lock().unwrap();
            let place = log.iter().position(|word| *word == "second");
            assert_eq!(place, Some(if is_registered { 1 } else { 2 }), "{log:?}");
        }
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_passes_its_turn_on() {
        let mut queue = Queue::default();
        let (first, second) = (queue.join(), queue.join());
        drop(first);
        assert_eq!(second.take(async { 7 }).now_or_never(), Some(7));
    }
}
