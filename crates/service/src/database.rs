//! Periodic check of PostgreSQL: a service with nothing to store would not notice an outage.

use crate::Health;
use crate::pooler::pooler_problem;
use crate::sampling::note_database_error;
use sqlx::{Connection as _, PgPool};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The interval between checks.
const INTERVAL: Duration = Duration::from_secs(2);

/// A service's need of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseNeed {
    /// Without it the service is not ready.
    Required,
    /// Without it the service stays ready, with a remark in `/readyz`: most of its work goes on.
    Optional,
}

/// Keeps `/readyz` up to date with the state of the database, until `shutdown`.
///
/// Behind a pooler that shares sessions between connections, the service is never ready, whatever
/// `need` says, and the pool is closed so that no statement is sent.
pub fn watch_database(
    pool: PgPool,
    health: Health,
    need: DatabaseNeed,
    shutdown: CancellationToken,
) {
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        let mut is_known = false;
        loop {
            let answer = ask(&pool, &mut is_known).await;
            if let Ok(Some(problem)) = answer {
                tracing::error!("{problem}");
                health.set_missing("PostgreSQL", Some(problem.to_owned()));
                return pool.close().await;
            }
            let problem = answer.err().map(|error| {
                note_database_error(&error);
                error.to_string()
            });
            match need {
                DatabaseNeed::Required => health.set_missing("PostgreSQL", problem),
                DatabaseNeed::Optional => health.set_remark("PostgreSQL", problem),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }));
}

/// Pings the database; returns the reason, if any, why it must not be used.
async fn ask(pool: &PgPool, is_known: &mut bool) -> Result<Option<&'static str>, sqlx::Error> {
    // After an outage, the URL may lead to another server.
    let was_known = std::mem::take(is_known);
    if !was_known && let Some(problem) = pooler_problem(&pool.connect_options()).await? {
        return Ok(Some(problem));
    }
    pool.acquire().await?.ping().await?;
    *is_known = true;
    Ok(None)
}
