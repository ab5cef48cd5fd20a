//! Back-fill of past candles from Binance, for symbols that are recorded live.

pub mod klines;
pub mod plan;
pub mod venue;

use crate::candles::{entries, fold};
use crate::config::{BinanceMarket, Config};
use crate::feed::VENUE_BACKOFF;
use crate::publisher::send;
use messages::{CandlePart, StreamMessage as _, Symbol, UPLOADER_STREAM};
use plan::{Step, plan, plan_without_seconds};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use streams::{Batch, Redis};
use tokio::task::JoinSet;
use tokio::time::sleep;
use venue::{FetchError, Venue};

/// The time after the end of a second by which its candle is final.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// The time for which a finished back-fill is remembered, so that it does not run twice.
const PROGRESS_EXPIRY: Duration = Duration::from_hours(365 * 24);

const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The running back-fills; dropping it ends them. They run in separate tasks, so that no failure of
/// theirs affects live prices.
pub struct Backfill {
    filler: Arc<Filler>,
    tasks: JoinSet<()>,
}

struct Filler {
    venue: Venue,
    market: BinanceMarket,
    redis: Redis,
}

/// The progress of a symbol's back-fill: the value of `feed:history:{SYMBOL}`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    /// Trades are recorded from this second (Unix s) on.
    cutoff_s: u64,
    /// The number of finished steps of the plan for this cutoff.
    steps_done: usize,
    is_done: bool,
}

impl Backfill {
    /// Creates a set without back-fills; nothing is requested before [`Backfill::begin`].
    pub fn new(config: &Config, redis: Redis) -> Self {
        let market = config.binance_market;
        let (base, path) = match market {
            BinanceMarket::Spot => (&config.binance_rest_url, "api/v3/klines"),
            BinanceMarket::Futures => (&config.binance_futures_rest_url, "fapi/v1/klines"),
        };
        let venue = Venue::new(base, path);
        Self { filler: Arc::new(Filler { venue, market, redis }), tasks: JoinSet::new() }
    }

    /// Starts the back-fill of a symbol whose live trades begin in this second (Unix s), unless it
    /// is done. An interrupted one resumes, up to its original cutoff.
    pub fn begin(&mut self, symbol: Symbol, feed_symbol: Symbol, cutoff_s: u64) {
        let filler = self.filler.clone();
        self.tasks.spawn(async move { filler.fill(symbol, feed_symbol, cutoff_s).await });
    }
}

impl Filler {
    async fn fill(&self, symbol: Symbol, feed_symbol: Symbol, cutoff_s: u64) {
        let started = Progress { cutoff_s, steps_done: 0, is_done: false };
        let mut progress = self.progress(symbol).await.unwrap_or(started);
        if progress.is_done {
            return;
        }
        sleep(SETTLED_AFTER).await;
        let steps = match self.market {
            BinanceMarket::Spot => plan(progress.cutoff_s),
            BinanceMarket::Futures => plan_without_seconds(progress.cutoff_s),
        };
        for step in steps.iter().skip(progress.steps_done) {
            let fine = match self.fetch(feed_symbol, step).await {
                Ok(fine) => fine,
                Err(error) => {
                    tracing::error!(%symbol, %error, "the back-fill failed");
                    return;
                }
            };
            progress.steps_done += 1;
            progress.is_done = progress.steps_done == steps.len();
            self.write(symbol, step, &fine, progress).await;
        }
        tracing::info!(%symbol, until_s = progress.cutoff_s, "the back-fill is complete");
    }

    /// Fetches the candles of a step; an error is final.
    async fn fetch(&self, feed_symbol: Symbol, step: &Step) -> Result<Vec<CandlePart>, FetchError> {
        let mut fine = Vec::new();
        let mut failures = 0;
        for page in &step.pages {
            loop {
                match self.venue.candles(feed_symbol, page).await {
                    Ok(candles) => {
                        fine.extend(candles);
                        failures = 0;
                        break;
                    }
                    Err(error @ FetchError::Refused { .. }) => return Err(error),
                    Err(error) => {
                        tracing::warn!(%feed_symbol, %error, "a page of candles is requested again");
                        sleep(VENUE_BACKOFF.delay(failures)).await;
                        failures += 1;
                    }
                }
            }
        }
        Ok(fine)
    }

    /// Writes the candles of a step and the progress in one transaction: a step is written once
    /// even if the poller stops in between.
    async fn write(&self, symbol: Symbol, step: &Step, fine: &[CandlePart], progress: Progress) {
        let mut batch = self.redis.batch();
        append(symbol, step, fine, &mut batch);
        let json = serde_json::to_string(&progress).expect("a progress is plain JSON");
        batch.set_expiring(&self.progress_key(symbol), &json, PROGRESS_EXPIRY);
        send(&mut batch).await;
    }

    /// The key of the progress, on the server that has the candles' stream.
    fn progress_key(&self, symbol: Symbol) -> String {
        self.redis.near(UPLOADER_STREAM, &progress_key(symbol))
    }

    async fn progress(&self, symbol: Symbol) -> Option<Progress> {
        loop {
            match self.redis.get(&self.progress_key(symbol)).await {
                // An unreadable value counts as none: rewriting candles changes nothing.
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
            // Another request would return the same.
            Err(error) => tracing::error!(%symbol, %timeframe, %error, "candles are left out"),
        }
    }
}
