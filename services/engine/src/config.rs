//! The engine's settings.

use messages::{Rules, SHARDS_MAX, Shard, Shards};
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Applies orders and prices in stream order and stores snapshots of the state.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The file that lists the instruments (`markets.toml`), read at the start and when it changes;
    /// if unset, the list that this version ships with.
    #[arg(long, env = "MARKETS_FILE")]
    pub markets_file: Option<PathBuf>,
    /// The distance between bid and ask of every instrument, in basis points; overrides the file.
    #[arg(long, env = "SPREAD_BPS", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub spread_bps: Option<u32>,
    /// The maximum number of open positions of an account.
    #[arg(long, env = "MAX_OPEN_POSITIONS", default_value_t = exchange::DEFAULT_RULES.max_open_positions)]
    pub max_open_positions: u32,
    /// The maximum age of a price that fills orders (ms), unless the instrument has its own.
    #[arg(long, env = "STALE_PRICE_MS", default_value_t = exchange::DEFAULT_RULES.stale_price_ms)]
    pub stale_price_ms: u64,
    /// The time for which a closed order stays in memory, to answer queries (ms).
    #[arg(long, env = "CLOSED_RETENTION_MS", default_value_t = exchange::DEFAULT_RULES.closed_retention_ms)]
    pub closed_retention_ms: u64,
    /// The maximum number of closed orders in memory, whatever their age.
    #[arg(long, env = "CLOSED_RETENTION_MAX", default_value_t = exchange::DEFAULT_RULES.closed_retention_max)]
    pub closed_retention_max: u32,
    /// The maximum number of resting orders of an account.
    #[arg(long, env = "MAX_OPEN_ORDERS", default_value_t = messages::MAX_OPEN_ORDERS)]
    pub max_open_orders: u32,
    /// The maximum age of a mark price that closes positions and triggers orders (ms).
    #[arg(long, env = "STALE_MARK_MS", default_value_t = messages::STALE_MARK_MS)]
    pub stale_mark_ms: u64,
    /// The maximum distance of a mark price that closes positions and triggers orders from the
    /// middle of bid and ask, in basis points.
    #[arg(long, env = "MARK_DEVIATION_MAX_BPS", default_value_t = messages::MARK_DEVIATION_MAX_BPS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub mark_deviation_max_bps: u32,
    /// The interval between snapshots to PostgreSQL while the state changes (ms).
    #[arg(long, env = "SNAPSHOT_INTERVAL_MS", default_value_t = 15_000)]
    pub snapshot_interval_ms: u64,
    /// The number of snapshots to keep; `request:stream` is kept back to the oldest of them.
    #[arg(long, env = "SNAPSHOTS_KEPT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub snapshots_kept: u32,
    /// The delay before a state is stored as a snapshot (ms): longer than the time that Redis may
    /// lose in a power failure, which is 1 s if its append-only file is flushed every second.
    #[arg(long, env = "SNAPSHOT_DELAY_MS", default_value_t = 2_000)]
    pub snapshot_delay_ms: u64,
    /// The interval between two rows of `equity` of an account whose worth changes (ms); rows are
    /// made of snapshots, so no more often than these.
    #[arg(long, env = "EQUITY_INTERVAL_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub equity_interval_ms: u64,
    /// Leaves the lease to another engine that starts at the same time, follows it, and takes over
    /// when it dies or hangs.
    #[arg(long, env = "ENGINE_STANDBY")]
    pub standby: bool,
    /// The shards that this engine leads or follows, such as `0-3` or `0,2`; if unset, all.
    #[arg(long, env = "ENGINE_SHARDS")]
    pub engine_shards: Option<ShardNumbers>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9102>,
}

/// A shard in `ENGINE_SHARDS` that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ENGINE_SHARDS names shard {number}, but SHARDS is {count}: their numbers begin with 0")]
pub struct UnknownShard {
    number: u16,
    count: u16,
}

