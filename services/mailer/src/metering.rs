//! What the mailer counts.

use messages::MAIL_GROUP;
use service::Metric;

const OUTCOMES: [&str; 3] = ["sent", "expired", "dead_lettered"];

/// Makes the metrics known, with a value of zero for this way out.
pub fn describe(transport: &'static str) {
    service::describe(&[
        Metric::worker_lag().by("worker", &[MAIL_GROUP]),
        Metric::counter("velox_mails_total", "Mails done with, by what became of them.")
            .by("outcome", &[]),
        Metric::counter("velox_mail_retries_total", "Attempts to send a mail that failed.")
            .by("transport", &[]),
    ]);
    metrics::counter!("velox_mail_retries_total", "transport" => transport).increment(0);
    for outcome in OUTCOMES {
        metrics::counter!("velox_mails_total", "transport" => transport, "outcome" => outcome)
            .increment(0);
    }
}
