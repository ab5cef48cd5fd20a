//! What every command works with.

use crate::output::Output;
use anyhow::{Context as _, Result};
use service::{DatabaseArgs, RedisArgs};
use sqlx::PgPool;
use std::fmt;
use streams::{Redis, RequestClient};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The servers, and where to print.
pub struct Context {
    pub redis: Redis,
    pub pool: PgPool,
    pub output: Output,
}

/// How a command ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Well,
    NotWell,
}

/// What somebody asked for is not there. The rest of what can go wrong is a failure.
#[derive(Debug)]
pub struct Absent(pub String);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Absent {}

impl Context {
    /// Connects on first use.
    pub fn open(redis: &RedisArgs, database: &DatabaseArgs, output: Output) -> Result<Self> {
        let redis = Redis::trusting(&redis.url(), redis.ca_file()).context("REDIS_URL")?;
        Ok(Self { redis, pool: database.pool(), output })
    }

    /// Somebody to ask the engine through, who listens until the guard is dropped.
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

/// An error that says that something is not there.
pub fn absent(what: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Absent(what.into()))
}
