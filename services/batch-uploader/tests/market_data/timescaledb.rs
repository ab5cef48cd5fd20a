//! The same trades on TimescaleDB.

use crate::expected::{check, market, trade};
use crate::office::{is_done, uploader};
use messages::{StreamMessage as _, Symbol, Timeframe, UPLOADER_STREAM};
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

async fn check_what_was_set_up(pool: &PgPool) {
    let aggregates = names(
        pool,
        "select view_name::text from timescaledb_information.continuous_aggregates
         where not materialized_only order by 1",
    )
    .await;
    assert_eq!(
        aggregates.join(" "),
        "candles_15m candles_1d candles_1h candles_1m candles_30s candles_4h candles_5m"
    );
    let policies = names(
        pool,
        "select proc_name || ' ' || count(*) from timescaledb_information.jobs
         where proc_name like 'policy%' and hypertable_name is not null group by proc_name order by 1",
    )
    .await;
    let expected = ["compression 1", "refresh_continuous_aggregate 7", "retention 1"];
    assert_eq!(policies, expected.map(|policy| format!("policy_{policy}")));
}

async fn refresh_as_the_policies_do(pool: &PgPool) {
    for timeframe in Timeframe::ALL {
        let seconds = i64::try_from(timeframe.seconds()).unwrap() + 60;
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "call refresh_continuous_aggregate('candles_{timeframe}', null, now() - {seconds} * interval '1 second')"
        )))
        .execute(pool)
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn continuous_aggregates_give_the_same_candles() {
    let timescale = TimescaleServer::start();
    let pool = PgPoolOptions::new().max_connections(1).connect(&timescale.url()).await.unwrap();
    sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
    check_what_was_set_up(&pool).await;

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

    // Minutes late, for candles that a policy has aggregated by now, and for the one in the making.
    let now_s = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    let recent: Vec<_> = (0..600)
        .map(|n| trade(Symbol::BtcUsdt, 10_000 + n, (now_s - 600 + n) * 1_000_000, 5_000, 7))
        .collect();
    let (late, in_time): (Vec<_>, Vec<_>) =
        recent.iter().copied().partition(|t| t.trade_id % 50 == 0);
    append(&in_time).await;
    refresh_as_the_policies_do(&pool).await;
    append(&late).await;
    let mut all = trades.clone();
    all.extend(recent);
    check(&mut pool.acquire().await.unwrap(), &all).await;
    append(&[trade(Symbol::BtcUsdt, 20_000, now_s * 1_000_000, 6_000, 7)]).await;
    all.push(trade(Symbol::BtcUsdt, 20_000, now_s * 1_000_000, 6_000, 7));
    check(&mut pool.acquire().await.unwrap(), &all).await;

    // Candles outlive the trades.
    sqlx::query("select drop_chunks('trades', older_than => interval '2 days')")
        .execute(&pool)
        .await
        .unwrap();
    let count: i64 =
        sqlx::query_scalar("select count(*) from trades").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 601);
    check(&mut pool.acquire().await.unwrap(), &all).await;
    uploader.stop().await;
}
