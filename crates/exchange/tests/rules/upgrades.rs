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
    EntryId, Fields, GetOpenOrders, Order, OrderId, OrderRef, OrderStatus, Query, RequestEntry,
    Response, StreamMessage, UserId,
};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

const WRITE: &str = "VELOX_WRITE_FIXTURES";

/// The first version that has more than positions: what earlier ones wrote stays the same.
const ORDERS_SINCE: u32 = 5;

/// The first version in which orders have a sequence. What comes from the earlier ones is compared
/// without it.
const SEQUENCES_SINCE: u32 = 9;

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

#[test]
fn an_order_from_before_it_had_a_sequence_is_found_by_its_time() {
    let folder = fixtures().join("v8");
    let hashes: Value = serde_json::from_slice(&fs::read(folder.join(HASHES)).unwrap()).unwrap();
    let bytes = fs::read(folder.join(BEFORE)).unwrap();
    let exchange = Exchange::restore(&bytes, hashes[BEFORE].as_str().unwrap()).unwrap();
    let orders = (1..=ORDERS).map(|n| OrderId(Uuid::from_u128(n)));
    let orders: Vec<_> = orders.filter_map(|id| exchange.find_placed_order(id)).collect();
    let statuses = orders.iter().map(|order| order.status == OrderStatus::New);
    assert!(statuses.clone().any(|rests| rests) && statuses.clone().any(|rests| !rests));
    for order in orders {
        assert_eq!(order.sequence, 0);
        let query = Query::GetPlacedOrder(OrderRef::numbered(order.created_at_ms));
        let found = exchange.answer(order.user_id, query).unwrap();
        let Response::PlacedOrder { order: found, .. } = found else { panic!("{found:?}") };
        assert_eq!(found.created_at_ms, order.created_at_ms);
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
    let version: u32 = name.to_string().rsplit_once('v').unwrap().1.parse().unwrap();
    let seen = |exchange: &Exchange| visible(exchange, version >= SEQUENCES_SINCE);
    let mut exchange = restore(BEFORE);
    let mut outputs = Vec::new();
    for line in lines(REQUESTS) {
        let (id, fields) = entry_of(&line);
        let request = RequestEntry::decode(&fields).unwrap_or_else(|e| panic!("{name} {id}: {e}"));
        let events = exchange.apply(id, &request).events;
        outputs.extend((0..).zip(events).map(|(n, event)| line_of(id.output(n), &event.encode())));
    }
    if (ORDERS_SINCE..SEQUENCES_SINCE).contains(&version) {
        outputs.iter_mut().for_each(remove_sequences);
    }
    assert_eq!(outputs, lines(OUTPUTS), "{name}");
    // Only the visible part of the final state, because newer versions store more.
    assert_eq!(seen(&exchange), seen(&restore(AFTER)), "{name}");
    if version == VERSION {
        assert_eq!(hash(&exchange), hashes[AFTER], "{name}");
    }
}

/// Removes the sequences of orders from an output.
fn remove_sequences(output: &mut Value) {
    let payload = output["fields"]["payload"].as_str().unwrap();
    let numbered = "\"sequence\":";
    // That of the account stays, which comes first.
    let (account, mut rest) = payload.split_once('}').unwrap();
    let mut text = format!("{account}}}");
    while let Some((before, after)) = rest.split_once(numbered) {
        text.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(',').unwrap();
    }
    output["fields"]["payload"] = format!("{text}{rest}").into();
}

/// Every visible part of a state.
fn visible(exchange: &Exchange, has_sequences: bool) -> Vec<String> {
    let known = |order: &mut Order| order.sequence *= u64::from(has_sequences);
    let users = (1..=USERS).map(|n| UserId(Uuid::from_u128(n))).flat_map(|user_id| {
        let ask = |query| {
            let mut answer = exchange.answer(user_id, query);
            match &mut answer {
                Ok(Response::PlacedOrder { order, .. }) => known(Arc::make_mut(order)),
                Ok(Response::OpenOrders { orders }) => {
                    for resting in orders {
                        known(&mut resting.order);
                    }
                }
                _ => {}
            }
            format!("{answer:?}")
        };
        let by_client_id =
            CLIENT_IDS.map(|n| Query::GetPlacedOrder(OrderRef::called(format!("my-{n}"))));
        let open_orders = Query::GetOpenOrders(GetOpenOrders::default());
        let queries =
            [Query::GetBalance, Query::GetUserOrders, Query::GetAccountSettings, open_orders];
        queries.into_iter().chain(by_client_id).map(ask).collect::<Vec<_>>()
    });
    let orders = (1..=ORDERS).map(|n| OrderId(Uuid::from_u128(n)));
    let orders = orders.map(|order_id| {
        let mut placed = exchange.find_placed_order(order_id);
        placed.as_mut().into_iter().for_each(known);
        format!("{:?} {placed:?}", exchange.find_order(order_id))
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
