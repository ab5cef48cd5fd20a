//! The gateway's metrics.

use axum::http::{Method, StatusCode};
use service::Metric;
use std::time::Duration;

const METRICS: &[Metric] = &[
    Metric::counter("velox_http_requests_total", "Requests answered, by method and status.")
        .by("status", &[]),
    Metric::histogram("velox_http_request_seconds", "Time to answer a request of any kind."),
    Metric::counter(
        "velox_http_uncounted_total",
        "Requests let through without a rate limit because Redis was unavailable.",
    ),
    Metric::counter(
        "velox_http_connections_refused_total",
        "Connections, and requests of trusted proxies, refused for too many from their address.",
    ),
    Metric::counter("velox_http_rate_limited_total", "Requests refused by a rate limit."),
    Metric::counter(
        "velox_sign_in_locked_out_total",
        "Sign-ins refused after too many failed ones.",
    ),
    Metric::counter("velox_guests_total", "Guests created."),
    Metric::counter("velox_guests_registered_total", "Guests who registered."),
    Metric::gauge("velox_order_entry_connections", "Open WebSocket connections for order entry."),
    Metric::counter(
        "velox_order_entry_messages_total",
        "Messages of WebSocket connections for order entry answered, by the status of the answer.",
    )
    .by(
        "status",
        &["200", "201", "400", "401", "403", "404", "409", "422", "429", "500", "503", "504"],
    ),
    Metric::order_stages(&["gateway", "append", "reply"]),
];

/// Registers the metrics' descriptions.
pub fn describe() {
    service::describe(METRICS);
}

/// Records a response.
pub fn answered(method: &Method, path: &str, status: StatusCode, took: Duration) {
    let (method_name, status_name) = (known(method), status.as_u16().to_string());
    metrics::counter!("velox_http_requests_total", "method" => method_name, "status" => status_name)
        .increment(1);
    metrics::histogram!("velox_http_request_seconds").record(took);
    // Opening, closing and changing; refusals take a shorter path and would distort it.
    if path.starts_with("/api/v1/order/") && method != Method::GET && status.is_success() {
        metrics::histogram!("velox_order_stage_seconds", "stage" => "gateway").record(took);
    }
}

/// Records the answer to a message of a WebSocket for order entry.
pub fn message_answered(status: StatusCode) {
    let status = status.as_u16().to_string();
    metrics::counter!("velox_order_entry_messages_total", "status" => status).increment(1);
}

/// Sets the number of open WebSocket connections for order entry.
pub fn order_entry_connections(total: usize) {
    metrics::gauge!("velox_order_entry_connections").set(service::count(total as u64));
}

/// Records a call of the engine.
pub fn called(append: Duration, reply: Duration) {
    metrics::histogram!("velox_order_stage_seconds", "stage" => "append").record(append);
    metrics::histogram!("velox_order_stage_seconds", "stage" => "reply").record(reply);
}

/// Returns the label of a method. Clients may send any word, and each label is kept forever.
fn known(method: &Method) -> &'static str {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    methods.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
