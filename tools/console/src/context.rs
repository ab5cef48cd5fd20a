//! The context of a command: servers, output, verdict.

use crate::output::Output;
use anyhow::{Context as _, Result};
use service::{DatabaseArgs, RedisArgs};
use sqlx::PgPool;
use std::fmt;
use streams::{Redis, RequestClient};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The servers and the output of a command.
pub struct Context {
    pub redis: Redis,
    pub pool: PgPool,
    pub output: Output,
}

/// The result of a command that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Well,
    NotWell,
}

/// The error that the requested object does not exist. All other errors are failures of the
/// command.
#[derive(Debug)]
pub struct Absent(pub String);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Absent {}

impl Context {
    /// Creates a context; connections are made on first use.
    pub fn open(redis: &RedisArgs, database: &DatabaseArgs, output: Output) -> Result<Self> {
        let redis = Redis::trusting(&redis.url(), redis.ca_file()).context("REDIS_URL")?;
        Ok(Self { redis, pool: database.pool(), output })
    }

    /// Starts a client for requests to the engine, which listens until the guard is dropped.
    pub async fn caller(&self) -> (RequestClient, DropGuard) {
        let listening = CancellationToken::new();
        let client = RequestClient::start(self.redis.clone(), listening.clone()).await;
        (client, listening.drop_guard())
    }
}

impl Verdict {
    pub const fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::NotWell }
    }
}

/// Creates an [`Absent`] error.
pub fn absent(what: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Absent(what.into()))
}
