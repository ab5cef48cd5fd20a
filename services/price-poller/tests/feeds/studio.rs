//! A test fixture: a private Redis and a poller in this process.

use clap::Parser as _;
use devstack::servers::RedisServer;
use messages::{
    CandleHistory, DisputePrice, EntryId, FEED_STATUS, FeedStatus, Instrument, MarkPrice,
    MarketData, MarketPrice, PriceUpdate, REQUEST_STREAM, Request, RequestEntry, SettleFunding,
    StreamMessage, Symbol, Trade, UPLOADER_STREAM, last_price_key,
};
use price_poller::config::Config;
use service::Health;
use std::time::Duration;
use streams::Redis;
use testkit::binance::RecordedTrade;
use testkit::stack::eventually;
use testkit::symbols::{publish, publish_shipped};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Studio {
    pub redis: RedisServer,
    pub streams: Redis,
}

/// More than a year: no price of a recording that is sent as live is too old.
pub const NEVER_STALE: [&str; 2] = ["--stale-price-ms", "100000000000000"];

pub struct Poller {
    pub health: Health,
    task: JoinHandle<anyhow::Result<()>>,
    shutdown: CancellationToken,
}

impl Studio {
    pub fn new() -> Self {
        let redis = RedisServer::private().unwrap();
        let streams = Redis::new(&redis.url()).unwrap();
        Self { redis, streams }
    }

    /// A poller of live prices, without a back-fill.
    pub fn start(&self, settings: &[&str]) -> Poller {
        self.start_with_history(&[settings, &["--history", "false"]].concat())
    }

    pub fn start_with_history(&self, settings: &[&str]) -> Poller {
        let arguments = ["price-poller"].into_iter().chain(settings.iter().copied());
        let config = Config::parse_from(arguments);
        let redis = Redis::new(&self.redis.url()).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let health = Health::new();
        let (streams, reported) = (self.streams.clone(), health.clone());
        let task = tokio::spawn(Box::pin(async move {
            if markets::published(&streams).await.unwrap().is_empty() {
                publish_shipped(&streams).await;
            }
            price_poller::run(config, redis, reported, stop).await
        }));
        Poller { health, task, shutdown }
    }

    pub async fn trades(&self) -> Vec<Trade> {
        self.market_data().await.0
    }

    /// The stored trades and past candles.
    pub async fn market_data(&self) -> (Vec<Trade>, Vec<CandleHistory>) {
        let (mut trades, mut histories) = (Vec::new(), Vec::new());
        for entry in self.entries(UPLOADER_STREAM).await {
            match entry {
                MarketData::Trade(trade) => trades.push(trade),
                MarketData::History(history) => histories.push(history),
                MarketData::Funding(_) => {}
            }
        }
        (trades, histories)
    }

    /// Stores a last price, as an earlier poller would.
    pub async fn remember(&self, trade: Trade) {
        let (bid, ask, timestamp_ms) = (trade.price, trade.price, trade.time_us / 1_000);
        let price = MarketPrice { bid, ask, timestamp_ms, trade, disputed: None, run: None };
        let mut batch = self.streams.batch();
        let expiry = Duration::from_mins(10);
        batch.set_expiring(&last_price_key(trade.symbol), &price.to_json(), expiry);
        batch.send().await.unwrap();
    }

    /// The stored last price.
    pub async fn last_price(&self, symbol: Symbol) -> Option<MarketPrice> {
        let json = self.streams.get(&last_price_key(symbol)).await.unwrap()?;
        Some(serde_json::from_str(&json).unwrap())
    }

    async fn requests(&self) -> Vec<Request> {
        if self.len(REQUEST_STREAM).await == 0 {
            return Vec::new();
        }
        let entries: Vec<RequestEntry> = self.entries(REQUEST_STREAM).await;
        entries.into_iter().map(|entry| entry.request).collect()
    }

    pub async fn ticks(&self) -> Vec<PriceUpdate> {
        let tick = |request| match request {
            Request::PriceUpdate(update) => Some(update),
            Request::DisputePrice(_) | Request::MarkPrice(_) | Request::SettleFunding(_) => None,
            other => panic!("a poller brings prices, disputes and fundings: {other:?}"),
        };
        self.requests().await.into_iter().filter_map(tick).collect()
    }

