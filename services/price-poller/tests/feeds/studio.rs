//! A studio for tests: a private Redis and a poller in this process.

use clap::Parser as _;
use messages::{
    CandleHistory, EntryId, FEED_STATUS, FeedStatus, MarketData, PriceUpdate, REQUEST_STREAM,
    Request, RequestEntry, StreamMessage, Trade, UPLOADER_STREAM,
};
use price_poller::config::Config;
use service::Health;
use streams::Redis;
use testkit::binance::RecordedTrade;
use testkit::servers::RedisServer;
use testkit::stack::eventually;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Studio {
    pub redis: RedisServer,
    pub streams: Redis,
}

pub struct Poller {
    task: JoinHandle<anyhow::Result<()>>,
    shutdown: CancellationToken,
}

impl Studio {
    pub fn new() -> Self {
        let redis = RedisServer::private().unwrap();
        let streams = Redis::new(&redis.url()).unwrap();
        Self { redis, streams }
    }

    /// A poller of live prices only.
    pub fn start(&self, settings: &[&str]) -> Poller {
        self.start_with_history(&[settings, &["--history", "false"]].concat())
    }

    pub fn start_with_history(&self, settings: &[&str]) -> Poller {
        let arguments = ["price-poller"].into_iter().chain(settings.iter().copied());
        let config = Config::parse_from(arguments);
        let redis = Redis::new(&self.redis.url()).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let task = tokio::spawn(Box::pin(price_poller::run(config, redis, Health::new(), stop)));
        Poller { task, shutdown }
    }

    pub async fn trades(&self) -> Vec<Trade> {
        self.entries(UPLOADER_STREAM).await
    }

    /// The trades and the candles of the past.
    pub async fn market_data(&self) -> (Vec<Trade>, Vec<CandleHistory>) {
        let (mut trades, mut histories) = (Vec::new(), Vec::new());
        for entry in self.entries(UPLOADER_STREAM).await {
            match entry {
                MarketData::Trade(trade) => trades.push(trade),
                MarketData::History(history) => histories.push(history),
            }
        }
        (trades, histories)
    }

    pub async fn ticks(&self) -> Vec<PriceUpdate> {
        let entries: Vec<RequestEntry> = self.entries(REQUEST_STREAM).await;
        let tick = |entry: RequestEntry| match entry.request {
            Request::PriceUpdate(update) => update,
            other => panic!("a poller only brings prices: {other:?}"),
        };
        entries.into_iter().map(tick).collect()
    }

    async fn entries<T: StreamMessage>(&self, stream: &str) -> Vec<T> {
        let entries = self.streams.read_range(stream, EntryId::MIN, 1_000_000).await.unwrap();
        entries.iter().map(|entry| T::decode(&entry.fields).unwrap()).collect()
    }

    pub async fn wait_for_trades(&self, count: usize) {
        eventually("the trades arrive", async || self.len(UPLOADER_STREAM).await >= count).await;
    }

    pub async fn wait_for_ticks(&self, count: usize) {
        eventually("the ticks arrive", async || self.len(REQUEST_STREAM).await >= count).await;
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

    /// Waits until it ends by itself.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.task.await.unwrap()
    }
}

/// What a recorded trade is to us.
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

/// Bid and ask in whole numbers, by the formula.
pub fn check_ticks(ticks: &[PriceUpdate], trades: &[Trade], spread_bps: i128) {
    assert_eq!(ticks.len(), trades.len());
    for (tick, trade) in ticks.iter().zip(trades) {
        let price = trade.price.scaled();
        assert_eq!((tick.symbol, tick.trade_id), (trade.symbol, trade.trade_id));
        assert_eq!(tick.bid.scaled(), (price * (20_000 - spread_bps)).div_euclid(20_000));
        assert_eq!(tick.ask.scaled(), -(-price * (20_000 + spread_bps)).div_euclid(20_000));
    }
}
