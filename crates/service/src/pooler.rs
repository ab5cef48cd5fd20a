//! Whether a connection to PostgreSQL is a session of its own.
//!
//! A pooler such as `PgBouncer` may give one session of the database to several of its clients in turn
//! (`pool_mode = transaction` or `statement`). Prepared statements, locks and snapshots belong to a
//! session: of one client they would be used by another.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Row as _};

/// How often two connections are compared: others who use the pooler may come in between.
const PROBES: usize = 8;

/// What is said of such a pooler.
const SHARED_SESSIONS: &str = "DATABASE_URL leads to a pooler that gives one session to several \
     connections (as PgBouncer with pool_mode = transaction or statement does): statements of one \
     would be carried out for another. Name PostgreSQL itself, or set pool_mode = session, and \
     start this service again";

/// What is said of a pooler that does not let us in.
const STARTUP_PARAMETER: &str = "DATABASE_URL leads to PgBouncer, which refuses a parameter of the \
     connection: name PostgreSQL itself, or set pool_mode = session and ignore_startup_parameters = \
     extra_float_digits";

/// Why the database can't be used behind what `options` lead to, if it can't.
///
/// # Errors
/// When the database is away.
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
    for _ in 0..PROBES {
        // Two sessions that exist at the same time are never served by one process.
        if session(&mut one).await? == session(&mut other).await? {
            return Ok(Some(SHARED_SESSIONS));
        }
    }
    Ok(None)
}

/// The number of the process that serves a statement. Not prepared: that is what may not work.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("select pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}
