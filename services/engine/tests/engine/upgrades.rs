//! Data of other versions of Velox: the engine continues from an earlier version's, and refuses a
//! later version's by its number.

use crate::floor::{Floor, register, user};
use engine::Refusal;
use exchange::Exchange;
use exchange::snapshot::{self, Summary};
use messages::{
    EntryId, Event, Fields, Query, REQUEST_STREAM, RESPONSE_STREAM, Rejection, StreamMessage as _,
    dead_letter_stream,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use testkit::stack::eventually;

/// Returns the path of a fixture of the exchange's tests, which describe the files.
fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/exchange/tests/fixtures/v1").join(file)
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(fixture(file)).unwrap()
}

fn entries(file: &str) -> Vec<(EntryId, Fields)> {
    let text = String::from_utf8(read(file)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let entries = lines.map(|line| {
        let fields = line["fields"].as_object().unwrap().iter();
        let fields = fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().into()));
        (line["id"].as_str().unwrap().parse().unwrap(), fields.collect())
    });
    entries.collect()
}

/// Stores a snapshot as the engine does.
async fn store(floor: &Floor, last_id: EntryId, bytes: &[u8], hash: &str) {
    let state = zstd::bulk::compress(bytes, 1).unwrap();
    sqlx::query(r#"insert into snapshots ("lastStreamId", data, state) values ($1, $2, $3)"#)
        .bind(last_id.to_string())
        .bind(json!({ "version": 1, "stateHash": hash }))
        .bind(state)
        .execute(&floor.pool)
        .await
        .unwrap();
}

async fn newest_summary(floor: &Floor) -> Summary {
    let data = sqlx::query_scalar("select data from snapshots order by id desc limit 1")
        .fetch_one(&floor.pool)
        .await
        .unwrap();
    serde_json::from_value(data).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_goes_on_from_what_version_1_has_written() {
    let mut floor = Floor::new().await;
    let hashes: Value = serde_json::from_slice(&read("hashes.json")).unwrap();
    let hash = |file: &str| hashes[file].as_str().unwrap().to_owned();
    let restore = |file: &str| Exchange::restore(&read(file), &hash(file)).unwrap();
    let (before, after) = (restore("before.snapshot"), restore("after.snapshot"));
    store(&floor, before.last_id(), &read("before.snapshot"), &hash("before.snapshot")).await;
    // The limits at the end of the history, without those that did not exist then.
    let rules = after.rules();
    floor.config.max_open_positions = rules.max_open_positions;
    floor.config.stale_price_ms = rules.stale_price_ms;
    floor.config.closed_retention_ms = rules.closed_retention_ms;
    floor.config.closed_retention_max = rules.closed_retention_max;
    let mut batch = floor.streams.batch();
    batch.append_at(REQUEST_STREAM, before.last_id(), &register_entry());
    for (id, fields) in entries("requests.jsonl") {
        batch.append_at(REQUEST_STREAM, id, &fields);
    }
    batch.send().await.unwrap();

    floor.start().await;
    let expected = entries("outputs.jsonl");
    let expected: Vec<_> =
        expected.iter().map(|(id, fields)| (*id, Event::decode(fields).unwrap())).collect();
    eventually("the outputs are written", async || {
        let info = floor.streams.stream_info(RESPONSE_STREAM).await.unwrap();
        info.is_some_and(|info| info.length >= expected.len() as u64)
    })
    .await;
    assert_eq!(floor.entries::<Event>(RESPONSE_STREAM).await, expected);
    floor.stop().await;
    // Closed orders of that time are evicted with the first entry of today, which sets the new
    // limits.
    let Summary { ledger, accounts, open_positions, .. } = after.freeze().encode().summary;
    let newest = newest_summary(&floor).await;
    assert_eq!(newest.ledger, ledger);
    assert_eq!((newest.accounts, newest.open_positions), (accounts, open_positions));
}

/// The snapshot's last entry, which is in the stream but is not applied again.
fn register_entry() -> Fields {
    let request = register(1);
    messages::RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }.encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_later_version_alone_is_no_fresh_start() {
    let mut floor = Floor::new().await;
    let mut bytes = read("before.snapshot");
    bytes[0] = 99;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    store(&floor, EntryId::new(1, 0), &bytes, &hash).await;
    floor.spawn();
    let refusal = floor.refused().await;
    let says =
        format!("the snapshot has version 99; this version of Velox reads {}", snapshot::VERSION);
    assert_eq!(refusal, Refusal::SnapshotsDamaged(says));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_later_version_is_put_aside_and_the_next_one_applied() {
    let mut floor = Floor::new().await;
    floor.start().await;
    let entry = register_entry();
    let later: Fields = entry
        .iter()
        .map(|(name, value)| {
            (name.to_owned(), if name == "v" { b"99".to_vec() } else { value.into() })
        })
        .collect();
    let id = floor.streams.append(REQUEST_STREAM, &later).await.unwrap();
    floor.send(register(2)).await.unwrap();
    assert_eq!(floor.ask(1, Query::GetBalance).await, Err(Rejection::UnknownUser), "{}", user(1));
    let dead = dead_letter_stream(REQUEST_STREAM);
    let letters = floor.streams.read_range(&dead, EntryId::MIN, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    let error = letter.fields.iter().find(|(name, _)| *name == "error").unwrap().1;
    let says = std::str::from_utf8(error).unwrap();
    assert!(says.starts_with("field `v` is 99; this version of Velox reads "), "{says}");
    assert_eq!(letter.id, id);
}
