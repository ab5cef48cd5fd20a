//! What the WebSocket server counts. Thousands of clients are told of every price: what is counted
//! there is looked up once and kept.

use metrics::Counter;
use service::Metric;
use std::sync::LazyLock;

/// All of them, for `/metrics`.
pub const METRICS: &[Metric] = &[
    Metric::gauge("velox_ws_connections", "Clients that are connected."),
    Metric::counter("velox_ws_messages_total", "Public messages taken up for a client."),
    Metric::counter("velox_ws_private_messages_total", "Account messages handed to a connection."),
    Metric::counter(
        "velox_ws_conflated_messages_total",
        "Public messages that stand for several, because the client came to look later than they \
         were made.",
    ),
    Metric::counter(
        "velox_ws_connections_refused_total",
        "Connections turned away before a WebSocket began, for too many from their address.",
    ),
    Metric::counter("velox_ws_closed_total", "Connections closed by the server, by close code.")
        .by(
            "code",
            &[
                "1000", "1001", "1003", "1008", "1009", "1013", "4001", "4002", "4003", "4004",
                "4008",
            ],
        ),
];

static MESSAGES: LazyLock<Counter> = LazyLock::new(|| metrics::counter!("velox_ws_messages_total"));
static CONFLATED: LazyLock<Counter> =
    LazyLock::new(|| metrics::counter!("velox_ws_conflated_messages_total"));

/// A client has taken up so many messages, some of which have replaced others.
pub fn read(messages: usize, conflated: u64) {
    MESSAGES.increment(messages as u64);
    if conflated > 0 {
        CONFLATED.increment(conflated);
    }
}

/// An account message went to so many connections.
pub fn private(connections: usize) {
    metrics::counter!("velox_ws_private_messages_total").increment(connections as u64);
}

/// There are so many clients.
pub fn connections(total: usize) {
    metrics::gauge!("velox_ws_connections").set(service::count(total as u64));
}
