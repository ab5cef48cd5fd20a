//! Serving connections on all ports, and how it ends.

use crate::app::App;
use connections::{Bounds, Door, Gate, Timing};
use futures_util::future::join_all;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// How connections are treated.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// How many there may be; more wait until one ends.
    pub bounds: Bounds,
    /// How long a client may take to send the head of a request, and may be silent between two.
    pub head_timeout: Duration,
    /// How long new connections are still taken after the gateway was told to stop.
    pub stop_delay: Duration,
}

/// Serves until `shutdown`, then answers what is under way, and what has come in until then.
pub async fn serve(app: &App, doors: Vec<Door>, limits: ServerLimits, shutdown: CancellationToken) {
    let refused = "velox_http_connections_refused_total";
    let gate = Gate::new(limits.bounds, app.proxies.clone(), refused);
    let ServerLimits { head_timeout, stop_delay, .. } = limits;
    let timing = Timing { head_timeout, stop_delay, drain_timeout: DRAIN_TIMEOUT };
    let doors = doors.into_iter().map(|door| connections::serve(door, &gate, timing, &shutdown));
    join_all(doors).await;
    app.close().await;
    tracing::info!("stopped");
}
