//! The metrics of a worker.

use crate::job::Job;
use service::Metric;

/// Registers the metrics, with a value of zero for this worker.
pub fn describe<J: Job>() {
    let by_worker = |metric: Metric| metric.by("worker", J::NAMES);
    service::describe(
        &[
            Metric::counter("velox_worker_entries_total", "Entries acknowledged."),
            Metric::counter("velox_worker_rows_total", "New rows written to the database."),
            Metric::counter("velox_worker_dead_letters_total", "Entries dead-lettered."),
            Metric::worker_lag(),
            Metric::histogram("velox_worker_batch_entries", "Entries stored together."),
        ]
        .map(by_worker),
    );
}
