//! The same trades on TimescaleDB.

use crate::expected::{check, check_quote_volumes, market, trade};
use crate::office::{is_done, uploader};
use devstack::servers::RedisServer;
use messages::{MarketData, StreamMessage as _, Trade, UPLOADER_STREAM, dead_letter_stream};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use streams::Redis;
use testkit::stack::eventually;
use testkit::symbols::BTC;
use testkit::timescale::TimescaleServer;

/// Batch sizes well within the statement size limit of this server.
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
    let jobs = names(pool, "select name from timescaledb_jobs()").await;
    let levels = ["30s", "1m", "5m", "15m", "1h", "4h", "1d"];
    let mut expected = levels.map(|level| format!("refresh_candles_job candles_{level}")).to_vec();
    expected.extend(["policy_compression trades", "drop_trades_job"].map(str::to_owned));
    assert_eq!(jobs, expected);
}

/// Runs the jobs whose names begin with `name`, as the background workers would.
async fn run_jobs(pool: &PgPool, name: &str) {
    let jobs: Vec<i32> =
        sqlx::query_scalar("select id from timescaledb_jobs() where starts_with(name, $1)")
            .bind(name)
            .fetch_all(pool)
            .await
            .unwrap();
    assert!(!jobs.is_empty(), "there is no job {name}");
    for job in jobs {
        let call = format!("call run_job({job})");
        sqlx::query(sqlx::AssertSqlSafe(call)).execute(pool).await.unwrap();
    }
}

async fn migrated(timescale: &TimescaleServer) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1).connect(&timescale.url()).await.unwrap();
    sqlx::migrate!("../../migrations").run(&pool).await.unwrap();
    pool
}

/// Stores a trade of BTCUSDT for every seven minutes of the last two weeks, which is twice the time
/// that a refresh looks back.
async fn two_weeks(pool: &PgPool) -> Vec<Trade> {
    let now_s = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    let count = 14 * 24 * 60 / 7;
    let trades: Vec<_> = (0..count)
        .map(|n| {
            let time_us = (now_s - 7 * 60 * (count - 1 - n)) * 1_000_000;
            trade(BTC, 1 + n, time_us, 1_000 + i128::from(n * 7_919 % 500), 3)
        })
        .collect();
    insert(pool, &trades).await;
    trades
}

async fn insert(pool: &PgPool, trades: &[Trade]) {
    for chunk in trades.chunks(50) {
        let rows: Vec<String> = chunk.iter().map(row).collect();
        let sql = format!("insert into trades values {}", rows.join(", "));
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
    }
}

fn row(trade: &Trade) -> String {
    let (id, symbol, seconds) = (trade.key(), trade.symbol, trade.time_us / 1_000_000);
    let (price, qty) = (trade.price.to_i64().unwrap(), trade.qty.to_i64().unwrap());
    format!("('{id}', to_timestamp({seconds}), '{symbol}', {price}, {qty})")
}

