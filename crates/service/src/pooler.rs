//! Detection of connection poolers that share a PostgreSQL session between connections.
//!
//! A pooler such as `PgBouncer` may give one session of the database to several clients in turn
//! (`pool_mode = transaction` or `statement`). Prepared statements, locks and snapshots belong to a
//! session, so one client would use those of another.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Row as _};

/// The number of times that the sessions of two connections are compared: while other clients take the
/// sessions that a pooler has left, each connection may get the same one several times.
const PROBES: usize = 8;

/// The problem reported for a pooler that shares sessions.
const SHARED_SESSIONS: &str = "DATABASE_URL leads to a pooler that gives one session to several \
     connections (such as PgBouncer with pool_mode = transaction or statement), so statements of \
     different connections would mix; connect to PostgreSQL directly or set pool_mode = session, \
     then restart this service";

/// The problem reported for a pooler that refuses the connection.
const STARTUP_PARAMETER: &str = "DATABASE_URL leads to PgBouncer, which refuses a startup \
     parameter; connect to PostgreSQL directly, or set pool_mode = session and \
     ignore_startup_parameters = extra_float_digits";

/// Returns the reason, if any, why the database must not be used through the pooler that `options`
/// lead to.
///
/// # Errors
/// When the database is unavailable.
pub async fn pooler_problem(
    options: &PgConnectOptions,
) -> Result<Option<&'static str>, sqlx::Error> {
    let mut one = match options.connect().await {
        Err(error) if error.to_string().contains("unsupported startup parameter") => {
            return Ok(Some(STARTUP_PARAMETER));
        }
        one => one?,
    };
    let mut other = options.connect().await?;
    let mut first = None;
    for _ in 0..PROBES {
        let sessions = (session(&mut one).await?, session(&mut other).await?);
        // Two sessions that exist at the same time are never served by one process, and a connection
        // keeps its session.
        if sessions.0 == sessions.1 || *first.get_or_insert(sessions) != sessions {
            return Ok(Some(SHARED_SESSIONS));
        }
    }
    Ok(None)
}

/// Returns the id of the backend process. The query is not prepared: that may not work here.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("select pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}
