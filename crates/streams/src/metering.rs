//! What is counted of every way to Redis.

use crate::error::Error;

/// Makes the metrics known, with a value of zero for this connection.
pub(crate) fn describe(purpose: &'static str) {
    metrics::describe_counter!(
        "velox_redis_reconnects_total",
        "Connections to Redis that were made because an earlier one broke, by what they are for."
    );
    metrics::describe_counter!(
        "velox_redis_commands_failed_total",
        "Commands that Redis did not answer, or refused for want of memory, disk or readiness."
    );
    metrics::counter!("velox_redis_reconnects_total", "connection" => purpose).increment(0);
    metrics::counter!("velox_redis_commands_failed_total", "connection" => purpose).increment(0);
}

pub(crate) fn reconnected(purpose: &'static str) {
    metrics::counter!("velox_redis_reconnects_total", "connection" => purpose).increment(1);
}

/// What the caller asked for wrongly is not counted: that is no trouble of the server's.
pub(crate) fn failed(purpose: &'static str, error: &Error) {
    if error.is_transient() {
        metrics::counter!("velox_redis_commands_failed_total", "connection" => purpose)
            .increment(1);
    }
}
