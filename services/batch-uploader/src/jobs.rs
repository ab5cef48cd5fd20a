//! TimescaleDB's background jobs, told to Prometheus.
//!
//! They store candles, compress trades and drop old ones. When they fail, nothing else does: candles
//! are computed when they are read, more slowly every day, and the disk fills.

use service::Metric;
use sqlx::PgPool;
use std::time::Duration;

/// How often the jobs are looked at; the shortest of them runs every minute.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// What `timescaledb_jobs()` says of a job.
const STATES: [&str; 4] = ["well", "failing", "overdue", "paused"];

const METRICS: &[Metric] = &[Metric::gauge(
    "velox_timescaledb_jobs",
    "Background jobs of TimescaleDB by state: well, failing (the last run failed), overdue (it did \
     not begin when it should have), paused. None where the database is without TimescaleDB.",
)
.by("state", &STATES)];

/// Looks again and again.
pub async fn observe(pool: &PgPool) {
    service::describe(METRICS);
    loop {
        if let Err(error) = look(pool).await {
            tracing::debug!(%error, "TimescaleDB's jobs can't be looked at now");
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
