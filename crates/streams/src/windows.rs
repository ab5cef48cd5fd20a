//! Limits that are counted in fixed windows, which begin at multiples of their length: what exchanges
//! tell their clients is the sum that is used up in the current one.

use crate::connection::Redis;
use crate::entry::integer;
use crate::error::Error;
use crate::quota::Quota;
use crate::script::Lua;
use redis::Value;
use std::time::Duration;

/// The length of the first ban; each further one is twice as long as the one before.
const FIRST_BAN: Duration = Duration::from_mins(2);
const LONGEST_BAN: Duration = Duration::from_hours(72);

/// The time without a ban after which the next one is the first again.
const BANS_REMEMBERED_FOR: Duration = Duration::from_hours(24);

/// Adds an amount to the window. Who goes on until twice the limit is spent is banned: nothing is
/// counted or admitted until the ban is over. An amount of zero only reads.
static SPEND: Lua = Lua::new(
    r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local amount, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local banned = redis.call('PTTL', KEYS[2])
if banned > 0 then
  return {tonumber(redis.call('GET', KEYS[1]) or 0), banned, 1}
end
if amount == 0 then
  return {tonumber(redis.call('GET', KEYS[1]) or 0), 0, 0}
end
local used = redis.call('INCRBY', KEYS[1], amount)
local left = window - now % window
if used == amount then
  redis.call('PEXPIRE', KEYS[1], left)
end
if used <= limit then
  return {used, 0, 0}
end
if used <= 2 * limit then
  return {used, left, 0}
end
local bans = redis.call('INCR', KEYS[3])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
local ban = math.min(tonumber(ARGV[4]) * 2 ^ (bans - 1), tonumber(ARGV[5]))
redis.call('SET', KEYS[2], 1, 'PX', string.format('%.0f', ban))
return {used, ban, 1}
",
);

/// Adds an amount to both windows, if both have room for it.
static SPEND_BOTH: Lua = Lua::new(
    r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local amount = tonumber(ARGV[1])
local used = {}
for i = 1, 2 do
  local window, limit = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  used[i] = tonumber(redis.call('GET', KEYS[i]) or 0)
  if used[i] + amount > limit then
    return {used[1], used[2] or tonumber(redis.call('GET', KEYS[2]) or 0), i, window - now % window}
  end
end
for i = 1, 2 do
  used[i] = redis.call('INCRBY', KEYS[i], amount)
  if used[i] == amount then
    local window = tonumber(ARGV[2 * i])
    redis.call('PEXPIRE', KEYS[i], window - now % window)
  end
end
return {used[1], used[2], 0, 0}
",
);

/// The state of a window after a spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The sum that is spent in the current window.
    pub used: u32,
    /// The outcome.
    pub outcome: Spending,
}

/// The outcome of a spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// It was within the limit.
    Admitted,
    /// It exceeds the limit, until the window ends.
    Refused(Duration),
    /// The limit was exceeded by so much that nothing is admitted for this time.
    Banned(Duration),
}

/// The state of two windows after a spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentInBoth {
    /// The sums that are spent in the current windows.
    pub used: [u32; 2],
    /// The index of the window that has no room, and the time until it ends; nothing was spent then.
    pub refused: Option<(usize, Duration)>,
}

impl Redis {
    /// Spends an amount in a window, and bans who goes on beyond the limit.
    ///
    /// # Errors
    /// At once during an outage.
    pub async fn spend(&self, key: &str, amount: u32, limit: Quota) -> Result<Spent, Error> {
        let (ban, bans) = (self.beside(key, "ban"), self.beside(key, "bans"));
        let arguments = [
            amount.into(),
            millis(limit.window()),
            limit.count().into(),
            millis(FIRST_BAN),
            millis(LONGEST_BAN),
            millis(BANS_REMEMBERED_FOR),
        ];
        match self.script(&SPEND, &[key, &ban, &bans], &arguments, Duration::ZERO).await? {
            Value::Array(parts) if parts.len() == 3 => {
                let after = Duration::from_millis(integer(&parts[1])?);
                let outcome = match (integer(&parts[2])?, after) {
                    (0, Duration::ZERO) => Spending::Admitted,
                    (0, after) => Spending::Refused(after),
                    (_, after) => Spending::Banned(after),
                };
                Ok(Spent { used: sum(&parts[0])?, outcome })
            }
            _ => Err(Error::unexpected("the state of a window")),
        }
    }

    /// Spends an amount in a short and a long window at once.
    ///
    /// # Errors
    /// At once during an outage.
    pub async fn spend_in_both(
        &self,
        key: &str,
        amount: u32,
        limits: [Quota; 2],
    ) -> Result<SpentInBoth, Error> {
        let limit = |limit: Quota| [millis(limit.window()), limit.count().into()];
        let [first, second] = limits.map(limit);
        let arguments = [[amount.into()].as_slice(), &first, &second].concat();
        let (short, long) = (self.beside(key, "short"), self.beside(key, "long"));
        match self.script(&SPEND_BOTH, &[&short, &long], &arguments, Duration::ZERO).await? {
            Value::Array(parts) if parts.len() == 4 => {
                let used = [sum(&parts[0])?, sum(&parts[1])?];
                let after = Duration::from_millis(integer(&parts[3])?);
                let full = integer(&parts[2])?.checked_sub(1);
                let full = full.and_then(|index| usize::try_from(index).ok());
                Ok(SpentInBoth { used, refused: full.map(|index| (index, after)) })
            }
            _ => Err(Error::unexpected("the state of two windows")),
        }
    }
}

fn sum(value: &Value) -> Result<u32, Error> {
    Ok(u32::try_from(integer(value)?).unwrap_or(u32::MAX))
}

/// Returns a duration in whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
