//! The context of a command: servers, output, verdict.

use crate::output::Output;
use anyhow::{Context as _, Result, bail};
use messages::{REQUEST_STREAM, RESPONSE_STREAM, Shard, UserId};
use service::{DatabaseArgs, RedisArgs};
use sqlx::PgPool;
use std::fmt;
use std::sync::Arc;
use streams::{Redis, RequestClient};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The servers and the output of a command, and the shard that it is about.
#[derive(Clone)]
pub struct Context {
    pub redis: Redis,
    pub shard: Shard,
    pub pool: PgPool,
    pub output: Arc<Output>,
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
        let redis = redis.open().context("REDIS_URL")?;
        let shard = redis.shards().first();
        Ok(Self { redis, shard, pool: database.pool(), output: Arc::new(output) })
    }

    /// The same for another shard.
    pub fn at(&self, shard: Shard) -> Self {
        let redis = self.redis.at(&shard.key(REQUEST_STREAM));
        Self { redis, shard, ..self.clone() }
    }

    /// The same for the shard of an account.
    pub fn of(&self, account: UserId) -> Self {
        self.at(self.redis.shards().of(account))
    }

    /// The same for each shard.
    pub fn each(&self) -> Vec<Self> {
        self.redis.shards().all().map(|shard| self.at(shard)).collect()
    }

    /// The same for the shard of an account, or for each shard if the account is not known.
    pub fn places(&self, account: Option<UserId>) -> Vec<Self> {
        account.map_or_else(|| self.each(), |account| vec![self.of(account)])
    }

    /// The same for the shard with a number, or for the only one if there is no number.
    pub fn named(&self, shard: Option<u16>) -> Result<Self> {
        let shards = self.redis.shards();
        let numbers = format!("there are {} shards, from 0 on", shards.count());
        let shard = match shard {
            None if shards.count() > 1 => bail!("--shard is needed: {numbers}"),
            None => shards.first(),
            Some(number) => shards
                .get(number)
                .with_context(|| format!("there is no shard {number}: {numbers}"))?,
        };
        Ok(self.at(shard))
    }

    /// The name of `request:stream` in the shard.
    pub fn requests(&self) -> String {
        self.shard.key(REQUEST_STREAM)
    }

    /// The name of `response:stream` in the shard.
    pub fn responses(&self) -> String {
        self.shard.key(RESPONSE_STREAM)
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
