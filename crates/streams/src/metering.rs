//! The metrics of a connection to Redis.

use crate::error::Error;

/// Registers the metrics, with a value of zero for this connection.
pub(crate) fn describe(purpose: &'static str) {
    metrics::describe_counter!(
        "velox_redis_reconnects_total",
        "Reconnections to Redis after a connection broke, by purpose of the connection."
    );
    metrics::describe_counter!(
        "velox_redis_commands_failed_total",
        "Commands that Redis did not answer, or refused for lack of memory, disk or readiness."
    );
    metrics::counter!("velox_redis_reconnects_total", "connection" => purpose).increment(0);
    metrics::counter!("velox_redis_commands_failed_total", "connection" => purpose).increment(0);
}

pub(crate) fn reconnected(purpose: &'static str) {
    metrics::counter!("velox_redis_reconnects_total", "connection" => purpose).increment(1);
}

/// Counts a failed command, unless the command itself was wrong: that is no fault of the server.
pub(crate) fn failed(purpose: &'static str, error: &Error) {
    if error.is_transient() {
        metrics::counter!("velox_redis_commands_failed_total", "connection" => purpose)
            .increment(1);
    }
}