    pub async fn disputes(&self) -> Vec<DisputePrice> {
        let dispute = |request| match request {
            Request::DisputePrice(dispute) => Some(dispute),
            _ => None,
        };
        self.requests().await.into_iter().filter_map(dispute).collect()
    }

    pub async fn marks(&self) -> Vec<MarkPrice> {
        let mark = |request| match request {
            Request::MarkPrice(mark) => Some(mark),
            _ => None,
        };
        self.requests().await.into_iter().filter_map(mark).collect()
    }

    /// The fundings for the engine, and those for the database.
    pub async fn fundings(&self) -> (Vec<SettleFunding>, Vec<SettleFunding>) {
        let funding = |request| match request {
            Request::SettleFunding(funding) => Some(funding),
            _ => None,
        };
        let of_engine = self.requests().await.into_iter().filter_map(funding).collect();
        if self.len(UPLOADER_STREAM).await == 0 {
            return (of_engine, Vec::new());
        }
        let stored =
            self.entries(UPLOADER_STREAM).await.into_iter().filter_map(|data| match data {
                MarketData::Funding(funding) => Some(funding),
                _ => None,
            });
        (of_engine, stored.collect())
    }

    /// Lists instruments, whose prices a poller brings from then on.
    pub async fn list(&self, instruments: &[Instrument]) {
        publish(&self.streams, instruments.to_vec()).await;
    }

    async fn entries<T: StreamMessage>(&self, stream: &str) -> Vec<T> {
        let entries = self.streams.read_range(stream, EntryId::MIN, 1_000_000).await.unwrap();
        entries.iter().map(|entry| T::decode(&entry.fields).unwrap()).collect()
    }

    pub async fn wait_for_trades(&self, count: usize) {
        eventually("the trades arrive", async || self.len(UPLOADER_STREAM).await >= count).await;
    }

    pub async fn wait_for_ticks(&self, count: usize) {
        eventually("the ticks arrive", async || {
            self.len(REQUEST_STREAM).await >= count && self.ticks().await.len() >= count
        })
        .await;
    }

    pub async fn wait_for_a_tick_of(&self, symbols: &[Symbol]) {
        eventually("every market has a price", async || {
            let ticks = self.ticks().await;
            symbols.iter().all(|symbol| ticks.iter().any(|tick| tick.symbol == *symbol))
        })
        .await;
    }

    async fn len(&self, stream: &str) -> usize {
        let info = self.streams.stream_info(stream).await.ok().flatten();
        info.map_or(0, |info| usize::try_from(info.length).unwrap())
    }

    pub async fn status(&self) -> Option<FeedStatus> {
        let json = self.streams.get(FEED_STATUS).await.ok()??;
        Some(serde_json::from_str(&json).unwrap())
    }
}

impl Poller {
    pub async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.task.await.unwrap()
    }

    /// Waits until the poller ends by itself.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.task.await.unwrap()
    }
}

/// Converts a recorded trade.
pub fn trade_of(recorded: &RecordedTrade) -> Trade {
    Trade {
        symbol: recorded.symbol.parse().unwrap(),
        trade_id: recorded.trade_id,
        price: recorded.price.parse().unwrap(),
        qty: recorded.qty.parse().unwrap(),
        time_us: recorded.time_ms * 1_000,
    }
}

pub fn trades_of(recorded: &[RecordedTrade]) -> Vec<Trade> {
    recorded.iter().map(trade_of).collect()
}

/// Computes bid and ask with integers, by the formula.
pub fn check_ticks(ticks: &[PriceUpdate], trades: &[Trade], spread_bps: i128) {
    assert_eq!(ticks.len(), trades.len());
    for (tick, trade) in ticks.iter().zip(trades) {
        let price = trade.price.scaled();
        assert_eq!((tick.symbol, tick.trade_id), (trade.symbol, trade.trade_id));
        assert_eq!(tick.bid.scaled(), (price * (20_000 - spread_bps)).div_euclid(20_000));
        assert_eq!(tick.ask.scaled(), -(-price * (20_000 + spread_bps)).div_euclid(20_000));
    }
}
