//! A trading floor for tests: private servers, an engine that can be crashed, and its clients.

use clap::Parser as _;
use devstack::servers::{PostgresServer, RedisServer};
use engine::{Production, Refusal, config::Config, run_in};
use exchange::Exchange;
use messages::{
    ClosePosition, ENGINE_STATUS, EngineState, EngineStatus, EntryId, Event, Fields, Instrument,
    OrderId, PlaceOrder, PriceUpdate, QUERY_STREAM, Query, QueryEntry, REQUEST_STREAM,
    RESPONSE_STREAM, RegisterUser, Rejection, Reply, Request, RequestEntry, RequestId, Response,
    Shard, Side, StreamMessage, UserId,
};
use price::Usd;
use service::Health;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::{Duration, SystemTime};
use streams::{Redis, RequestClient};
use testkit::stack::eventually;
use testkit::symbols::BTC;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const REPLY_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the time of this machine's clock, Unix ms.
pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

pub struct Floor {
    pub redis: RedisServer,
    pub postgres: PostgresServer,
    pub pool: PgPool,
    pub streams: Redis,
    pub config: Config,
    /// The instruments that the operator's file lists.
    pub wanted: watch::Sender<Vec<Instrument>>,
    client: RequestClient,
    engine: Option<RunningEngine>,
}

pub struct RunningEngine {
    task: JoinHandle<Result<(), Refusal>>,
    shutdown: CancellationToken,
}

pub fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub fn order_id(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(0xabc_0000 + n))
}

impl Floor {
    /// Creates a floor. Snapshots are taken only when the engine stops, unless a test sets another
    /// interval.
    pub async fn new() -> Self {
        let redis = RedisServer::private().unwrap();
        let postgres = PostgresServer::private().unwrap();
        let pool = PgPoolOptions::new().connect(&postgres.url()).await.unwrap();
        sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
        let streams = Redis::new(&redis.url()).unwrap();
        let mut config = Config::parse_from(["engine"]);
        config.snapshot_interval_ms = u64::MAX;
        // Redis loses its last second only in tests that make it do so.
        config.snapshot_delay_ms = 0;
        config.stale_price_ms = 600_000;
        let client = RequestClient::start(streams.clone(), CancellationToken::new()).await;
        let wanted = watch::Sender::new(markets::shipped());
        Self { redis, postgres, pool, streams, config, wanted, client, engine: None }
    }

    /// Starts an engine and waits until it trades.
    pub async fn start(&mut self) {
        self.spawn();
        self.wait_until_ready().await;
    }

    pub fn spawn(&mut self) {
        assert!(self.engine.is_none());
        self.engine = Some(self.another_engine());
    }

    /// Starts an engine beside the running one.
    pub fn another_engine(&self) -> RunningEngine {
        self.another_engine_in(&Handle::current())
    }

    /// Starts an engine whose loop runs in another runtime than its background tasks.
    pub fn another_engine_in(&self, runtime: &Handle) -> RunningEngine {
        let aside = Handle::current();
        let (settings, pool) = (self.config.settings(Shard::ONLY), self.pool.clone());
        let equity_interval = Duration::from_millis(self.config.equity_interval_ms);
        let redis = Redis::new(&self.redis.url()).unwrap();
        let shutdown = CancellationToken::new();
        let (stop, wanted) = (shutdown.clone(), self.wanted.subscribe());
        let task = runtime.spawn(async move {
            let world = Production::new(&redis, Shard::ONLY, pool, aside, equity_interval);
            run_in(&world, settings, wanted, Health::new(), stop).await
        });
        RunningEngine { task, shutdown }
    }

    pub async fn wait_until_ready(&self) {
        eventually("the engine is ready", async || {
            self.status().await.is_some_and(|status| status.status == EngineState::Ready)
        })
        .await;
    }

    pub async fn status(&self) -> Option<EngineStatus> {
        let json = self.streams.get(ENGINE_STATUS).await.ok()??;
        Some(serde_json::from_str(&json).unwrap())
    }

    /// Ends the engine between two steps, as `kill -9` does: it writes nothing more.
    pub async fn crash(&mut self) {
        let engine = self.engine.take().unwrap();
        engine.task.abort();
        let _ = engine.task.await;
    }

