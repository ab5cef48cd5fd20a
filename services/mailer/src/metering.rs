//! The mailer's metrics.

use messages::MAIL_GROUP;
use service::Metric;

const OUTCOMES: [&str; 3] = ["sent", "expired", "dead_lettered"];

/// Describes the metrics and sets those of this transport to zero.
pub fn describe(transport: &'static str) {
    service::describe(&[
        Metric::worker_lag().by("worker", &[MAIL_GROUP]),
        Metric::counter("velox_mails_total", "Mails that were completed, by outcome.")
            .by("outcome", &[]),
        Metric::counter("velox_mail_retries_total", "Failed attempts to send a mail.")
            .by("transport", &[]),
    ]);
    metrics::counter!("velox_mail_retries_total", "transport" => transport).increment(0);
    for outcome in OUTCOMES {
        metrics::counter!("velox_mails_total", "transport" => transport, "outcome" => outcome)
            .increment(0);
    }
}
