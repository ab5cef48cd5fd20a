//! An uploader in this process, on private servers.

use batch_uploader::config::Config;
use clap::Parser as _;
use devstack::servers::{PostgresServer, RedisServer};
use messages::{Fields, MarketData, StreamMessage as _, Trade, UPLOADER_GROUP, UPLOADER_STREAM};
use service::Health;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use streams::Redis;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Office {
    pub postgres: PostgresServer,
    pub pool: PgPool,
    pub streams: Redis,
    pub redis: RedisServer,
}

pub struct Uploader {
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

    pub fn uploader(&self, settings: &[&str]) -> Uploader {
        uploader(&self.redis.url(), self.pool.clone(), settings)
    }

    pub async fn append(&self, data: &MarketData) {
        self.append_fields(&data.encode()).await;
    }

    pub async fn append_fields(&self, fields: &Fields) {
        self.streams.append(UPLOADER_STREAM, fields).await.unwrap();
    }

    pub async fn append_trades(&self, trades: &[Trade]) {
        for chunk in trades.chunks(1_000) {
            let mut batch = self.streams.batch();
            for trade in chunk {
                batch.append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode());
            }
            batch.send().await.unwrap();
        }
    }

    pub async fn count(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap_or(-1)
    }

    /// Returns whether every appended entry has been read and acknowledged.
    pub async fn is_done(&self) -> bool {
        is_done(&self.streams).await
    }
}

/// Returns whether every entry of the stream has been read and acknowledged.
pub async fn is_done(streams: &Redis) -> bool {
    // The group exists once an uploader has started.
    streams.pending(UPLOADER_STREAM, UPLOADER_GROUP).await.is_ok()
        && streams.unacknowledged(UPLOADER_STREAM, UPLOADER_GROUP, 1).await.unwrap().is_empty()
}

pub fn uploader(redis_url: &str, pool: PgPool, settings: &[&str]) -> Uploader {
    let config = Config::parse_from(
        ["batch-uploader", "--batch-wait-ms", "20", "--claim-idle-ms", "500"]
            .iter()
            .chain(settings),
    );
    let redis = Redis::new(redis_url).unwrap();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let task = tokio::spawn(async move {
        batch_uploader::run(&config, &redis, &pool, &Health::new(), stop).await;
    });
    Uploader { task, shutdown }
}

impl Uploader {
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}
