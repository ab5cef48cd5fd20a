//! What is measured at the moment somebody asks.

use crate::metric::{Metric, describe};
use metrics_process::Collector;
use sqlx::PgPool;
use std::sync::{Mutex, PoisonError};

type Sample = Box<dyn Fn() + Send>;

/// Of the process. Never held across an await.
static SAMPLES: Mutex<Vec<Sample>> = Mutex::new(Vec::new());

const POOL_METRICS: &[Metric] = &[
    Metric::gauge(
        "velox_database_connections",
        "Connections to PostgreSQL that this process has open, by what they do.",
    )
    .by("state", &["idle", "used"]),
    Metric::gauge(
        "velox_database_connections_max",
        "How many connections to PostgreSQL this process may have open.",
    ),
    Metric::counter(
        "velox_database_acquire_timeouts_total",
        "Queries that were given up because no connection to PostgreSQL was to be had in time.",
    ),
];

/// Takes every sample.
pub fn take() {
    SAMPLES.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|sample| sample());
}

/// Memory, processor time, files and age of this process.
pub fn sample_process() {
    let collector = Collector::default();
    collector.describe();
    add(move || collector.collect());
}

/// How a pool's connections are used.
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

/// Counts an error that says that the pool is too small, or the database away. Whoever turns an
/// error of sqlx into one of its own calls this.
pub fn note_database_error(error: &sqlx::Error) {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        metrics::counter!("velox_database_acquire_timeouts_total").increment(1);
    }
}

fn add(sample: impl Fn() + Send + 'static) {
    SAMPLES.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(sample));
}
