//! A Redis, a PostgreSQL, and workers between them.

use clap::Parser as _;
use db_worker::config::Config;
use devstack::servers::{PostgresServer, RedisServer};
use messages::{
    AccountState, CloseReason, ClosedPosition, EntryId, Event, EventKind, OrderId, Position,
    RESPONSE_STREAM, Side, StreamMessage as _, UserId, dead_letter_stream,
};
use service::Health;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::process::Command;
use streams::Redis;
use testkit::stack::eventually;
use testkit::symbols::ETH;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub struct Office {
    pub postgres: PostgresServer,
    pub pool: PgPool,
    pub streams: Redis,
    pub redis: RedisServer,
}

pub struct Worker {
    pub task: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Office {
    pub async fn new() -> Self {
        let (redis, postgres) =
            (RedisServer::private().unwrap(), PostgresServer::private().unwrap());
        let pool = PgPoolOptions::new().connect(&postgres.url()).await.unwrap();
        sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
        let streams = Redis::new(&redis.url()).unwrap();
        Self { postgres, pool, streams, redis }
    }

    pub fn worker(&self, name: &str) -> Worker {
        let config =
            Config::parse_from(["db-worker", "--consumer", name, "--claim-idle-ms", "200"]);
        let pool = self.pool.clone();
        let redis = Redis::new(&self.redis.url()).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let task = tokio::spawn(async move {
            db_worker::run(&config, &redis, &pool, &Health::new(), stop).await;
        });
        Worker { task, shutdown }
    }

    pub async fn append(&self, event: &Event) -> EntryId {
        self.streams.append(RESPONSE_STREAM, &event.encode()).await.unwrap()
    }

    /// Starts a worker, and stops it when it has handled all events.
    pub async fn store_all(&self) {
        let worker = self.worker("one");
        let settled = async || {
            let last = self.streams.last_id(RESPONSE_STREAM).await.unwrap();
            let groups = self.streams.groups(RESPONSE_STREAM).await.unwrap_or_default();
            groups.iter().any(|group| {
                group.name == "db-worker" && group.pending == 0 && group.last_delivered == last
            })
        };
        eventually("all events are handled", settled).await;
        worker.stop().await;
    }

    /// Has all events delivered again, as after a crash before the acknowledgement.
    pub async fn store_all_again(&self) {
        let again = ["-u", &self.redis.url(), "xgroup", "setid", RESPONSE_STREAM, "db-worker", "0"];
        assert!(Command::new("redis-cli").args(again).status().unwrap().success());
        self.store_all().await;
    }

    pub async fn count(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from closed_orders");
        count.fetch_one(&self.pool).await.unwrap_or(-1)
    }

    pub async fn dead_letters(&self) -> Vec<streams::Entry> {
        let dead = dead_letter_stream(RESPONSE_STREAM);
        self.streams.read_range(&dead, EntryId::MIN, 100).await.unwrap()
    }

    /// Returns the reasons why entries were dead-lettered.
    pub async fn reasons(&self) -> Vec<String> {
        let reason = |letter: &streams::Entry| {
            let (_, error) = letter.fields.iter().find(|(name, _)| *name == "error").unwrap();
            String::from_utf8(error.to_vec()).unwrap()
        };
        self.dead_letters().await.iter().map(reason).collect()
    }
}

impl Worker {
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

pub fn closed(n: u128) -> ClosedPosition {
    ClosedPosition {
        order: Position {
            order_id: OrderId(Uuid::from_u128(n)),
            user_id: UserId(Uuid::from_u128(7)),
            asset: ETH,
            side: Side::Short,
            leverage: 20,
            qty: "0.5".parse().unwrap(),
            margin: "77.5".parse().unwrap(),
            entry_price: "3100".parse().unwrap(),
            liquidation_price: "3239.5".parse().unwrap(),
            stop_loss: None,
            take_profit: Some("3000.00000001".parse().unwrap()),
            created_at_ms: 1_703_001_234_567,
            commission: "0".parse().unwrap(),
            funding: "0".parse().unwrap(),
        },
        close_reason: CloseReason::TakeProfit,
        close_price: "2999.5".parse().unwrap(),
        final_pnl: "50.25".parse().unwrap(),
        shortfall: "0".parse().unwrap(),
        liquidation_fee: "0".parse().unwrap(),
        tick_id: EntryId::new(1_703_001_299_001, 3),
        closed_at_ms: 1_703_001_299_001,
    }
}

/// The sequence of the account of each event.
pub const SEQUENCE: u64 = 1;

pub fn event(kind: EventKind) -> Event {
    let account = AccountState {
        balance: "1000".parse().unwrap(),
        used_margin: "0".parse().unwrap(),
        reserved: "0".parse().unwrap(),
        sequence: SEQUENCE,
    };
    let user_id = UserId(Uuid::from_u128(7));
    Event {
        request_id: None,
        user_id,
        timestamp_ms: 1_703_001_299_001,
        account,
        kind,
        execution: None,
    }
}
