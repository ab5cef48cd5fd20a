//! Publishes trades and prices to Redis.

use crate::config::Config;
use crate::feed::{Arrival, Arrived, FeedState, unix_ms};
use crate::lanes::{Lanes, Outgoing};
use crate::marks::Marks;
use crate::metering;
use crate::prices::{Notice, Prices, remembered};
use crate::quote::quote;
use crate::settlements;
use futures_util::future::join_all;
use markets::{Followed, Markets};
use messages::{
    DisputePrice, DisputeReason, FEED_STATUS, Feed, FeedStatus, MarkPrice, MarketData, MarketPrice,
    Request, StreamMessage, Symbol, UPLOADER_STREAM, accepted_price_key, last_mark_key,
    last_price_key, mark_channel, market_channel,
};
use service::Health;
use std::collections::BTreeMap;
use std::time::Duration;
use streams::{Batch, Redis};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// The maximum number of trades per transaction: large enough to catch up quickly after an outage.
pub const BATCH_LEN: usize = 500;

/// A price that waited longer than this becomes a tick only if it is the newest of its symbol.
pub const LATE_AFTER: Duration = Duration::from_secs(1);

/// The interval of the checks for silence, accepted prices and a changed status.
const BEAT: Duration = Duration::from_millis(250);

/// The interval at which the status is rewritten, and the time by which it outlives the poller.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
const STATUS_EXPIRY: Duration = Duration::from_secs(10);

/// The time for which the last price and mark price of a symbol are remembered.
const LAST_PRICE_EXPIRY: Duration = Duration::from_hours(365 * 24);

pub const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Writes the feed's trades, prices and status to Redis.
pub struct Publisher {
    pub redis: Redis,
    pub state: FeedState,
    pub health: Health,
    /// The ways to the shards of a cluster, each of which may be on another server. A single server gets
    /// everything at once, so that it has no price without its trade.
    lanes: Option<Lanes>,
    followed: Followed,
    /// The instruments that the prices are prepared for.
    listed: Markets,
    prices: Prices,
    marks: Marks,
    /// The fundings of the first list are prepared for: those of later ones are new.
    has_resumed: bool,
    status_written: Option<(FeedStatus, Instant)>,
}

/// Stores a price as the first value for new listeners and as the start of a simulation.
pub fn remember(price: &MarketPrice, batch: &mut Batch) {
    batch.set_expiring(&last_price_key(price.trade.symbol), &price.to_json(), LAST_PRICE_EXPIRY);
}

/// Adds a mark price for the engine and listeners.
fn add_mark(mark: &MarkPrice, out: &mut Outgoing) {
    out.request(Request::MarkPrice(*mark));
    let (json, batch) = (mark.to_json(), &mut out.batch);
    batch.publish(&mark_channel(mark.symbol), &json);
    batch.set_expiring(&last_mark_key(mark.symbol), &json, LAST_PRICE_EXPIRY);
    let symbol = mark.symbol.to_string();
    metrics::counter!("velox_marks_published_total", "symbol" => symbol).increment(1);
}

/// Sends a batch, retrying until it succeeds. Entries may be written twice.
pub async fn send(batch: &mut Batch) {
    while let Err(error) = batch.send().await {
        tracing::warn!(%error, "waiting for Redis to write candles or trades of the past");
        sleep(RETRY_INTERVAL).await;
    }
}

impl Publisher {
    pub fn new(
        config: &Config,
        redis: Redis,
        followed: Followed,
        state: FeedState,
        health: Health,
    ) -> Self {
        let (listed, prices) = (Markets::default(), Prices::new(config));
        let (marks, has_resumed, status_written) = (Marks::default(), false, None);
        let lanes = redis.is_cluster().then(|| Lanes::open(&redis, &health));
        Self {
            redis,
            state,
            health,
            lanes,
            followed,
            listed,
            prices,
            marks,
            has_resumed,
            status_written,
        }
    }

