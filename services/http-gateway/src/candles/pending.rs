//! Trades that are not in the database yet.

use messages::{MarketData, StreamMessage as _, Symbol, Trade, UPLOADER_GROUP, UPLOADER_STREAM};
use std::sync::Arc;
use std::time::{Duration, Instant};
use streams::Redis;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The time for which a read is reused: all charts together cost one read in this time.
const FRESH_FOR: Duration = Duration::from_millis(250);

/// The time limit of a read: a chart without the last seconds is better than one that waits.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

/// The most trades that are read, far above a batch. When the uploader lags more, charts lag too.
const TRADES_MAX: usize = 5_000;

/// The trades that the uploader has not stored yet, as of a moment ago.
pub struct PendingTrades {
    redis: Redis,
    /// Locked during a read, so that concurrent requests wait for it instead of reading as well.
    known: Mutex<Option<(Instant, Arc<[Trade]>)>>,
}

impl PendingTrades {
    pub fn new(redis: Redis) -> Self {
        Self { redis, known: Mutex::new(None) }
    }

    /// Returns the trades of one symbol, in order. Some may be stored by now.
    pub async fn of(&self, symbol: Symbol) -> Vec<Trade> {
        let mut known = self.known.lock().await;
        let trades = match &*known {
            Some((read_at, trades)) if read_at.elapsed() < FRESH_FOR => Arc::clone(trades),
            _ => {
                let trades = self.read().await;
                *known = Some((Instant::now(), Arc::clone(&trades)));
                trades
            }
        };
        drop(known);
        trades.iter().filter(|trade| trade.symbol == symbol).copied().collect()
    }

    async fn read(&self) -> Arc<[Trade]> {
        let entries = self.redis.unacknowledged(UPLOADER_STREAM, UPLOADER_GROUP, TRADES_MAX);
        let Ok(Ok(entries)) = timeout(READ_TIMEOUT, entries).await else { return Arc::new([]) };
        let mut trades: Vec<Trade> = entries
            .iter()
            .filter_map(|entry| match MarketData::decode(&entry.fields) {
                Ok(MarketData::Trade(trade)) => Some(trade),
                // The uploader reports what is wrong with it.
                Ok(MarketData::History(_) | MarketData::Funding(_)) | Err(_) => None,
            })
            .collect();
        trades.sort_unstable_by_key(|trade| (trade.time_us, trade.trade_id));
        trades.dedup_by_key(|trade| (trade.symbol, trade.trade_id));
        trades.into()
    }
}
