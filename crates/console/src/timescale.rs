//! What commands ask of TimescaleDB.

use crate::words::unix_ms;
use anyhow::{Context as _, Result};
use serde::Serialize;
use sqlx::PgPool;

/// A background job of the database.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub id: i32,
    pub name: String,
    /// `well`, `failing`, `overdue` or `paused`.
    pub state: String,
    /// None before the first success.
    pub last_success_ms: Option<u64>,
}

/// The background jobs; none where the database is without TimescaleDB.
pub async fn jobs(pool: &PgPool) -> Result<Vec<Job>> {
    let rows = sqlx::query!(
        r#"select id as "id!", name as "name!", state as "state!", last_success
           from timescaledb_jobs()"#
    )
    .fetch_all(pool)
    .await
    .context("TimescaleDB's jobs")?;
    let jobs = rows.into_iter().map(|row| Job {
        id: row.id,
        name: row.name,
        state: row.state,
        last_success_ms: row.last_success.map(unix_ms),
    });
    Ok(jobs.collect())
}
