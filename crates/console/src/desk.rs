//! What every command works with.

use crate::output::Output;
use anyhow::{Context as _, Result};
use service::{DatabaseArgs, RedisArgs};
use sqlx::PgPool;
use std::fmt;
use streams::Redis;

/// The servers, and where to print.
pub struct Desk {
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

impl Desk {
    /// Connects on first use.
    pub fn open(redis: &RedisArgs, database: &DatabaseArgs, output: Output) -> Result<Self> {
        let redis = Redis::new(&redis.url()).context("REDIS_URL")?;
        Ok(Self { redis, pool: database.pool(), output })
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
