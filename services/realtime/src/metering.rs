//! The WebSocket server's metrics. Counters on the path of every price to every client are looked
//! up once and kept.

use metrics::Counter;
use service::Metric;
use std::sync::LazyLock;

/// All metrics of the server, for `/metrics`.
pub const METRICS: &[Metric] = &[
    Metric::gauge("velox_ws_connections", "Connected clients."),
    Metric::counter("velox_ws_messages_total", "Public messages read from the board for a client."),
    Metric::counter("velox_ws_private_messages_total", "Account messages handed to a connection."),
    Metric::counter(
        "velox_ws_conflated_messages_total",
        "Public messages that replaced older ones before the client had read those.",
    ),
    Metric::counter(
        "velox_ws_trades_lost_total",
        "Trades and closed candles that were dropped because a client was too slow.",
    ),
    Metric::counter(
        "velox_ws_events_lost_total",
        "Times that a client of the Binance protocol was closed because account events were missing.",
    ),
    Metric::counter(
        "velox_ws_connections_refused_total",
        "Connections refused before the WebSocket upgrade, because of a connection limit.",
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

/// Counts the messages read for a client, and those of them that have replaced unread ones.
pub fn read(messages: usize, conflated: u64) {
    MESSAGES.increment(messages as u64);
    if conflated > 0 {
        CONFLATED.increment(conflated);
    }
}

/// Counts the trades and closed candles that were dropped for a client.
pub fn lost(trades: u64) {
    if trades > 0 {
        metrics::counter!("velox_ws_trades_lost_total").increment(trades);
    }
}

/// Counts a client that is closed because account events are missing.
pub fn events_lost() {
    metrics::counter!("velox_ws_events_lost_total").increment(1);
}

/// Counts an account message handed to this many connections.
pub fn private(connections: usize) {
    metrics::counter!("velox_ws_private_messages_total").increment(connections as u64);
}

/// Sets the number of connected clients.
pub fn connections(total: usize) {
    metrics::gauge!("velox_ws_connections").set(service::count(total as u64));
}