#[tokio::test(flavor = "multi_thread")]
async fn continuous_aggregates_give_the_same_candles() {
    let timescale = TimescaleServer::start();
    let pool = migrated(&timescale).await;
    check_what_was_set_up(&pool).await;

    let redis = RedisServer::private().unwrap();
    let streams = Redis::new(&redis.url()).unwrap();
    let append = async |trades: &[Trade]| {
        for trade in trades {
            streams.append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode()).await.unwrap();
        }
        eventually("all is stored", async || is_done(&streams).await).await;
    };
    let trades = market(2_000);
    let uploader = uploader(&redis.url(), pool.clone(), &BATCH);
    // The trades are older than the policies' range: the uploader has them aggregated.
    append(&trades[..1_000]).await;
    check(&mut pool.acquire().await.unwrap(), &trades[..1_000]).await;
    let materialized: bool = sqlx::query_scalar(
        "select count(*) > 0 from candles_1d
         where time < (select to_timestamp(min(watermark) / 1e6) from _timescaledb_catalog.continuous_aggs_watermark)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(materialized, "the candles are computed on read and not refreshed");

    // All trades again, and late ones, into chunks that are compressed by now.
    sqlx::query("select compress_chunk(chunk) from show_chunks('trades') as chunk")
        .execute(&pool)
        .await
        .unwrap();
    append(&trades).await;
    check(&mut pool.acquire().await.unwrap(), &trades).await;
    check_quote_volumes(&mut pool.acquire().await.unwrap(), &trades).await;

    // Trades that are minutes late, for aggregated candles and for the current one.
    let now_s = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    let recent: Vec<_> =
        (0..600).map(|n| trade(BTC, 10_000 + n, (now_s - 600 + n) * 1_000_000, 5_000, 7)).collect();
    let (late, in_time): (Vec<_>, Vec<_>) =
        recent.iter().copied().partition(|t| t.trade_id % 50 == 0);
    append(&in_time).await;
    run_jobs(&pool, "refresh_candles_job").await;
    append(&late).await;
    let mut all = trades.clone();
    all.extend(recent);
    check(&mut pool.acquire().await.unwrap(), &all).await;
    append(&[trade(BTC, 20_000, now_s * 1_000_000, 6_000, 7)]).await;
    all.push(trade(BTC, 20_000, now_s * 1_000_000, 6_000, 7));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_of_the_last_candle_leaves_no_hole_before_it() {
    let timescale = TimescaleServer::start();
    let pool = migrated(&timescale).await;
    let trades = two_weeks(&pool).await;
    // The refresh includes the last complete candle of each level.
    sqlx::query("call refresh_candles(now() - interval '1 day', now())")
        .execute(&pool)
        .await
        .unwrap();
    check(&mut pool.acquire().await.unwrap(), &trades).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_did_not_run_for_longer_than_they_look_back_leave_no_hole() {
    let timescale = TimescaleServer::start();
    let pool = migrated(&timescale).await;
    let trades = two_weeks(&pool).await;
    run_jobs(&pool, "refresh_candles_job").await;
    check(&mut pool.acquire().await.unwrap(), &trades).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_are_dropped_by_when_they_came_and_never_before_their_candles_are_stored() {
    let timescale = TimescaleServer::start();
    let pool = migrated(&timescale).await;
    let trades = two_weeks(&pool).await;
    let count = async || -> usize {
        let count = sqlx::query_scalar("select count(*) from trades").fetch_one(&pool).await;
        usize::try_from(count.unwrap_or(-1_i64)).unwrap()
    };
    run_jobs(&pool, "drop_trades_job").await;
    assert_eq!(count().await, trades.len(), "they were stored today, whatever their age");

    sqlx::query("update _timescaledb_catalog.chunk set creation_time = now() - interval '91 days'")
        .execute(&pool)
        .await
        .unwrap();
    run_jobs(&pool, "drop_trades_job").await;
    assert_eq!(count().await, trades.len(), "their candles are not stored yet");

    run_jobs(&pool, "refresh_candles_job").await;
    run_jobs(&pool, "drop_trades_job").await;
    let left = count().await;
    let days = |days: usize| days * 24 * 60 / 7;
    assert!((days(7)..=days(8) + 1).contains(&left), "the trades of a week are left: {left}");
    run_jobs(&pool, "refresh_candles_job").await;
    check(&mut pool.acquire().await.unwrap(), &trades).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_has_chosen_for_trades_outlives_an_upgrade() {
    let timescale = TimescaleServer::start();
    let pool = PgPoolOptions::new().max_connections(1).connect(&timescale.url()).await.unwrap();
    let mut migrator = sqlx::migrate!("../../migrations");
    let (before, after): (Vec<_>, Vec<_>) =
        migrator.iter().cloned().partition(|migration| migration.version < 20_260_401_000_000);
    migrator.migrations = before.clone().into();
    migrator.run(&pool).await.unwrap();
    sqlx::query("select set_market_data_policies('3 days', '30 days')")
        .execute(&pool)
        .await
        .unwrap();
    migrator.migrations = [before, after].concat().into();
    migrator.run(&pool).await.unwrap();
    check_what_was_set_up(&pool).await;
    let chosen = names(
        &pool,
        "select coalesce(config ->> 'compress_after', config ->> 'keep_trades')
         from timescaledb_information.jobs
         where proc_name in ('policy_compression', 'drop_trades_job') order by job_id",
    )
    .await;
    assert_eq!(chosen, ["3 days", "30 days"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_fail_or_do_not_run_are_told() {
    let timescale = TimescaleServer::start();
    let pool = migrated(&timescale).await;
    for (change, state) in [
        ("next_start = now() + interval '1 minute', last_run_success = true", "well"),
        ("last_finish = now(), last_run_success = false", "failing"),
        ("last_run_success = true, next_start = now() - interval '1 hour'", "overdue"),
    ] {
        let sql = format!("update _timescaledb_internal.bgw_job_stat set {change}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        let states = names(
            &pool,
            "select distinct state from timescaledb_jobs() where starts_with(name, 'refresh')",
        );
        assert_eq!(states.await, [state], "{change}");
    }
    sqlx::query("select alter_job(id, scheduled => false) from timescaledb_jobs()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(names(&pool, "select distinct state from timescaledb_jobs()").await, ["paused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_tables_on_a_server_that_has_timescaledb_go_on_as_plain_tables() {
    let timescale = TimescaleServer::without_extension();
    let pool = migrated(&timescale).await;
    sqlx::query("create extension timescaledb").execute(&pool).await.unwrap();
    let redis = RedisServer::private().unwrap();
    let streams = Redis::new(&redis.url()).unwrap();
    let uploader = uploader(&redis.url(), pool.clone(), &BATCH);
    // All of them are late, so TimescaleDB's candles would be refreshed.
    let trades = market(200);
    for trade in &trades {
        streams.append(UPLOADER_STREAM, &MarketData::Trade(*trade).encode()).await.unwrap();
    }
    eventually("all is read", async || is_done(&streams).await).await;
    let dead = streams.stream_info(&dead_letter_stream(UPLOADER_STREAM)).await.unwrap();
    assert!(dead.is_none_or(|info| info.length == 0), "trades were dead-lettered");
    check(&mut pool.acquire().await.unwrap(), &trades).await;
    uploader.stop().await;
}
