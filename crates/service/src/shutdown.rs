//! The end of a service.

use crate::traces;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by SIGTERM and by SIGINT (Ctrl-C).
///
/// From the return of this function on, neither ends the process by itself.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn shutdown_signal() -> CancellationToken {
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    let mut interrupt = signal(SignalKind::interrupt()).expect("SIGINT can be handled");
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping");
        shutdown.cancel();
        // It waits for the collector, on a thread of its own.
        tokio::task::spawn_blocking(traces::flush);
    });
    token
}
