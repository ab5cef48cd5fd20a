//! Damage to the history is detected, at the start and while the engine runs.

use crate::floor::{Floor, close, long, register};
use engine::Refusal;
use messages::{EngineState, EntryId, Fields, REQUEST_STREAM, RESPONSE_STREAM};
use testkit::stack::eventually;

async fn with_an_open_position() -> (Floor, EntryId) {
    let mut floor = Floor::new().await;
    floor.start().await;
    floor.send(register(1)).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.send(long(1, 1, None)).await.unwrap();
    let order = floor.streams.last_id(REQUEST_STREAM).await.unwrap();
    (floor, order)
}

fn command(floor: &Floor, arguments: &[&str]) {
    let output = std::process::Command::new("redis-cli")
        .args(["-u", &floor.redis.url()])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.starts_with("ERR"), "{arguments:?}: {text}");
}

async fn delete(floor: &Floor, id: EntryId) {
    assert!(floor.streams.delete_entry(REQUEST_STREAM, id).await.unwrap());
}

async fn says(floor: &Floor, state: EngineState, what: &str) {
    eventually(what, async || {
        let status = floor.status().await;
        status.is_some_and(|status| status.status == state && status.message.contains(what))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_order_that_was_deleted_is_not_lost_in_silence() {
    let (mut floor, order) = with_an_open_position().await;
    floor.tick("99.9", "100").await;
    floor.crash().await;
    delete(&floor, order).await;
    floor.spawn();
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::EntryDeleted { deleted: order, snapshot: EntryId::MIN });
    assert!(refusal.to_string().contains("velox adopt"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_outputs_can_have_no_ids_is_put_aside() {
    let (mut floor, order) = with_an_open_position().await;
    let id = EntryId::new(order.ms, u64::from(u32::MAX) + 1);
    command(
        &floor,
        &["xadd", REQUEST_STREAM, &id.to_string(), "type", "SET_RULES", "payload", "{}"],
    );
    let dead = messages::dead_letter_stream(REQUEST_STREAM);
    eventually("it is dead-lettered", async || {
        floor.streams.stream_info(&dead).await.unwrap().is_some_and(|info| info.length == 1)
    })
    .await;
    let letters = floor.streams.read_range(&dead, EntryId::MIN, 1).await.unwrap();
    let error = letters[0].fields.iter().find(|(name, _)| *name == "error").unwrap().1;
    assert!(String::from_utf8_lossy(error).contains("below 2^32"), "{error:?}");

    floor.send(close(1, 1)).await.unwrap();
    floor.crash().await;
    floor.start().await;
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_deleted_behind_a_snapshot_is_not_missed() {
    let (mut floor, order) = with_an_open_position().await;
    floor.stop().await;
    let snapshot = floor.streams.last_id(REQUEST_STREAM).await.unwrap();
    let deleted = floor.append(register(2)).await;
    floor.append(register(3)).await;
    delete(&floor, deleted).await;
    floor.spawn();
    assert_eq!(floor.refused().await, Refusal::EntryDeleted { deleted, snapshot });
    assert_eq!(snapshot, order, "no entry follows it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_a_snapshot_contains_may_be_deleted() {
    let (mut floor, order) = with_an_open_position().await;
    // It is answered, so it is applied: the snapshot ends after the order.
    floor.send(register(2)).await.unwrap();
    floor.stop().await;
    delete(&floor, order).await;
    floor.start().await;
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_goes_on_that_had_applied_what_was_deleted() {
    let (mut floor, order) = with_an_open_position().await;
    delete(&floor, order).await;
    floor.tick("99.9", "100").await;
    floor.send(close(1, 1)).await.unwrap();
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
    floor.stop().await;
    floor.start().await;
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_of_the_future_is_refused_before_it_swallows_others() {
    let (mut floor, _) = with_an_open_position().await;
    floor.crash().await;
    let written = EntryId::new(9_999_999_999_999, 0);
    let fields: Fields = [("a".to_owned(), b"b".to_vec())].into_iter().collect();
    let mut batch = floor.streams.batch();
    batch.append_at(RESPONSE_STREAM, written, &fields);
    batch.send().await.unwrap();
    floor.spawn();
    let stream_end = floor.streams.last_id(REQUEST_STREAM).await.unwrap();
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::ForeignOutput { written, stream_end });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_of_the_future_stops_a_running_engine_and_no_close_is_lost() {
    let (mut floor, _) = with_an_open_position().await;
    let last = floor.streams.last_id(RESPONSE_STREAM).await.unwrap().to_string();
    command(&floor, &["xadd", RESPONSE_STREAM, "9999999999999-0", "a", "b"]);
    floor.append(close(1, 1)).await;
    assert!(matches!(floor.refused().await, Refusal::ForeignOutput { .. }));
    // The manual steps of the runbook.
    command(&floor, &["xdel", RESPONSE_STREAM, "9999999999999-0"]);
    let set = ["xsetid", RESPONSE_STREAM, &last, "entriesadded", "2", "maxdeletedid", "0-1"];
    command(&floor, &set);
    floor.start().await;
    floor.check_outputs().await;
    assert_eq!(floor.balance(1).await, "999.95".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_may_remove_streams_is_not_traded_on() {
    let (mut floor, _) = with_an_open_position().await;
    command(&floor, &["config", "set", "maxmemory-policy", "allkeys-lru"]);
    says(&floor, EngineState::Starting, "maxmemory-policy is allkeys-lru").await;
    command(&floor, &["config", "set", "maxmemory-policy", "noeviction"]);
    floor.wait_until_ready().await;
    assert_eq!(floor.balance(1).await, "995".parse().unwrap());
    floor.stop().await;
    command(&floor, &["config", "set", "maxmemory-policy", "volatile-ttl"]);
    floor.spawn();
    says(&floor, EngineState::Starting, "maxmemory-policy is volatile-ttl").await;
}

/// Empties Redis and the table of snapshots.
async fn forget(floor: &Floor) {
    command(floor, &["flushall"]);
    sqlx::query("delete from snapshots").execute(&floor.pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_do_not_begin_anew_when_snapshots_and_stream_are_both_gone() {
    let (mut floor, _) = with_an_open_position().await;
    floor.stop().await;
    forget(&floor).await;
    floor.spawn();
    assert_eq!(floor.refused().await, Refusal::Forgotten { users: 0, records: 0 });
    // A price has arrived meanwhile, so the stream is not empty.
    let sign_up = "insert into users (id, email, phone, password, created_at)
        values (gen_random_uuid(), 'a@example.com', 41791234567, 'x', now() - interval '1 minute')";
    sqlx::query(sign_up).execute(&floor.pool).await.unwrap();
    floor.tick("99.9", "100").await;
    floor.spawn();
    let refusal = floor.refused().await;
    assert_eq!(refusal, Refusal::Forgotten { users: 1, records: 0 });
    assert!(refusal.to_string().contains("velox adopt --afresh"), "{refusal}");
    command(&floor, &["set", "engine:afresh", "yes"]);
    floor.start().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_up_just_before_the_first_engine_keeps_nobody_from_trading() {
    let mut floor = Floor::new().await;
    let sign_up = "insert into users (id, email, phone, password)
        values (gen_random_uuid(), 'a@example.com', 41791234567, 'x')";
    sqlx::query(sign_up).execute(&floor.pool).await.unwrap();
    floor.start().await;
    floor.send(register(1)).await.unwrap();
}