    /// Stops the engine as SIGTERM does.
    pub async fn stop(&mut self) {
        self.engine.take().unwrap().stop().await;
    }

    /// Waits until the engine refuses to trade, and returns the reason.
    pub async fn refused(&mut self) -> Refusal {
        self.engine.take().unwrap().task.await.unwrap().unwrap_err()
    }

    pub async fn send(&self, request: Request) -> Result<Response, Rejection> {
        let request_id = Some(RequestId(Uuid::now_v7()));
        let encode = |reply_to| {
            let reply_to = Some(reply_to);
            RequestEntry { request_id, timestamp_ms: now_ms(), reply_to, request }.encode()
        };
        self.call(REQUEST_STREAM, encode).await
    }

    pub async fn ask(&self, n: u128, query: Query) -> Result<Response, Rejection> {
        let (request_id, user_id) = (RequestId(Uuid::now_v7()), user(n));
        let encode = |reply_to| {
            QueryEntry { request_id, user_id, timestamp_ms: 0, reply_to, query }.encode()
        };
        self.call(QUERY_STREAM, encode).await
    }

    async fn call(
        &self,
        stream: &str,
        encode: impl FnOnce(String) -> Fields,
    ) -> Result<Response, Rejection> {
        let reply = self.client.call(Shard::ONLY, stream, REPLY_TIMEOUT, encode).await;
        let Reply { outcome, .. } = reply.unwrap();
        outcome
    }

    /// Appends a request without waiting for its reply.
    pub async fn append(&self, request: Request) -> EntryId {
        let timestamp_ms = now_ms();
        let entry = RequestEntry { request_id: None, timestamp_ms, reply_to: None, request };
        self.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap()
    }

    pub async fn tick(&self, bid: &str, ask: &str) -> EntryId {
        self.append(price(bid, ask)).await
    }

    pub async fn balance(&self, n: u128) -> Usd {
        match self.ask(n, Query::GetBalance).await {
            Ok(Response::Balance { balance }) => balance.balance,
            other => panic!("no balance: {other:?}"),
        }
    }

    pub async fn entries<T: StreamMessage>(&self, stream: &str) -> Vec<(EntryId, T)> {
        let entries = self.streams.read_range(stream, EntryId::MIN, 1_000_000).await.unwrap();
        entries.into_iter().map(|entry| (entry.id, T::decode(&entry.fields).unwrap())).collect()
    }

    /// Returns the outputs of an undisturbed run over the same stream, in order and with their ids.
    pub async fn expected_outputs(&self) -> Vec<(EntryId, Event)> {
        let mut exchange = Exchange::default();
        let mut outputs = Vec::new();
        for (id, request) in self.entries::<RequestEntry>(REQUEST_STREAM).await {
            let events = exchange.apply(id, &request).events;
            outputs.extend((0..).zip(events).map(|(n, event)| (id.output(n), event)));
        }
        outputs
    }

    /// Waits until the engine has written all expected outputs, and compares them.
    pub async fn check_outputs(&self) {
        let expected = self.expected_outputs().await;
        eventually("the outputs are written", async || {
            let info = self.streams.stream_info(RESPONSE_STREAM).await.unwrap();
            info.map_or(0, |info| info.length) >= expected.len() as u64
        })
        .await;
        assert_eq!(self.entries::<Event>(RESPONSE_STREAM).await, expected);
    }
}

impl RunningEngine {
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

pub fn register(n: u128) -> Request {
    Request::RegisterUser(user(n), RegisterUser { deposit: "1000".parse().unwrap() })
}

pub fn price(bid: &str, ask: &str) -> Request {
    let (bid, ask) = (bid.parse().unwrap(), ask.parse().unwrap());
    Request::PriceUpdate(PriceUpdate::new(BTC, bid, ask, 1))
}

pub fn long(n: u128, order: u128, stop_loss: Option<&str>) -> Request {
    Request::PlaceOrder(
        user(n),
        PlaceOrder {
            stop_loss: stop_loss.map(|text| text.parse().unwrap()),
            ..PlaceOrder::market(order_id(order), "BTCUSDT", Side::Long, 10, "0.5".parse().unwrap())
        },
    )
}

pub fn close(n: u128, order: u128) -> Request {
    Request::ClosePosition(user(n), ClosePosition { order_id: order_id(order), price_limit: None })
}
