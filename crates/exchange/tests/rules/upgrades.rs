//! Snapshots and entries of earlier versions are still read, with the same results.
//!
//! `tests/fixtures/v{N}` holds a snapshot as version N of the encoding wrote it, the following
//! entries of `request:stream`, their events and the final state. A folder is written once, by the
//! version with its number, with `VELOX_WRITE_FIXTURES=1`, and never changed: existing databases
//! and streams hold the same data.

use crate::order_history::CLIENT_IDS;
use crate::random_histories::USERS;
use crate::recording;
use exchange::Exchange;
use exchange::snapshot::VERSION;
use messages::{
    EntryId, Fields, GetOpenOrders, OrderId, OrderRef, Query, RequestEntry, StreamMessage, UserId,
};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const WRITE: &str = "VELOX_WRITE_FIXTURES";

/// The highest number of an order in the fixtures.
const ORDERS: u128 = 1_500;

pub const BEFORE: &str = "before.snapshot";
pub const AFTER: &str = "after.snapshot";
pub const REQUESTS: &str = "requests.jsonl";
pub const OUTPUTS: &str = "outputs.jsonl";
pub const HASHES: &str = "hashes.json";

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn a_state_of_every_earlier_version_goes_on_as_it_did_then() {
    let newest = fixtures().join(format!("v{VERSION}"));
    if std::env::var_os(WRITE).is_some() {
        recording::write(&newest);
    }
    assert!(newest.is_dir(), "version {VERSION} has left nothing: run this test with {WRITE}=1");
    for folder in fs::read_dir(fixtures()).unwrap() {
        check(&folder.unwrap().path());
    }
}

fn check(folder: &Path) {
    let name = folder.display();
    let read = |file: &str| fs::read(folder.join(file)).unwrap();
    let lines = |file: &str| -> Vec<Value> {
        let text = String::from_utf8(read(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let hashes: Value = serde_json::from_slice(&read(HASHES)).unwrap();
    let restore = |file: &str| {
        let hash = hashes[file].as_str().unwrap();
        Exchange::restore(&read(file), hash)
            .unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
    };
    let mut exchange = restore(BEFORE);
    let mut outputs = Vec::new();
    for line in lines(REQUESTS) {
        let (id, fields) = entry_of(&line);
        let request = RequestEntry::decode(&fields).unwrap_or_else(|e| panic!("{name} {id}: {e}"));
        let events = exchange.apply(id, &request).events;
        outputs.extend((0..).zip(events).map(|(n, event)| line_of(id.output(n), &event.encode())));
    }
    assert_eq!(outputs, lines(OUTPUTS), "{name}");
    // Only the visible part of the final state, because newer versions store more.
    assert_eq!(visible(&exchange), visible(&restore(AFTER)), "{name}");
    if name.to_string().ends_with(&format!("v{VERSION}")) {
        assert_eq!(hash(&exchange), hashes[AFTER], "{name}");
    }
}

/// Every visible part of a state.
fn visible(exchange: &Exchange) -> Vec<String> {
    let users = (1..=USERS).map(|n| UserId(Uuid::from_u128(n))).flat_map(|user_id| {
        let ask = |query| format!("{:?}", exchange.answer(user_id, query));
        let by_client_id = CLIENT_IDS.map(|n| {
            let client_order_id = Some(format!("my-{n}"));
            Query::GetPlacedOrder(OrderRef { order_id: None, client_order_id })
        });
        let open_orders = Query::GetOpenOrders(GetOpenOrders::default());
        let queries =
            [Query::GetBalance, Query::GetUserOrders, Query::GetAccountSettings, open_orders];
        queries.into_iter().chain(by_client_id).map(ask).collect::<Vec<_>>()
    });
    let orders = (1..=ORDERS).map(|n| OrderId(Uuid::from_u128(n)));
    let orders = orders.map(|order_id| {
        format!("{:?} {:?}", exchange.find_order(order_id), exchange.find_placed_order(order_id))
    });
    let state = (exchange.last_id(), exchange.rules(), exchange.pause(), exchange.ledger());
    let instruments = format!("{:?}", exchange.instruments().collect::<Vec<_>>());
    users.chain(orders).chain([format!("{state:?}"), instruments]).collect()
}

fn hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

fn entry_of(line: &Value) -> (EntryId, Fields) {
    let fields = line["fields"].as_object().unwrap().iter();
    let fields =
        fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().as_bytes().to_vec()));
    (line["id"].as_str().unwrap().parse().unwrap(), fields.collect())
}

pub fn line_of(id: EntryId, fields: &Fields) -> Value {
    let text = |value: &[u8]| Value::from(String::from_utf8(value.to_vec()).unwrap());
    let fields: Map<_, _> =
        fields.iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    json!({ "id": id.to_string(), "fields": fields })
}
