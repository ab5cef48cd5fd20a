//! The same trades on TimescaleDB.

use crate::expected::{check, market};
use crate::office::{is_done, uploader};
use messages::{StreamMessage as _, UPLOADER_STREAM};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use streams::Redis;
use testkit::servers::RedisServer;
use testkit::stack::eventually;
use testkit::timescale::TimescaleServer;

/// Statements of this server have a size limit; this is well within it.
const BATCH: [&str; 4] = ["--batch-len", "50", "--batch-len-max", "100"];

async fn names(pool: &PgPool, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn continuous_aggregates_give_the_same_candles() {
    let timescale = TimescaleServer::start();
    let pool = PgPoolOptions::new().max_connections(1).connect(&timescale.url()).await.unwrap();
    sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
    let aggregates = names(
        &pool,
        "select view_name::text from timescaledb_information.continuous_aggregates
         where not materialized_only order by 1",
    )
    .await;
    assert_eq!(
        aggregates.join(" "),
        "candles_15m candles_1d candles_1h candles_1m candles_30s candles_4h candles_5m"
    );
    let policies = names(
        &pool,
        "select proc_name || ' ' || count(*) from timescaledb_information.jobs
         where proc_name like 'policy%' and hypertable_name is not null group by proc_name order by 1",
    )
    .await;
    let expected = ["compression 1", "refresh_continuous_aggregate 7", "retention 1"];
    assert_eq!(policies, expected.map(|policy| format!("policy_{policy}")));

    let redis = RedisServer::private().unwrap();
    let streams = Redis::new(&redis.url()).unwrap();
    let append = async |trades: &[messages::Trade]| {
        for trade in trades {
            streams.append(UPLOADER_STREAM, &trade.encode()).await.unwrap();
        }
        eventually("all is stored", async || is_done(&streams).await).await;
    };
    let trades = market(2_000);
    let uploader = uploader(&redis.url(), pool.clone(), &BATCH);
    // They are older than what the policies look at: the uploader has them aggregated.
    append(&trades[..1_000]).await;
    check(&mut pool.acquire().await.unwrap(), &trades[..1_000]).await;
    let materialized: bool = sqlx::query_scalar(
        "select count(*) > 0 from candles_1d
         where time < (select to_timestamp(min(watermark) / 1e6) from _timescaledb_catalog.continuous_aggs_watermark)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(materialized, "the candles are computed when read, and not refreshed");

    // Late ones, and all once more, into chunks that are compressed by now.
    sqlx::query("select compress_chunk(chunk) from show_chunks('trades') as chunk")
        .execute(&pool)
        .await
        .unwrap();
    append(&trades).await;
    check(&mut pool.acquire().await.unwrap(), &trades).await;

    // Candles outlive the trades.
    sqlx::query("select drop_chunks('trades', older_than => interval '1 day')")
        .execute(&pool)
        .await
        .unwrap();
    let count: i64 =
        sqlx::query_scalar("select count(*) from trades").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 0);
    check(&mut pool.acquire().await.unwrap(), &trades).await;
    uploader.stop().await;
}
