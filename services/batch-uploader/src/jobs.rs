//! Metrics of TimescaleDB's background jobs.
//!
//! The jobs store candles, compress trades and drop old ones. Their failure shows nowhere else:
//! candles are computed when they are read, more slowly every day, and the disk fills.

use service::Metric;
use sqlx::PgPool;
use std::time::Duration;

/// The interval between inspections of the jobs; the most frequent job runs every minute.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// The states of a job that `timescaledb_jobs()` returns.
const STATES: [&str; 4] = ["well", "failing", "overdue", "paused"];

const METRICS: &[Metric] = &[Metric::gauge(
    "velox_timescaledb_jobs",
    "Background jobs of TimescaleDB by state: well, failing (the last run failed), overdue (it did \
     not begin when it should have), paused. None if the database has no TimescaleDB.",
)
.by("state", &STATES)];

/// Inspects the jobs periodically.
pub async fn observe(pool: &PgPool) {
    service::describe(METRICS);
    loop {
        if let Err(error) = look(pool).await {
            tracing::debug!(%error, "inspecting TimescaleDB's jobs failed");
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

async fn look(pool: &PgPool) -> Result<(), sqlx::Error> {
    let states = sqlx::query_scalar!(r#"select state as "state!" from timescaledb_jobs()"#)
        .fetch_all(pool)
        .await?;
    for state in STATES {
        let count = states.iter().filter(|found| *found == state).count();
        metrics::gauge!("velox_timescaledb_jobs", "state" => state)
            .set(service::count(count as u64));
    }
    Ok(())
}
