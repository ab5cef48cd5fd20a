//! Snapshots and entries of earlier versions are still read, with the same results.
//!
//! `tests/fixtures/v{N}` holds a snapshot as version N of the encoding wrote it, the following
//! entries of `request:stream`, their events and the final state. A folder is written once, by the
//! version with its number, with `VELOX_WRITE_FIXTURES=1`, and never changed: existing databases
//! and streams hold the same data.

use crate::desk::{BTC, DOGE, ETH, SOL, instrument};
use crate::random_histories::{History, USERS};
use exchange::Exchange;
use exchange::snapshot::{Encoded, VERSION};
use messages::{
    AdjustBalance, Attribution, DisputePrice, DisputeReason, EntryId, EventKind, Fields, OrderId,
    Query, Request, RequestEntry, Rules, StreamMessage, Symbol, UserId,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const WRITE: &str = "VELOX_WRITE_FIXTURES";

const BEFORE: &str = "before.snapshot";
const AFTER: &str = "after.snapshot";
const REQUESTS: &str = "requests.jsonl";
const OUTPUTS: &str = "outputs.jsonl";
const HASHES: &str = "hashes.json";

/// The numbers of entries that the snapshot includes and that follow it.
const BEFORE_LEN: usize = 700;
const AFTER_LEN: usize = 200;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn a_state_of_every_earlier_version_goes_on_as_it_did_then() {
    let newest = fixtures().join(format!("v{VERSION}"));
    if std::env::var_os(WRITE).is_some() {
        write(&newest);
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
        [ask(Query::GetBalance), ask(Query::GetUserOrders)]
    });
    let most_orders = u128::try_from(BEFORE_LEN + AFTER_LEN).unwrap();
    let orders = (1..=most_orders).map(|n| OrderId(Uuid::from_u128(n)));
    let orders = orders.map(|order_id| format!("{:?}", exchange.find_order(order_id)));
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

fn line_of(id: EntryId, fields: &Fields) -> Value {
    let text = |value: &[u8]| Value::from(String::from_utf8(value.to_vec()).unwrap());
    let fields: Map<_, _> =
        fields.iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    json!({ "id": id.to_string(), "fields": fields })
}

/// The record of a history.
struct Record {
    before: Encoded,
    requests: String,
    outputs: String,
    after: Encoded,
    /// The types of the entries and events, and the reasons of closes.
    kinds: BTreeSet<String>,
}

fn write(folder: &Path) {
    assert!(!folder.exists(), "{} is there, and never changes", folder.display());
    let records = (1..10_000).map(record);
    // Eleven kinds of requests, five of events, four reasons.
    let complete = records.into_iter().find(|record| record.kinds.len() >= 20);
    let Record { before, requests, outputs, after, .. } = complete.expect("some history has all");
    let hashes = json!({ BEFORE: before.hash, AFTER: after.hash });
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(HASHES), format!("{hashes:#}\n")).unwrap();
    fs::write(folder.join(REQUESTS), requests).unwrap();
    fs::write(folder.join(OUTPUTS), outputs).unwrap();
    fs::write(folder.join(BEFORE), before.bytes).unwrap();
    fs::write(folder.join(AFTER), after.bytes).unwrap();
}

fn record(seed: u64) -> Record {
    let mut history = History::new(seed);
    let mut exchange = Exchange::default();
    for n in 0..BEFORE_LEN {
        let (id, mut entry) = history.next();
        // Gives the snapshot every part that a state can have.
        match n {
            0 => entry.request = Request::SetRules(forgetful(exchange.rules())),
            1..4 => entry.request = list([BTC, ETH, SOL][n - 1]),
            _ if n + 2 == BEFORE_LEN => entry.request = dispute(ETH),
            _ if n + 1 == BEFORE_LEN => entry.request = Request::PauseTrading(operator()),
            _ => {}
        }
        exchange.apply(id, &entry);
    }
    let before = exchange.freeze().encode();
    let (mut requests, mut outputs, mut kinds) = (String::new(), String::new(), BTreeSet::new());
    for n in 0..AFTER_LEN {
        let (id, mut entry) = history.next();
        // Requests that random histories seldom have.
        if let Some(request) = seldom(n, &exchange) {
            entry.request = request;
        }
        entry.reply_to = entry.request.user_id().map(|_| "reply:7d0c".to_owned());
        entry.timestamp_ms = id.ms;
        let line = line_of(id, &entry.encode());
        kinds.insert(line["fields"]["type"].to_string());
        writeln!(requests, "{line}").unwrap();
        for (n, event) in (0..).zip(exchange.apply(id, &entry).events) {
            let line = line_of(id.output(n), &event.encode());
            kinds.insert(line["fields"]["type"].to_string());
            if let EventKind::PositionClosed(order) = &event.kind {
                kinds.insert(order.close_reason.as_str().to_owned());
            }
            writeln!(outputs, "{line}").unwrap();
        }
    }
    Record { before, requests, outputs, after: exchange.freeze().encode(), kinds }
}

fn seldom(n: usize, exchange: &Exchange) -> Option<Request> {
    match n {
        1 => Some(Request::ResumeTrading(operator())),
        50 => Some(Request::AdjustBalance(
            UserId(Uuid::from_u128(1)),
            AdjustBalance { amount: "12.5".parse().unwrap(), attribution: operator() },
        )),
        60 => Some(list(DOGE)),
        100 => Some(Request::SetRules(Rules { max_open_positions: 30, ..exchange.rules() })),
        150 => Some(dispute(SOL)),
        _ if n + 1 == AFTER_LEN => Some(Request::PauseTrading(operator())),
        _ => None,
    }
}

/// Rules under which only the ids of many closed orders are kept.
fn forgetful(rules: Rules) -> Rules {
    Rules {
        closed_retention_max: 20,
        order_id_retention_ms: Some(1_000_000),
        clock_lead_max_ms: Some(60_000),
        ..rules
    }
}

fn list(symbol: Symbol) -> Request {
    Request::SetInstrument(Box::new(instrument(symbol)))
}

fn dispute(symbol: Symbol) -> Request {
    Request::DisputePrice(DisputePrice { symbol, reason: DisputeReason::Held })
}

fn operator() -> Attribution {
    Attribution { by: "operator".to_owned(), reason: "an upgrade".to_owned() }
}
