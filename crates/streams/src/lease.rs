//! A lease with epochs: at most one process writes at a time, and earlier writers are fenced off.

use crate::connection::Redis;
use crate::entry::integer;
use crate::error::Error;
use crate::fence::{FenceError, FencedWriter};
use crate::script::Lua;
use messages::Shard;
use redis::{ToRedisArgs, Value};
use std::fmt;
use std::time::Duration;

/// The right to write, for which several processes compete.
///
/// It consists of two keys in Redis. `{name}:lease` names the holder and expires unless it is
/// renewed, so that a dead or hanging holder loses it. `{name}:epoch` changes with every new holder
/// and does not expire: a holder that lost the lease without noticing finds a different epoch and
/// can no longer write ([`FencedWriter`]).
pub struct Lease {
    redis: Redis,
    /// The connection of the [`FencedWriter`]s, of which one exists at a time.
    writing: Redis,
    /// The two keys.
    held: String,
    epoch: String,
    /// A key that is written before the confirmations of replicas are waited for.
    confirmed: String,
    holder: String,
    ttl_ms: u64,
}

/// The term of one holder. Later epochs have higher numbers; the text is unique even if Redis loses
/// its last second and reuses some numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The number of the epoch, which grows.
    pub number: u64,
    pub(crate) text: String,
}

/// Takes a lease that is free, or already held by the caller because the reply to its last attempt
/// was lost; in that case it gets a new epoch.
static ACQUIRE: Lua = Lua::new(
    r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return false
end
local last = string.match(redis.call('GET', KEYS[2]) or '', '^%d+') or '0'
local number = string.format('%.0f', math.max(tonumber(last), tonumber(ARGV[3])) + 1)
redis.call('SET', KEYS[2], number .. ' ' .. ARGV[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(number)
",
);

/// Renews a lease, even an expired one if no other process has taken it meanwhile.
static RENEW: Lua = Lua::new(
    r"
local holder = redis.call('GET', KEYS[1])
if redis.call('GET', KEYS[2]) ~= ARGV[3] or (holder and holder ~= ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
",
);

static RELEASE: Lua = Lua::new(
    r"
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
",
);

static SET_UNLESS_HELD: Lua = Lua::new(
    r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
",
);

impl Lease {
    /// Creates a competitor for a shard's lease of this name; `holder` must be unique to the process.
    pub fn new(redis: &Redis, shard: Shard, name: &str, holder: &str, ttl: Duration) -> Self {
        let held = shard.key(&format!("{name}:lease"));
        Self {
            redis: redis.clone(),
            writing: redis.dedicated(&held, "outputs"),
            held,
            epoch: shard.key(&format!("{name}:epoch")),
            confirmed: shard.key(&format!("{name}:confirmed")),
            holder: holder.to_owned(),
            ttl_ms: milliseconds(ttl),
        }
    }

    /// Takes the lease if it is free, with an epoch above `floor`.
    pub async fn acquire(&self, floor: u64) -> Result<Option<Epoch>, Error> {
        let keys = [self.held.as_str(), &self.epoch];
        match self.script(&ACQUIRE, &keys, &[self.ttl_ms, floor]).await? {
            Value::Nil => Ok(None),
            number => integer(&number).map(|number| Some(Epoch::new(number, &self.holder))),
        }
    }

    /// Renews the lease for its full time; returns false if another process has taken it.
    pub async fn renew(&self, epoch: &Epoch) -> Result<bool, Error> {
        let keys = [self.held.as_str(), &self.epoch];
        let renewed = self.script(&RENEW, &keys, (self.ttl_ms, &epoch.text)).await?;
        Ok(integer(&renewed)? == 1)
    }

    /// Releases the lease, so that another process can take it at once.
    pub async fn release(&self) -> Result<(), Error> {
        self.script(&RELEASE, &[&self.held], &[0_u64; 0]).await.map(drop)
    }

    /// Sets a key that expires after `ttl`, unless another process holds the lease.
    pub async fn set_expiring(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, Error> {
        let arguments = (value, milliseconds(ttl));
        let set = self.script(&SET_UNLESS_HELD, &[&self.held, key], arguments).await?;
        Ok(integer(&set)? == 1)
    }

    /// Opens a new connection on which only this epoch can write, and drops the previous one.
    pub async fn writer(&self, epoch: &Epoch) -> Result<FencedWriter, FenceError> {
        self.writing.disconnect();
        let connection = self.writing.connection().await?;
        let replication = self.redis.replication().map(|wanted| (wanted, self.confirmed.as_str()));
        FencedWriter::guarded(connection, self.epoch.clone(), epoch.clone(), replication).await
    }

    /// Runs a script; the first argument of every script is the holder.
    async fn script(
        &self,
        script: &Lua,
        keys: &[&str],
        arguments: impl ToRedisArgs,
    ) -> Result<Value, Error> {
        self.redis.script(script, keys, (&self.holder, arguments), Duration::MAX).await
    }
}

impl Epoch {
    /// Creates the epoch of this holder with this number.
    pub fn new(number: u64, holder: &str) -> Self {
        Self { number, text: format!("{number} {holder}") }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
