//! Back-fills the past of the symbols that are recorded live, from Binance's candles.

pub mod klines;
pub mod plan;
pub mod venue;

use crate::backoff;
use crate::candles::{entries, fold};
use crate::config::Config;
use crate::publisher::send;
use messages::{CandlePart, StreamMessage as _, Symbol, UPLOADER_STREAM};
use plan::{Step, plan};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use streams::{Batch, Redis};
use tokio::task::JoinSet;
use tokio::time::sleep;
use venue::{FetchError, Venue};

/// Within this time after a second has ended, its candle is final.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// How long it is remembered that a symbol has its past: it is not asked for twice.
const PROGRESS_EXPIRY: Duration = Duration::from_hours(365 * 24);

const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The back-fills under way; they end with it. They are tasks of their own: whatever happens to
/// them, the live prices go on.
pub struct Backfill {
    filler: Arc<Filler>,
    tasks: JoinSet<()>,
}

struct Filler {
    venue: Venue,
    redis: Redis,
}

/// How far the back-fill of a symbol has come: the value of `feed:history:{SYMBOL}`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    /// Trades are recorded from this second (Unix s) on.
    cutoff_s: u64,
    /// So many of the steps that are planned for this cutoff.
    steps_done: usize,
    is_done: bool,
}

impl Backfill {
    /// Nothing is asked for before the first [`Backfill::begin`].
    pub fn new(config: &Config, redis: Redis) -> Self {
        let venue = Venue::new(&config.binance_rest_url);
        Self { filler: Arc::new(Filler { venue, redis }), tasks: JoinSet::new() }
    }

    /// Fills the past of a symbol whose live trades begin in this second (Unix s), unless it was
    /// filled before. One that was interrupted goes on, up to where it was to end then.
    pub fn begin(&mut self, symbol: Symbol, cutoff_s: u64) {
        let filler = self.filler.clone();
        self.tasks.spawn(async move { filler.fill(symbol, cutoff_s).await });
    }
}

impl Filler {
    async fn fill(&self, symbol: Symbol, cutoff_s: u64) {
        let started = Progress { cutoff_s, steps_done: 0, is_done: false };
        let mut progress = self.progress(symbol).await.unwrap_or(started);
        if progress.is_done {
            return;
        }
        sleep(SETTLED_AFTER).await;
        let steps = plan(progress.cutoff_s);
        for step in steps.iter().skip(progress.steps_done) {
            let fine = match self.fetch(symbol, step).await {
                Ok(fine) => fine,
                Err(error) => {
                    tracing::error!(%symbol, %error, "the past stays as it is");
                    return;
                }
            };
            progress.steps_done += 1;
            progress.is_done = progress.steps_done == steps.len();
            self.write(symbol, step, &fine, progress).await;
        }
        tracing::info!(%symbol, until_s = progress.cutoff_s, "the past is back-filled");
    }

    /// The candles that a step is made of; an error is final.
    async fn fetch(&self, symbol: Symbol, step: &Step) -> Result<Vec<CandlePart>, FetchError> {
        let mut fine = Vec::new();
        let mut failures = 0;
        for page in &step.pages {
            loop {
                match self.venue.candles(symbol, page).await {
                    Ok(candles) => {
                        fine.extend(candles);
                        failures = 0;
                        break;
                    }
                    Err(error @ FetchError::Refused { .. }) => return Err(error),
                    Err(error) => {
                        tracing::warn!(%symbol, %error, "a page of the past is asked for again");
                        sleep(backoff::delay(failures)).await;
                        failures += 1;
                    }
                }
            }
        }
        Ok(fine)
    }

    /// Writes what a step brought in one transaction with the progress: it is written once, also
    /// when the poller stops in between.
    async fn write(&self, symbol: Symbol, step: &Step, fine: &[CandlePart], progress: Progress) {
        let mut batch = self.redis.batch();
        append(symbol, step, fine, &mut batch);
        let json = serde_json::to_string(&progress).expect("a progress is plain JSON");
        batch.set_expiring(&progress_key(symbol), &json, PROGRESS_EXPIRY);
        send(&mut batch).await;
    }

    async fn progress(&self, symbol: Symbol) -> Option<Progress> {
        loop {
            match self.redis.get(&progress_key(symbol)).await {
                // One that can't be read is none: what is written again is there already.
                Ok(json) => return serde_json::from_str(&json?).ok(),
                Err(error) => {
                    tracing::warn!(%error, "waiting for Redis to back-fill the past");
                    sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }
}

fn progress_key(symbol: Symbol) -> String {
    format!("feed:history:{symbol}")
}

fn append(symbol: Symbol, step: &Step, fine: &[CandlePart], batch: &mut Batch) {
    for (timeframe, span_s) in &step.targets {
        let inside = fine.partition_point(|part| part.from_s < span_s.start);
        match fold(*timeframe, span_s, &fine[inside..]) {
            Ok(candles) => {
                for entry in entries(symbol, *timeframe, &candles) {
                    batch.append(UPLOADER_STREAM, &entry.encode());
                }
            }
            // Asking again would bring the same.
            Err(error) => tracing::error!(%symbol, %timeframe, %error, "candles are left out"),
        }
    }
}
