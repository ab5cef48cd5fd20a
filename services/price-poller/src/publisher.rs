//! From trades to everything that is made of them.

use crate::config::Config;
use crate::feed::{Arrived, FeedState, unix_ms};
use crate::odd_prints::OddPrints;
use crate::quote::quote;
use messages::{
    FEED_STATUS, Feed, FeedStatus, MarketPrice, REQUEST_STREAM, Request, RequestEntry,
    StreamMessage, Trade, UPLOADER_STREAM, last_price_key, market_channel,
};
use service::Health;
use std::time::Duration;
use streams::{Batch, Redis};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// Trades in one transaction. Large enough to catch up quickly after an outage.
const BATCH_LEN: usize = 500;

/// A price that waited longer than this becomes a tick only if it is the newest of its symbol.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// How often prices that were held back are looked at, and the status is renewed.
const BEAT: Duration = Duration::from_millis(250);

/// How often the status is written, and how long it outlives the poller.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
const STATUS_EXPIRY: Duration = Duration::from_secs(10);

/// How long the last price of a symbol is remembered for a simulation to go on from.
const LAST_PRICE_EXPIRY: Duration = Duration::from_hours(365 * 24);

const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Writes what the feed brings to Redis.
pub struct Publisher {
    pub redis: Redis,
    pub state: FeedState,
    pub health: Health,
    spread_bps: u32,
    odd_prints: OddPrints,
    status_written: Option<(FeedStatus, Instant)>,
}

/// Keeps a price for listeners to start with, and for a simulation to go on from.
pub fn remember(price: &MarketPrice, batch: &mut Batch) {
    batch.set_expiring(&last_price_key(price.trade.symbol), &price.to_json(), LAST_PRICE_EXPIRY);
}

/// Sends until it is sent. What may be there already is sent again.
pub async fn send(batch: &mut Batch) {
    while let Err(error) = batch.send().await {
        tracing::warn!(%error, "waiting for Redis to write the past");
        sleep(RETRY_INTERVAL).await;
    }
}

impl Publisher {
    pub fn new(config: &Config, redis: Redis, state: FeedState, health: Health) -> Self {
        let odd_prints = OddPrints::new(config.max_tick_move_bps);
        let spread_bps = config.spread_bps;
        Self { redis, state, health, spread_bps, odd_prints, status_written: None }
    }

    /// Publishes until the source is gone and all it brought is written.
    pub async fn run(mut self, mut trades: Receiver<Arrived>) {
        let mut arrived = Vec::with_capacity(BATCH_LEN);
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = trades.recv_many(&mut arrived, BATCH_LEN) => {
                    if count == 0 {
                        return;
                    }
                    self.publish(&arrived, trades.is_empty()).await;
                    arrived.clear();
                }
                _ = beat.tick() => self.publish(&[], trades.is_empty()).await,
            }
            self.renew_status().await;
        }
    }

    async fn publish(&mut self, arrived: &[Arrived], nothing_follows: bool) {
        let mut batch = self.redis.batch();
        let mut ticks: Vec<Arrived> = Vec::new();
        let released = self.odd_prints.release(unix_ms());
        ticks.extend(released.into_iter().map(|trade| Arrived { trade, at: Instant::now() }));
        for Arrived { trade, at } in arrived {
            batch.append(UPLOADER_STREAM, &trade.encode());
            let valid = self.odd_prints.judge(*trade, unix_ms());
            ticks.extend(valid.into_iter().map(|trade| Arrived { trade, at: *at }));
        }
        for (n, tick) in ticks.iter().enumerate() {
            let is_newest =
                ticks[n + 1..].iter().all(|later| later.trade.symbol != tick.trade.symbol);
            if tick.at.elapsed() <= LATE_AFTER || (is_newest && nothing_follows) {
                self.add_tick(&tick.trade, is_newest, &mut batch);
            }
        }
        self.send(batch).await;
    }

    fn add_tick(&self, trade: &Trade, is_newest: bool, batch: &mut Batch) {
        let Ok(update) = quote(trade, self.spread_bps) else {
            tracing::warn!(symbol = %trade.symbol, price = %trade.price, "a price is out of range");
            return;
        };
        let timestamp_ms = unix_ms();
        let entry = RequestEntry {
            request_id: None,
            timestamp_ms,
            reply_to: None,
            request: Request::PriceUpdate(update),
        };
        batch.append(REQUEST_STREAM, &entry.encode());
        let price = MarketPrice {
            bid: update.bid,
            ask: update.ask,
            timestamp_ms,
            trade: *trade,
            disputed: None,
        };
        batch.publish(&market_channel(trade.symbol), &price.to_json());
        if is_newest {
            remember(&price, batch);
        }
        let symbol = trade.symbol.as_str();
        metrics::counter!("velox_ticks_published_total", "symbol" => symbol).increment(1);
        let now_s = Duration::from_millis(timestamp_ms).as_secs_f64();
        metrics::gauge!("velox_feed_last_tick_timestamp_seconds", "symbol" => symbol).set(now_s);
    }

    /// Sends until it is sent. What may be there already is harmless twice: a price changes
    /// nothing the second time, and trades are told apart by their ids.
    async fn send(&mut self, mut batch: Batch) {
        if batch.is_empty() {
            return;
        }
        while let Err(error) = batch.send().await {
            self.health.set_not_ready(error.to_string());
            sleep(RETRY_INTERVAL).await;
        }
        self.health.set_ready();
    }

    /// Without the venue there is nothing to do but to wait for it; a recording that is over leaves
    /// its last price, as it was asked to.
    fn tell_health(&self, status: &FeedStatus) {
        metrics::gauge!("velox_feed_connected").set(u32::from(status.connected));
        let problem = (!status.connected).then(|| status.message.clone());
        let (missing, remark) =
            if status.feed == Feed::Binance { (problem, None) } else { (None, problem) };
        self.health.set_missing("feed", missing);
        self.health.set_remark("feed", remark);
    }

    /// Says what is new at once, and the same again before it expires.
    async fn renew_status(&mut self) {
        let status = self.state.status();
        self.tell_health(&status);
        if let Some((written, at)) = &self.status_written {
            let is_same =
                FeedStatus { timestamp_ms: written.timestamp_ms, ..status.clone() } == *written;
            if is_same && at.elapsed() < STATUS_INTERVAL {
                return;
            }
        }
        let json = serde_json::to_string(&status).expect("a status is plain JSON");
        if self.redis.set_expiring(FEED_STATUS, &json, STATUS_EXPIRY).await.is_ok() {
            self.status_written = Some((status, Instant::now()));
        }
    }
}
