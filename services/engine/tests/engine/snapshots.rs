//! Snapshots: starting from them, matching them to the stream, and trading without PostgreSQL.

use crate::floor::{Floor, close, long, register};
use engine::world::{SnapshotStore as _, StoreError, World as _};
use engine::{Production, Refusal};
use exchange::Exchange;
use messages::{EngineState, EntryId, REQUEST_STREAM, RequestEntry, Shard};
use std::time::Duration;
use testkit::stack::eventually;
use tokio::runtime::Handle;

async fn with_an_open_position() -> Floor {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    floor
}

async fn snapshot_count(floor: &Floor) -> i64 {
    sqlx::query_scalar("select count(*) from snapshots").fetch_one(&floor.pool).await.unwrap()
}

async fn stream_end(floor: &Floor) -> EntryId {
    floor.streams.stream_info(REQUEST_STREAM).await.unwrap().unwrap().last_generated_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_without_a_later_command_replays_nothing_from_the_start() {
    let mut floor = with_an_open_position().await;
    floor.stop().await;
    // Only the snapshot's last entry is left: a replay from the start would have no accounts.
    floor.streams.trim_before(REQUEST_STREAM, stream_end(&floor).await).await.unwrap();
    for _ in 0..2 {
        floor.start().await;
        assert_eq!(floor.balance(1).await, "995".parse().unwrap());
        floor.stop().await;
    }
    assert_eq!(snapshot_count(&floor).await, 1, "nothing happened, so nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_trimmed_past_the_snapshot_is_refused() {
    let mut floor = with_an_open_position().await;
    floor.stop().await;
    let snapshot = stream_end(&floor).await;
    floor.append(register(2)).await;
    let stream_end = stream_end(&floor).await;
    floor.streams.trim_before(REQUEST_STREAM, stream_end).await.unwrap();
    floor.spawn();
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::SnapshotNotInStream { snapshot, stream_end });
    let status = floor.status().await.unwrap();
    assert_eq!(
        (status.status, status.message),
        (EngineState::Shutdown, format!("the engine refuses to trade: {refusal}"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_beginning_is_gone_is_refused_without_a_snapshot() {
    let mut floor = with_an_open_position().await;
    floor.crash().await;
    floor.streams.trim_before(REQUEST_STREAM, stream_end(&floor).await).await.unwrap();
    floor.spawn();
    let refusal = floor.refused().await;
    assert!(matches!(refusal, Refusal::BeginningMissing { missing: 2.. }), "{refusal}");
}

/// Restarts Redis without its append-only file.
fn forget_everything(floor: &mut Floor) {
    floor.redis.stop().unwrap();
    let files = floor.redis.log().with_file_name("appendonlydir");
    std::fs::remove_dir_all(files).unwrap();
    floor.redis.start().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_before_the_snapshot_is_refused() {
    let mut floor = with_an_open_position().await;
    floor.stop().await;
    let snapshot = stream_end(&floor).await;
    forget_everything(&mut floor);
    floor.spawn();
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::SnapshotNotInStream { snapshot, stream_end: EntryId::MIN });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_loses_its_end_while_the_engine_runs_stops_it() {
    let mut floor = with_an_open_position().await;
    let applied = stream_end(&floor).await;
    forget_everything(&mut floor);
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::HistoryLost { applied });
}

/// Simulates a power failure: the append-only file is cut off after `len` bytes.
fn lose_power(floor: &mut Floor, len: u64) {
    floor.redis.kill_hard().unwrap();
    let file = std::fs::File::options().write(true).open(append_only_file(floor)).unwrap();
    file.set_len(len).unwrap();
    floor.redis.start().unwrap();
}

fn append_only_file(floor: &Floor) -> std::path::PathBuf {
    floor.redis.log().with_file_name("appendonlydir").join("appendonly.aof.1.incr.aof")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_whose_redis_lost_its_end_starts_over_from_what_is_left() {
    let mut floor = with_an_open_position().await;
    floor.check_outputs().await;
    let kept = std::fs::metadata(append_only_file(&floor)).unwrap().len();
    floor.send(close(1, 1)).await.unwrap();
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
    lose_power(&mut floor, kept);
    eventually("the order is open again", async || {
        matches!(floor.status().await, Some(status) if status.status == EngineState::Ready)
            && floor.balance(1).await == "995".parse().unwrap()
    })
    .await;
    floor.send(register(2)).await.unwrap();
    floor.check_outputs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_waits_until_redis_can_not_lose_what_it_contains() {
    let mut floor = Floor::new().await;
    floor.config.snapshot_interval_ms = 20;
    floor.config.snapshot_delay_ms = 3_600_000;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    assert_eq!(snapshot_count(&floor).await, 0);
    floor.crash().await;
    floor.config.snapshot_delay_ms = 100;
    floor.start().await;
    let last = stream_end(&floor).await.to_string();
    eventually("it is stored", async || {
        let newest = r#"select "lastStreamId" from snapshots order by id desc limit 1"#;
        let newest = sqlx::query_scalar::<_, String>(newest).fetch_optional(&floor.pool).await;
        newest.unwrap() == Some(last.clone())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_before_is_used_when_the_newest_is_damaged() {
    let mut floor = with_an_open_position().await;
    floor.stop().await;
    floor.start().await;
    floor.send(close(1, 1)).await.unwrap();
    floor.stop().await;
    assert_eq!(snapshot_count(&floor).await, 2);
    let damage = "update snapshots set state = overlay(state placing '\\x00000000' from 20)
                  where id = (select max(id) from snapshots)";
    sqlx::query(damage).execute(&floor.pool).await.unwrap();
    floor.start().await;
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
    floor.check_outputs().await;

    floor.crash().await;
    sqlx::query("update snapshots set state = '\\x00'").execute(&floor.pool).await.unwrap();
    floor.spawn();
    let refusal = floor.refused().await;
    assert!(matches!(refusal, Refusal::SnapshotsDamaged(_)), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_snapshots_go_and_the_stream_is_trimmed_to_the_oldest_that_is_kept() {
    let mut floor = Floor::new().await;
    floor.config.snapshot_interval_ms = 20;
    floor.config.snapshots_kept = 3;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    let first = stream_end(&floor).await;
    let mut ticks = 0;
    eventually("the first entries are trimmed", async || {
        ticks += 1;
        floor.tick("99.9", "100").await;
        !floor.streams.contains(REQUEST_STREAM, first).await.unwrap()
    })
    .await;
    assert_eq!(snapshot_count(&floor).await, 3);
    floor.crash().await;
    let oldest: String =
        sqlx::query_scalar(r#"select "lastStreamId" from snapshots order by id limit 1"#)
            .fetch_one(&floor.pool)
            .await
            .unwrap();
    let kept = floor.streams.contains(REQUEST_STREAM, oldest.parse().unwrap()).await.unwrap();
    assert!(kept, "the engine can continue from every kept snapshot");
    floor.start().await;
    assert_eq!(floor.balance(1).await, "1000".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_read_is_in_the_row() {
    let mut floor = with_an_open_position().await;
    floor.stop().await;
    let data: serde_json::Value =
        sqlx::query_scalar("select data from snapshots").fetch_one(&floor.pool).await.unwrap();
    assert_eq!(data["openPositions"], 1);
    assert_eq!(data["ledger"]["deposits"], "100000000000");
    assert_eq!(data["stateHash"].as_str().unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn trading_goes_on_while_postgres_is_away_and_snapshots_catch_up() {
    let mut floor = Floor::new().await;
    floor.config.snapshot_interval_ms = 20;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.postgres.kill_hard().unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());
    floor.postgres.restart().unwrap();
    let last = stream_end(&floor).await.to_string();
    eventually("a snapshot holds what happened meanwhile", async || {
        let newest = r#"select "lastStreamId" from snapshots order by id desc limit 1"#;
        let newest = sqlx::query_scalar::<_, String>(newest).fetch_optional(&floor.pool).await;
        newest.ok().flatten() == Some(last.clone())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_accounts_are_worth_is_written_with_the_snapshots() {
    let mut floor = Floor::new().await;
    floor.config.snapshot_interval_ms = 50;
    floor.config.equity_interval_ms = 1;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.send(register(2)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    let rows = async || {
        sqlx::query_as::<_, (i64, i64)>(
            r#"select distinct on (account_id) wallet_balance, unrealized_pnl
               from equity order by account_id, "time" desc"#,
        )
        .fetch_all(&floor.pool)
        .await
        .unwrap()
    };
    let thousand = 100_000_000_000;
    let spread = (thousand, -5_000_000);
    eventually("the spread is paid", async || rows().await == [spread, (thousand, 0)]).await;
    floor.tick("105", "106").await;
    let gain = (thousand, 250_000_000);
    eventually("the gain shows", async || rows().await == [gain, (thousand, 0)]).await;
    let count = "select count(*) from equity where wallet_balance + unrealized_pnl = $1";
    let unchanged: i64 =
        sqlx::query_scalar(count).bind(thousand).fetch_one(&floor.pool).await.unwrap();
    // Of the account that trades, there may be one from before its order.
    assert!((1..=2).contains(&unchanged), "{unchanged} rows");
    floor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_never_follows_a_later_one() {
    let floor = Floor::new().await;
    let (aside, interval) = (Handle::current(), Duration::from_mins(1));
    let pool = floor.pool.clone();
    let world = Production::new(&floor.streams, Shard::ONLY, pool, aside, interval);
    let mut exchange = Exchange::default();
    let mut snapshots = Vec::new();
    for (n, seq) in [(1, 9), (2, 10)] {
        let entry = RequestEntry {
            request_id: None,
            timestamp_ms: 1,
            reply_to: None,
            request: register(n),
        };
        exchange.apply(EntryId::new(1, seq), &entry);
        snapshots.push(world.store().encode(exchange.freeze()).await.unwrap());
    }
    let store = async |n: usize, epoch| world.store().store(&snapshots[n], epoch, 5).await;
    store(1, 7).await.expect("it is the first");
    // An engine that was paused, and whose epoch Redis lost and gave once more.
    for (n, epoch) in [(0, 7), (0, 6), (1, 6)] {
        let refused = store(n, epoch).await.expect_err("a later one is stored");
        assert!(matches!(refused, StoreError::Superseded), "{refused}");
    }
    assert_eq!(snapshot_count(&floor).await, 1);
    store(1, 7).await.expect("a reply may have been lost");
    store(0, 8).await.expect("the history may have lost its end");
}
