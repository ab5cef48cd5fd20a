//! Metrics that are sampled at each scrape.

use crate::metric::{Metric, describe};
use metrics_process::Collector;
use sqlx::PgPool;
use std::sync::{Mutex, PoisonError};

type Sample = Box<dyn Fn() + Send>;

/// The samples of this process. Never locked across an await.
static SAMPLES: Mutex<Vec<Sample>> = Mutex::new(Vec::new());

const POOL_METRICS: &[Metric] = &[
    Metric::gauge(
        "velox_database_connections",
        "Open connections of this process to PostgreSQL, by state.",
    )
    .by("state", &["idle", "used"]),
    Metric::gauge(
        "velox_database_connections_max",
        "The most connections to PostgreSQL that this process may open.",
    ),
    Metric::counter(
        "velox_database_acquire_timeouts_total",
        "Queries that timed out waiting for a free connection to PostgreSQL.",
    ),
];

/// Takes every sample.
pub fn take() {
    SAMPLES.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|sample| sample());
}

/// Adds the memory, CPU time, open files and age of this process.
pub fn sample_process() {
    let collector = Collector::default();
    collector.describe();
    add(move || collector.collect());
}

/// Adds the connections of a pool, by state.
pub fn sample_pool(pool: PgPool) {
    describe(POOL_METRICS);
    add(move || {
        let (all, idle) = (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX));
        metrics::gauge!("velox_database_connections", "state" => "idle").set(idle);
        let used = all.saturating_sub(idle);
        metrics::gauge!("velox_database_connections", "state" => "used").set(used);
        metrics::gauge!("velox_database_connections_max").set(pool.options().get_max_connections());
    });
}

/// Counts an error that shows that the pool is too small or the database unavailable. Code that
/// converts a sqlx error into its own type must call this.
pub fn note_database_error(error: &sqlx::Error) {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        metrics::counter!("velox_database_acquire_timeouts_total").increment(1);
    }
}

fn add(sample: impl Fn() + Send + 'static) {
    SAMPLES.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(sample));
}
