//! Whether PostgreSQL is there, asked again and again: a service that has nothing to store at the
//! moment would not notice.

use crate::Health;
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
pub fn watch_database(pool: PgPool, health: Health, without: Without, shutdown: CancellationToken) {
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        loop {
            let problem = ask(&pool).await.err().map(|error| {
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

async fn ask(pool: &PgPool) -> Result<(), sqlx::Error> {
    pool.acquire().await?.ping().await
}
