//! Shutdown by signal.

use crate::traces;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Returns a token that SIGTERM and SIGINT (Ctrl-C) cancel.
///
/// After this call, neither signal ends the process by itself.
///
/// # Panics
/// Outside a tokio runtime.
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
        // Blocks until the collector has the spans, so it needs its own thread.
        tokio::task::spawn_blocking(traces::flush);
    });
    token
}