    /// Publishes until the source is gone and all its trades are written.
    pub async fn run(mut self, mut arrivals: Receiver<Arrival>) {
        let mut arrived = Vec::with_capacity(BATCH_LEN);
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = arrivals.recv_many(&mut arrived, BATCH_LEN) => {
                    if count == 0 {
                        break;
                    }
                    self.publish(&arrived, arrivals.is_empty()).await;
                    arrived.clear();
                }
                _ = beat.tick() => {
                    self.see_to_new_instruments().await;
                    self.hear_operators().await;
                    // While trades wait in the channel, the feed is not silent.
                    if arrivals.is_empty() {
                        let silent = self.prices.silent();
                        self.announce(&silent, self.outgoing(), true).await;
                    }
                }
            }
            self.send_marks().await;
            self.renew_status().await;
        }
        if let Some(lanes) = self.lanes {
            lanes.close().await;
        }
    }

    fn outgoing(&self) -> Outgoing {
        let out = Outgoing::together(&self.redis);
        if self.lanes.is_some() { out.apart() } else { out }
    }

    /// Sends the mark prices and the fundings that are due.
    async fn send_marks(&mut self) {
        let mut out = self.outgoing();
        for symbol in self.marks.unprepared(&self.listed) {
            // Without Redis the next turn prepares for it.
            if let Ok(settling) = settlements::resume(&self.redis, symbol, self.has_resumed).await {
                self.marks.prepare(symbol, settling);
                settlements::remember(symbol, settling.last_ms(), &mut out.batch);
            }
        }
        self.has_resumed |=
            !self.listed.is_empty() && self.marks.unprepared(&self.listed).is_empty();
        let (marks, fundings) = self.marks.due(&self.listed, unix_ms());
        for mark in &marks {
            add_mark(mark, &mut out);
        }
        for funding in &fundings {
            settlements::add(funding, &mut out);
        }
        let delivered = self.send(out).await;
        if fundings.is_empty() {
            return;
        }
        // One that is not remembered is sent again, and one that is remembered never.
        let mut batch = self.redis.batch();
        for funding in &fundings {
            settlements::remember(funding.symbol, funding.funding_ms, &mut batch);
        }
        tokio::spawn(async move {
            join_all(delivered).await;
            send(&mut batch).await;
        });
    }

    async fn publish(&mut self, arrived: &[Arrival], nothing_follows: bool) {
        self.see_to_new_instruments().await;
        let mut out = self.outgoing();
        let mut notices = Vec::new();
        // Of the mark prices that have waited, the newest of each symbol.
        let mut marks = BTreeMap::new();
        for arrival in arrived {
            match arrival {
                Arrival::Started(feed) => {
                    // Earlier prices must be remembered before the new source is judged by them.
                    self.announce(&notices, out, false).await;
                    if let Some(lanes) = &self.lanes {
                        lanes.flush().await;
                    }
                    (out, notices) = (self.outgoing(), Vec::new());
                    self.listed = self.followed.ready().await;
                    self.prices.set_feed(*feed);
                    self.marks.begin(*feed);
                    for symbol in self.listed.clone().symbols() {
                        self.prepare(symbol).await;
                    }
                }
                Arrival::Restarted(symbol) => self.prices.begin_run(*symbol),
                Arrival::Renamed(symbol) => {
                    self.prices.rename(*symbol);
                    self.marks.forget(*symbol);
                }
                Arrival::Mark(mark) => {
                    let mark = self.marks.take(*mark, &self.listed);
                    marks.extend(mark.map(|mark| (mark.symbol, mark)));
                }
                Arrival::Trade(arrived) if !self.prices.has(arrived.trade.symbol) => {
                    metrics::counter!("velox_feed_trades_unlisted_total").increment(1);
                }
                Arrival::Trade(arrived) => {
                    let trade = MarketData::Trade(arrived.trade).encode();
                    out.batch.append(UPLOADER_STREAM, &trade);
                    let symbol = arrived.trade.symbol.to_string();
                    metrics::gauge!("velox_feed_last_trade_timestamp_seconds", "symbol" => symbol)
                        .set(Duration::from_millis(unix_ms()).as_secs_f64());
                    let notice = self.prices.take(*arrived);
                    if let Some(Notice::Price(arrived)) = &notice {
                        let trade = arrived.trade;
                        self.marks.sample(trade.symbol, trade.price, arrived.made_at_ms);
                    }
                    notices.extend(notice);
                }
            }
        }
        for mark in marks.into_values() {
            add_mark(&mark, &mut out);
        }
        self.announce(&notices, out, nothing_follows).await;
    }

    /// Adds the notices for the engine and listeners to what is sent, and sends it.
    async fn announce(&mut self, notices: &[Notice], mut out: Outgoing, nothing_follows: bool) {
        for (n, notice) in notices.iter().enumerate() {
            match notice {
                Notice::Price(arrived) => {
                    let symbol = arrived.trade.symbol;
                    let is_newest = !notices[n + 1..].iter().any(|later| {
                        matches!(later, Notice::Price(later) if later.trade.symbol == symbol)
                    });
                    if arrived.at.elapsed() <= LATE_AFTER || (is_newest && nothing_follows) {
                        self.add_tick(arrived, is_newest, &mut out);
                    }
                }
                Notice::Dispute(symbol, reason) => self.add_dispute(*symbol, *reason, &mut out),
            }
        }
        // Nothing waits for prices to arrive.
        drop(self.send(out).await);
    }

    fn add_tick(&mut self, arrived: &Arrived, is_newest: bool, out: &mut Outgoing) {
        let trade = arrived.trade;
        let Some(instrument) = self.listed.get(trade.symbol) else { return };
        let Ok(mut update) = quote(&trade, instrument.spread_bps) else {
            tracing::warn!(symbol = %trade.symbol, price = %trade.price, "a price is out of range");
            return;
        };
        let valid_for_ms = u64::try_from(self.prices.valid_for().as_millis());
        (update.traded_at_ms, update.valid_for_ms) = (Some(arrived.made_at_ms), valid_for_ms.ok());
        let timestamp_ms = unix_ms();
        out.request(Request::PriceUpdate(update));
        let (bid, ask, run) = (update.bid, update.ask, self.prices.run(trade.symbol));
        let price = MarketPrice { bid, ask, timestamp_ms, trade, disputed: None, run };
        out.batch.publish(&market_channel(trade.symbol), &price.to_json());
        self.prices.set_last(price);
        if is_newest {
            remember(&price, &mut out.batch);
        }
        let symbol = trade.symbol.to_string();
        metrics::counter!("velox_ticks_published_total", "symbol" => symbol.clone()).increment(1);
        let now_s = Duration::from_millis(timestamp_ms).as_secs_f64();
        metrics::gauge!("velox_feed_last_tick_timestamp_seconds", "symbol" => symbol).set(now_s);
    }

    fn add_dispute(&mut self, symbol: Symbol, reason: DisputeReason, out: &mut Outgoing) {
        out.request(Request::DisputePrice(DisputePrice { symbol, reason }));
        if let Some(price) = self.prices.disputed_price(symbol, reason) {
            out.batch.publish(&market_channel(symbol), &price.to_json());
            remember(&price, &mut out.batch);
        }
    }

    /// Prepares for instruments that were listed since the source started.
    async fn see_to_new_instruments(&mut self) {
        let listed = self.followed.now();
        if listed == self.listed || self.listed.is_empty() {
            return;
        }
        for symbol in listed.symbols() {
            if !self.prices.has(symbol) {
                self.prepare(symbol).await;
            }
        }
        self.listed = listed;
    }

    /// Prepares for the trades of an instrument, from the price at which a poller stopped last.
    /// Waits for Redis, unless the server is one of several: then what was seen last is as good.
    async fn prepare(&mut self, symbol: Symbol) {
        metering::begin(symbol);
        let remembered = loop {
            match self.redis.get(&last_price_key(symbol)).await {
                Ok(json) => break json.and_then(|json| remembered(&json)),
                Err(_) if self.lanes.is_some() && self.prices.has(symbol) => break None,
                Err(error) => self.health.set_not_ready(error.to_string()),
            }
            sleep(RETRY_INTERVAL).await;
        };
        self.prices.prepare(symbol, remembered);
    }

    /// Applies the prices that operators have accepted to held prices.
    async fn hear_operators(&mut self) {
        for held in self.prices.disputed().into_iter().filter(|price| price.held.is_some()) {
            let symbol = held.symbol;
            // Without Redis no accepted price can be read.
            let Ok(Some(text)) = self.redis.take(&accepted_price_key(symbol)).await else {
                continue;
            };
            let is_accepted =
                text.parse().is_ok_and(|price| self.prices.accept_held(symbol, price));
            if is_accepted {
                tracing::warn!(%symbol, price = text, "an operator has accepted the held price");
            } else {
                tracing::warn!(%symbol, price = text, "the accepted price is not held; ignored");
            }
        }
    }

    /// Sends everything, retrying until it succeeds. Duplicates are harmless: a price changes nothing
    /// the second time, and trades are deduplicated by id. On a cluster it is only handed over;
    /// see [`Lanes::send`] for the result.
    async fn send(&mut self, out: Outgoing) -> Vec<oneshot::Receiver<()>> {
        if let Some(lanes) = &self.lanes {
            self.health.set_ready();
            return lanes.send(out);
        }
        let mut batch = out.batch;
        if !batch.is_empty() {
            while let Err(error) = batch.send().await {
                self.health.set_not_ready(error.to_string());
                sleep(RETRY_INTERVAL).await;
            }
            self.health.set_ready();
        }
        Vec::new()
    }

    /// Reports the status to readiness. A missing venue makes the poller not ready; a finished
    /// recording keeps its last price, as configured, and a held price must not stop the trading of
    /// other symbols, so these are remarks only.
    fn tell_health(&self, status: &FeedStatus) {
        metrics::gauge!("velox_feed_connected").set(u32::from(status.connected));
        metering::set_disputed(self.prices.symbols(), &status.disputed);
        let problem = (!status.connected).then(|| status.message.clone());
        let (missing, remark) =
            if status.feed == Feed::Binance { (problem, None) } else { (None, problem) };
        self.health.set_missing("feed", missing);
        self.health.set_remark("feed", remark);
        let prices = |is_held: bool| {
            let disputed = status.disputed.iter();
            let chosen = disputed.filter(|price| (price.reason == DisputeReason::Held) == is_held);
            let texts: Vec<String> =
                chosen.map(|price| format!("{}: {}", price.symbol, price.reason)).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        self.health.set_missing("prices", prices(false));
        self.health.set_remark("held prices", prices(true));
        self.health.set_remark("recording", status.recording.clone());
    }

    /// Writes a changed status at once, and an unchanged one before it expires.
    async fn renew_status(&mut self) {
        let status = self.state.status(self.prices.disputed(), self.prices.len());
        self.tell_health(&status);
        if let Some((written, at)) = &self.status_written {
            let is_same =
                FeedStatus { timestamp_ms: written.timestamp_ms, ..status.clone() } == *written;
            if is_same && at.elapsed() < STATUS_INTERVAL {
                return;
            }
        }
        let json = serde_json::to_string(&status).expect("a status is plain JSON");
        let mut out = self.outgoing();
        out.batch.set_expiring(FEED_STATUS, &json, STATUS_EXPIRY);
        // Beside prices that wait, so that it can't hold up others.
        let is_written = match &self.lanes {
            Some(lanes) => lanes.send(out).is_empty(),
            None => out.batch.send().await.is_ok(),
        };
        if is_written {
            self.status_written = Some((status, Instant::now()));
        }
    }
}