/// Numbers of shards, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardNumbers(BTreeSet<u16>);

impl FromStr for ShardNumbers {
    type Err = String;

    /// Parses numbers and ranges that are separated by commas: `0-3,6`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |part: &str| {
            format!("{part:?} is neither the number of a shard nor a range such as 0-3")
        };
        let number = |text: &str, part| {
            let number = text.trim().parse::<u16>().ok().filter(|number| *number < SHARDS_MAX);
            number.ok_or_else(|| wrong(part))
        };
        let mut numbers = BTreeSet::new();
        // Compose files pass an unset variable as an empty one.
        for part in text.split(',').filter(|_| !text.trim().is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first, part)?, number(last, part)?);
            if first > last {
                return Err(wrong(part));
            }
            numbers.extend(first..=last);
        }
        Ok(Self(numbers))
    }
}

/// The settings of the main loop, without the addresses of its servers.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The shard whose entries the loop applies.
    pub shard: Shard,
    /// The number of shards of the deployment.
    pub shards: u16,
    /// The rules; written to the stream when they differ from the current ones.
    pub rules: Rules,
    /// The interval between snapshots.
    pub snapshot_interval: Duration,
    /// The delay before a state is stored.
    pub snapshot_delay: Duration,
    /// The number of snapshots to keep.
    pub snapshots_kept: u32,
    /// The maximum number of outputs in one transaction.
    pub write_len: usize,
    /// True if this engine leaves the lease to one that starts at the same time.
    pub standby: bool,
}

/// The maximum number of outputs in one transaction. Between two transactions of a burst, Redis
/// serves other clients and the engine reads new entries.
const WRITE_LEN: usize = 2_000;

impl Config {
    /// Returns the shards that this engine leads or follows.
    ///
    /// # Errors
    /// When one of them does not exist.
    pub fn shards(&self, all: Shards) -> Result<Vec<Shard>, UnknownShard> {
        match &self.engine_shards {
            Some(ShardNumbers(numbers)) if !numbers.is_empty() => {
                let unknown = |number| UnknownShard { number, count: all.count() };
                numbers.iter().map(|n| all.get(*n).ok_or_else(|| unknown(*n))).collect()
            }
            Some(_) | None => Ok(all.all().collect()),
        }
    }

    /// Returns the settings of a shard's main loop.
    pub const fn settings(&self, shard: Shard) -> Settings {
        Settings {
            shard,
            shards: self.redis.shards,
            rules: Rules {
                max_open_positions: self.max_open_positions,
                stale_price_ms: self.stale_price_ms,
                closed_retention_ms: self.closed_retention_ms,
                closed_retention_max: self.closed_retention_max,
                order_id_retention_ms: Some(messages::IDEMPOTENCY_PERIOD_MS * 2),
                clock_lead_max_ms: Some(messages::CLOCK_LEAD_MAX_MS),
                max_open_orders: Some(self.max_open_orders),
                stale_mark_ms: Some(self.stale_mark_ms),
                mark_deviation_max_bps: Some(self.mark_deviation_max_bps),
            },
            snapshot_interval: Duration::from_millis(self.snapshot_interval_ms),
            snapshot_delay: Duration::from_millis(self.snapshot_delay_ms),
            snapshots_kept: self.snapshots_kept,
            write_len: WRITE_LEN,
            standby: self.standby,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbers_and_ranges() {
        let numbers =
            |text: &str| text.parse::<ShardNumbers>().map(|numbers| Vec::from_iter(numbers.0));
        assert_eq!(numbers("0-2,5"), Ok(vec![0, 1, 2, 5]));
        assert_eq!(numbers("3"), Ok(vec![3]));
        assert_eq!(numbers(" "), Ok(vec![]));
        for text in ["a", "1-", "-1", "3-1", "64", "1,,2", "0x1"] {
            assert!(numbers(text).is_err(), "{text}");
        }
    }
}
