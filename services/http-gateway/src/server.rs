//! Serving connections on all ports, with a graceful shutdown.

use crate::state::AppState;
use connections::{Bounds, Door, Gate, Timing};
use futures_util::future::join_all;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The time that requests in flight may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// The limits and timeouts of connections.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// The most connections; more wait until one ends.
    pub bounds: Bounds,
    /// The time a client may take to send a request's head, and may stay idle between requests.
    pub head_timeout: Duration,
    /// The time for which new connections are still accepted after the signal to stop.
    pub stop_delay: Duration,
}

/// Serves until `shutdown`, then finishes the requests in flight.
pub async fn serve(
    app: &AppState,
    doors: Vec<Door>,
    limits: ServerLimits,
    shutdown: CancellationToken,
) {
    let refused = "velox_http_connections_refused_total";
    let gate = Gate::new(limits.bounds, app.proxies.clone(), refused);
    let ServerLimits { head_timeout, stop_delay, .. } = limits;
    let timing = Timing { head_timeout, stop_delay, drain_timeout: DRAIN_TIMEOUT };
    let doors = doors.into_iter().map(|door| connections::serve(door, &gate, timing, &shutdown));
    let sockets = async {
        shutdown.cancelled().await;
        // A client that connects again before the load balancer notices would come back here.
        tokio::time::sleep(stop_delay).await;
        app.sockets.close(DRAIN_TIMEOUT).await;
    };
    tokio::join!(join_all(doors), sockets);
    app.close().await;
    tracing::info!("stopped");
}
