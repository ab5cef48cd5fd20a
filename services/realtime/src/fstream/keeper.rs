//! Keeps the candles and the minutes of the last day in Redis, so that a restart loses no more of
//! them than the trades of its own time. Several servers write the same.

use super::bucket::Bucket;
use super::day::{Day, Kept};
use messages::{Run, Symbol};
use std::time::Duration;
use streams::Redis;
use tokio::sync::mpsc;
use views::binance::Interval;

/// The time for which a symbol's numbers are kept: a month, the longest candle.
const KEPT_FOR: Duration = Duration::from_hours(32 * 24);

/// The age from which on a minute is not needed.
const MINUTE_AGE_MAX_MS: u64 = (24 * 60 + 1) * 60_000;

/// The number of symbols that may wait to be written: more than there are.
const WAITING_MAX: usize = 4_096;

/// The field with the run of the trades.
const RUN: &str = "run";

/// Writes in the background what is to be kept.
pub struct Keeper {
    jobs: mpsc::Sender<Job>,
}

/// The minutes of a symbol that have changed.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// The start of the oldest one (Unix ms).
    pub from_ms: u64,
}

/// What was kept of a symbol, and the run that it belongs to.
pub struct Loaded {
    pub run: Option<Run>,
    pub kept: Kept,
}

struct Job {
    symbol: Symbol,
    run: Option<Run>,
    candles: Vec<(Interval, Bucket)>,
    minutes: Vec<Bucket>,
}

impl Keep {
    /// Includes a minute.
    pub fn include(&mut self, from_ms: u64) {
        self.from_ms = self.from_ms.min(from_ms);
    }
}

impl Keeper {
    /// Starts to write to this Redis, until the keeper is dropped.
    pub fn start(redis: Redis) -> Self {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(job) = waiting.recv().await {
                if let Err(error) = write(&redis, &job).await {
                    tracing::debug!(%error, "statistics are not kept; the next ones will be");
                }
            }
        });
        Self { jobs }
    }

    /// Hands a symbol's changes to the writer; returns false if too many wait.
    pub fn keep(&self, symbol: Symbol, day: &Day, changed: Keep) -> bool {
        let candles = day.kept_candles().collect();
        let minutes = day.minutes_since(changed.from_ms).copied().collect();
        self.jobs.try_send(Job { symbol, run: day.run(), candles, minutes }).is_ok()
    }
}

async fn write(redis: &Redis, job: &Job) -> Result<(), streams::Error> {
    let key = key(job.symbol);
    let run = serde_json::to_string(&job.run).expect("a run is plain JSON");
    let known = redis.hash_fields(&key, &[RUN]).await?;
    let mut batch = redis.batch();
    if known.iter().flatten().any(|known| *known != run) {
        batch.remove(&key);
    }
    batch.hash_set(&key, RUN, &run);
    for (interval, bucket) in &job.candles {
        let text = format!("{} {}", bucket.start_ms, bucket.to_text());
        batch.hash_set(&key, interval.as_str(), &text);
    }
    for minute in &job.minutes {
        batch.hash_set(&key, &minute.start_ms.to_string(), &minute.to_text());
        let old_ms = minute.start_ms.saturating_sub(MINUTE_AGE_MAX_MS);
        batch.hash_remove(&key, &old_ms.to_string());
    }
    batch.expire(&key, KEPT_FOR).send().await.map(drop)
}

/// Reads what was kept of a symbol, and removes its minutes that are older than a day.
pub async fn load(redis: &Redis, symbol: Symbol) -> Option<Loaded> {
    let key = key(symbol);
    let fields = redis.hash_all(&key).await.ok()?;
    let (_, run) = fields.iter().find(|(name, _)| name == RUN)?;
    let run = serde_json::from_str(run).ok()?;
    let mut kept = Kept::default();
    for (name, text) in &fields {
        if let Ok(interval) = name.parse::<Interval>() {
            let candle = text.split_once(' ').and_then(|(start, rest)| {
                Some((interval, Bucket::parse(start.parse().ok()?, rest)?))
            });
            kept.candles.extend(candle);
        } else if let Ok(start_ms) = name.parse::<u64>() {
            kept.minutes.extend(Bucket::parse(start_ms, text));
        }
    }
    let newest_ms = kept.minutes.iter().map(|minute| minute.start_ms).max().unwrap_or_default();
    let oldest_ms = newest_ms.saturating_sub(MINUTE_AGE_MAX_MS);
    let mut batch = redis.batch();
    for minute in kept.minutes.extract_if(.., |minute| minute.start_ms < oldest_ms) {
        batch.hash_remove(&key, &minute.start_ms.to_string());
    }
    if let Err(error) = batch.send().await {
        tracing::debug!(%error, "old minutes are not removed; the next start does it");
    }
    kept.minutes.sort_by_key(|minute| minute.start_ms);
    Some(Loaded { run, kept })
}

fn key(symbol: Symbol) -> String {
    format!("realtime:statistics:{symbol}")
}
