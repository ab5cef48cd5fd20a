//! Whether PostgreSQL is there, asked again and again: a service that has nothing to store at the
//! moment would not notice.

use crate::Health;
use crate::pooler::pooler_problem;
use crate::sampling::note_database_error;
use sqlx::{Connection as _, PgPool};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is asked.
const INTERVAL: Duration = Duration::from_secs(2);

/// What a service can do while the database is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing: it is not ready.
    Nothing,
    /// Most of its work: it is ready, and says so.
    Most,
}

/// Keeps `/readyz` up to date with the database, until `shutdown`.
///
/// Where it is behind a pooler that mixes statements, the service is not ready, whatever it can do
/// without, and the pool is closed, so that nothing goes that way.
pub fn watch_database(pool: PgPool, health: Health, without: Without, shutdown: CancellationToken) {
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
            match without {
                Without::Nothing => health.set_missing("PostgreSQL", problem),
                Without::Most => health.set_remark("PostgreSQL", problem),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }));
}

/// Why the database must not be used, if it answers.
async fn ask(pool: &PgPool, is_known: &mut bool) -> Result<Option<&'static str>, sqlx::Error> {
    // When it was away, something else may have taken its place.
    let was_known = std::mem::take(is_known);
    if !was_known && let Some(problem) = pooler_problem(&pool.connect_options()).await? {
        return Ok(Some(problem));
    }
    pool.acquire().await?.ping().await?;
    *is_known = true;
    Ok(None)
}
