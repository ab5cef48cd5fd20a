//! Limits that hold across processes: rate limits, and lockouts after repeated failures. Redis' own
//! clock and single thread make both exact.

use crate::connection::Redis;
use crate::entry::integer;
use crate::error::Error;
use crate::script::Lua;
use redis::Value;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A rate limit: this many operations per window, all of them at once after a quiet window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    count: u32,
    window: Duration,
}

/// The status of a quota after a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaStatus {
    /// True if the operation is admitted; it was counted then.
    pub is_admitted: bool,
    /// The number of further operations that would be admitted at once.
    pub remaining: u32,
    /// The time until the next operation is admitted; zero if this one was.
    pub retry_after: Duration,
    /// The time until the whole quota is available again.
    pub reset_after: Duration,
}

/// The rules of a lockout after repeated failures: after `free` attempts each further one locks for
/// twice as long as the one before, from `first` to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    /// The number of attempts before the first lock.
    pub free: u32,
    /// The shortest lock.
    pub first: Duration,
    /// The longest lock.
    pub longest: Duration,
    /// The time without an attempt after which the count is reset.
    pub memory: Duration,
}

/// The generic cell rate algorithm: the key holds the time (µs) at which the whole quota will be
/// available again; each admission moves it by `window / count`, at most to `window` from now. Of
/// several operations, as many are admitted as are left.
static CHARGE: Lua = Lua::new(
    r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local step, window, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local whole_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local admitted = math.min(wanted, math.floor((now + window - whole_at) / step))
if admitted < 1 then
  return {0, 0, whole_at + step - now - window, whole_at - now}
end
whole_at = whole_at + step * admitted
local ahead = whole_at - now
redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', math.ceil(ahead / 1000))
return {admitted, math.floor((window - ahead) / step), 0, ahead}
",
);

/// Counts an attempt before it is made, so that concurrent attempts can't all slip through before
/// the first of them has failed.
static BEGIN_ATTEMPT: Lua = Lua::new(
    r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local locked_until = tonumber(redis.call('HGET', KEYS[1], 'lockedUntil') or 0)
if locked_until > now then
  return locked_until - now
end
local free, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
if count >= free then
  local lock = math.min(longest, first * 2 ^ (count - free))
  redis.call('HSET', KEYS[1], 'lockedUntil', string.format('%.0f', now + lock))
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0
",
);

static TAKE_BACK_ATTEMPT: Lua = Lua::new(
    r"
redis.call('HDEL', KEYS[1], 'lockedUntil')
if redis.call('HINCRBY', KEYS[1], 'count', -1) <= 0 then
  redis.call('DEL', KEYS[1])
end
return 0
",
);

impl Quota {
    /// The number of operations per window.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The window.
    pub const fn window(self) -> Duration {
        self.window
    }

    /// The time in which one more operation is admitted, once the quota is used up.
    pub(crate) fn step(self) -> Duration {
        (self.window / self.count).max(Duration::from_micros(1))
    }
}

impl FromStr for Quota {
    type Err = String;

    /// Parses `60/10s`: sixty operations per ten seconds.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not of the form 60/10s");
        let (count, window) = text.split_once('/').ok_or_else(wrong)?;
        let seconds = window.strip_suffix('s').ok_or_else(wrong)?;
        let count: u32 = count.parse().map_err(|_| wrong())?;
        let seconds: u32 = seconds.parse().map_err(|_| wrong())?;
        // The script counts in steps of at least a microsecond.
        if count == 0 || seconds == 0 || seconds > 86_400 || count > 1_000_000 {
            return Err(format!("{text:?} is not within 1 to 1000000 times in 1 to 86400 seconds"));
        }
        Ok(Self { count, window: Duration::from_secs(seconds.into()) })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}s", self.count, self.window.as_secs())
    }
}

impl Redis {
    /// Charges one operation to the quota under this key.
    ///
    /// Fails at once during an outage: a limit is no reason to wait for Redis.
    pub async fn charge(&self, key: &str, quota: Quota) -> Result<QuotaStatus, Error> {
        self.charge_up_to(key, quota, 1).await.map(|(_, status)| status)
    }

    /// Charges up to `wanted` operations to the quota under this key; returns how many were admitted.
    ///
    /// Fails at once during an outage.
    pub(crate) async fn charge_up_to(
        &self,
        key: &str,
        quota: Quota,
        wanted: u32,
    ) -> Result<(u32, QuotaStatus), Error> {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let arguments = [micros(quota.step()), micros(quota.window), wanted.into()];
        match self.script(&CHARGE, &[key], &arguments, Duration::ZERO).await? {
            Value::Array(parts) if parts.len() == 4 => {
                let micros = |part| integer(part).map(Duration::from_micros);
                let admitted = u32::try_from(integer(&parts[0])?).unwrap_or_default();
                let status = QuotaStatus {
                    is_admitted: admitted > 0,
                    remaining: u32::try_from(integer(&parts[1])?).unwrap_or(u32::MAX),
                    retry_after: micros(&parts[2])?,
                    reset_after: micros(&parts[3])?,
                };
                Ok((admitted, status))
            }
            _ => Err(Error::unexpected("the status of a quota")),
        }
    }

    /// Begins an attempt under this key; returns the remaining time if the key is locked.
    pub async fn begin_attempt(
        &self,
        key: &str,
        lockout: Lockout,
    ) -> Result<Option<Duration>, Error> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let Lockout { free, first, longest, memory } = lockout;
        let arguments = [free.into(), millis(first), millis(longest), millis(memory)];
        let locked_ms =
            integer(&self.script(&BEGIN_ATTEMPT, &[key], &arguments, Duration::ZERO).await?)?;
        Ok((locked_ms > 0).then(|| Duration::from_millis(locked_ms)))
    }

    /// Takes back an attempt under this key that did not fail after all.
    pub async fn take_back_attempt(&self, key: &str) -> Result<(), Error> {
        self.script(&TAKE_BACK_ATTEMPT, &[key], &[0_u64; 0], Duration::ZERO).await.map(drop)
    }

    /// Forgets all attempts under this key.
    pub async fn forget_attempts(&self, key: &str) -> Result<(), Error> {
        let mut command = redis::cmd("DEL");
        self.run(command.arg(key)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_written_as_times_in_seconds() {
        let quota: Quota = "60/10s".parse().unwrap();
        assert_eq!((quota.count(), quota.window()), (60, Duration::from_secs(10)));
        assert_eq!(quota.to_string(), "60/10s");
        for text in ["", "60", "60/10", "60/10m", "0/1s", "1/0s", "-1/1s", "1/86401s", "1000001/1s"]
        {
            assert!(text.parse::<Quota>().unwrap_err().contains(text), "{text}");
        }
    }
}
