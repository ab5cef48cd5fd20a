//! One writer at a time: a lease says who writes, and an epoch fences off whoever wrote before.

use crate::connection::Redis;
use crate::entry::integer;
use crate::error::Error;
use crate::fence::{FenceError, FencedWriter};
use redis::{Cmd, Value};
use std::fmt;
use std::time::Duration;

/// The right to write that several processes compete for.
///
/// Two keys of Redis. `{name}:lease` names the holder and expires unless it is renewed, so that a
/// holder which is dead or hangs loses it. `{name}:epoch` changes with every new holder and stays:
/// a holder that lost the lease without noticing finds another epoch than its own and can't write
/// any more ([`FencedWriter`]).
pub struct Lease {
    redis: Redis,
    /// The connection of [`FencedWriter`]s, one after the other.
    writing: Redis,
    /// The two keys.
    held: String,
    epoch: String,
    holder: String,
    ttl_ms: u64,
}

/// One holder's time. Later ones have higher numbers; the text is never the same twice, even where
/// Redis lost its last second and counts some numbers again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Counts the epochs.
    pub number: u64,
    pub(crate) text: String,
}

/// Free, or ours because the answer to the last attempt was lost: then it is ours under a new epoch.
const ACQUIRE: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return false
end
local last = string.match(redis.call('GET', KEYS[2]) or '', '^%d+') or '0'
local number = string.format('%.0f', math.max(tonumber(last), tonumber(ARGV[3])) + 1)
redis.call('SET', KEYS[2], number .. ' ' .. ARGV[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(number)
";

/// A lease that expired and that nobody took meanwhile is still the one of this epoch.
const RENEW: &str = r"
local holder = redis.call('GET', KEYS[1])
if redis.call('GET', KEYS[2]) ~= ARGV[3] or (holder and holder ~= ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
";

const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
";

const SET_UNLESS_HELD: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
";

impl Lease {
    /// To compete under this name; `holder` is different in every process that ever does.
    pub fn new(redis: &Redis, name: &str, holder: &str, ttl: Duration) -> Self {
        Self {
            redis: redis.clone(),
            writing: redis.dedicated("outputs"),
            held: format!("{name}:lease"),
            epoch: format!("{name}:epoch"),
            holder: holder.to_owned(),
            ttl_ms: milliseconds(ttl),
        }
    }

    /// Takes the lease if nobody has it, with an epoch above `floor`.
    pub async fn acquire(&self, floor: u64) -> Result<Option<Epoch>, Error> {
        let mut command = self.script(ACQUIRE, &[&self.held, &self.epoch]);
        command.arg(self.ttl_ms).arg(floor);
        match self.redis.run(&command).await? {
            Value::Nil => Ok(None),
            number => integer(&number).map(|number| Some(Epoch::new(number, &self.holder))),
        }
    }

    /// Keeps the lease for its time from now on; false when another holder has come.
    pub async fn renew(&self, epoch: &Epoch) -> Result<bool, Error> {
        let mut command = self.script(RENEW, &[&self.held, &self.epoch]);
        command.arg(self.ttl_ms).arg(&epoch.text);
        Ok(integer(&self.redis.run(&command).await?)? == 1)
    }

    /// Lets others have it at once.
    pub async fn release(&self) -> Result<(), Error> {
        self.redis.run(&self.script(RELEASE, &[&self.held])).await.map(drop)
    }

    /// Sets a key that Redis removes after `ttl`, unless somebody else has the lease.
    pub async fn set_expiring(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, Error> {
        let mut command = self.script(SET_UNLESS_HELD, &[&self.held, key]);
        command.arg(value).arg(milliseconds(ttl));
        Ok(integer(&self.redis.run(&command).await?)? == 1)
    }

    /// A fresh connection on which only this epoch writes; the one before is given up.
    pub async fn writer(&self, epoch: &Epoch) -> Result<FencedWriter, FenceError> {
        self.writing.disconnect();
        let connection = self.writing.connection().await?;
        FencedWriter::guarded(connection, self.epoch.clone(), epoch.clone()).await
    }

    /// The first argument of every script is the holder.
    fn script(&self, script: &str, keys: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(keys.len()).arg(keys).arg(&self.holder);
        command
    }
}

impl Epoch {
    /// Of this holder, with this number.
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
