//! Things to do at their times, shared by several processes: each is done by one of them, and by
//! another one if that stops before it is done.

use crate::connection::Redis;
use crate::entry::{array, text};
use crate::error::Error;
use crate::script::Lua;
use crate::windows::millis;
use std::time::Duration;

/// Takes what is due, and puts it off for as long as it may take.
static TAKE_DUE: Lua = Lua::new(
    r"
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(due) do
  redis.call('ZADD', KEYS[1], ARGV[1] + ARGV[2], member)
end
return due
",
);

/// Removes what was done, unless it was set to another time meanwhile.
static DONE: Lua = Lua::new(
    r"
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2]) or -1) == tonumber(ARGV[1]) then
  return redis.call('ZREM', KEYS[1], ARGV[2])
end
return 0
",
);

/// The most that is taken at once.
const TAKEN_MAX: u64 = 100;

impl Redis {
    /// Sets the time (Unix ms) of something to do, in place of an earlier one.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn schedule(&self, key: &str, what: &str, at_ms: u64) -> Result<(), Error> {
        let mut command = redis::cmd("ZADD");
        self.run(command.arg(key).arg(at_ms).arg(what)).await.map(drop)
    }

    /// Removes something from what is to be done.
    ///
    /// # Errors
    /// When Redis is unavailable.
    pub async fn unschedule(&self, key: &str, what: &str) -> Result<(), Error> {
        let mut command = redis::cmd("ZREM");
        self.run(command.arg(key).arg(what)).await.map(drop)
    }

    /// Takes what is due, and puts it off by `lease`: the time for doing it and saying so.
    ///
    /// # Errors
    /// At once during an outage.
    pub async fn take_due(
        &self,
        key: &str,
        now_ms: u64,
        lease: Duration,
    ) -> Result<Vec<String>, Error> {
        let lease_ms = millis(lease);
        let due =
            self.script(&TAKE_DUE, &[key], &[now_ms, lease_ms, TAKEN_MAX], Duration::ZERO).await?;
        array(due, "what is due")?.into_iter().map(text).collect()
    }

    /// Removes what was taken at `now_ms` and is done, unless it was set to another time since.
    ///
    /// # Errors
    /// At once during an outage.
    pub async fn scheduled_is_done(
        &self,
        key: &str,
        what: &str,
        now_ms: u64,
        lease: Duration,
    ) -> Result<(), Error> {
        let put_off_ms = now_ms.saturating_add(millis(lease)).to_string();
        self.script(&DONE, &[key], &[put_off_ms.as_str(), what], Duration::ZERO).await.map(drop)
    }
}
