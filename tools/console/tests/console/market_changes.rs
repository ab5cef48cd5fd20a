//! `velox market set`.

use crate::scene::{Said, tick, velox, velox_json};
use messages::{
    Event, EventKind, Instrument, MarkPrice, OrderId, PlaceOrder, REQUEST_STREAM, RESPONSE_STREAM,
    RegisterUser, Request, RequestEntry, Side, StreamMessage as _, UserId,
};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::{BTC, ETH, shipped};
use testkit::trader::Trader;
use uuid::Uuid;

const SHIPPED: &str = include_str!("../../../../markets.toml");
const WHO: [&str; 4] = ["--by", "mia", "--reason", "new brackets"];
const USER: UserId = UserId(Uuid::from_u128(1));

/// The shipped file with another line in the table of Bitcoin.
fn bitcoin_with(line: &str) -> String {
    let first = "\nsimulation =";
    assert!(SHIPPED.contains(first));
    SHIPPED.replacen(first, &format!("\n{line}{first}"), 1)
}

/// The shipped file with a maintenance margin of this many millionths for Bitcoin.
fn maintenance(ppm: &str) -> String {
    bitcoin_with(&format!(
        "liquidation_model = \"maintenance\"\nbrackets = [{{ notional_cap = \"50000\", \
         max_leverage = 100, maintenance_ppm = {ppm} }}]"
    ))
}

/// Two files: the one that the engine reads, and the operator's copy.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new(text: &str) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(files.of_the_engine(), text).unwrap();
        files
    }

    fn of_the_engine(&self) -> PathBuf {
        self.folder.path().join("markets.toml")
    }

    /// Runs the command on a copy with this text.
    fn set(&self, stack: &Stack, text: &str, arguments: &[&str]) -> Said {
        let copy = self.folder.path().join("new.toml");
        fs::write(&copy, text).unwrap();
        let set = ["market", "set", "--markets", copy.to_str().unwrap()];
        velox(stack, &[&set, arguments].concat())
    }
}

async fn send(stack: &Stack, request: Request) {
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
}

async fn mark(stack: &Stack, text: &str) {
    send(stack, Request::MarkPrice(MarkPrice::new(BTC, text.parse().unwrap(), None))).await;
}

async fn open(trader: &Trader, side: &str, leverage: u32) -> String {
    let order = json!({"asset": "BTCUSDT", "orderType": side, "leverage": leverage, "qty": "1"});
    let (status, body) = trader.open(order).await;
    assert!(status.is_success(), "{body}");
    body["order"]["orderId"].as_str().unwrap().to_owned()
}

/// The ids of positions in a part of the output.
fn ids(list: &Value) -> BTreeSet<String> {
    let id = |found: &Value| found["positionId"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(id).collect()
}

/// The positions that were liquidated.
async fn liquidated(stack: &Stack) -> BTreeSet<String> {
    let events = stack.entries::<Event>(RESPONSE_STREAM).await;
    let closed = events.into_iter().filter_map(|(_, event)| match event.kind {
        EventKind::PositionClosed(closed) => Some(closed.order.order_id.to_string()),
        _ => None,
    });
    closed.collect()
}

async fn changes_of_bitcoin(stack: &Stack) -> usize {
    let entries = stack.entries::<RequestEntry>(REQUEST_STREAM).await;
    let is_one =
        |request: &Request| matches!(request, Request::SetInstrument(i) if i.symbol == BTC);
    entries.iter().filter(|(_, entry)| is_one(&entry.request)).count()
}

/// Reports whether an entry says who sent it and why.
async fn is_attributed(stack: &Stack) -> bool {
    let entries = stack.streams.read_range(REQUEST_STREAM, messages::EntryId::MIN, 100).await;
    entries.unwrap().iter().any(|entry| {
        let mut fields = entry.fields.iter().filter(|(name, _)| ["by", "reason"].contains(name));
        fields.next() == Some(("by", b"mia")) && fields.next() == Some(("reason", b"new brackets"))
    })
}

/// Compares the lines that say what is in the columns.
fn is_as_the_readme_shows(text: &str) {
    let mut sections = include_str!("../../README.md").split("\n## ");
    let readme = sections.find(|text| text.starts_with("market")).unwrap();
    for first in ["symbol ", "BTCUSDT  brackets, 1", "account ", "Positions", "other positions"] {
        let words = |text: &str| {
            let line = text.lines().find(|line| line.starts_with(first)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words(text), words(readme));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_the_positions_that_the_change_then_liquidates() {
    let files = Files::new(&maintenance("4_000"));
    let file = files.of_the_engine().display().to_string();
    let own = [("STALE_PRICE_MS", "600000"), ("MARKETS_FILE", &*file)];
    let mut stack = Stack::new(&own).await;
    for service in [Service::Engine, Service::HttpGateway] {
        stack.start(service).await;
    }
    tick(&stack, "99.95", "100.05").await;
    mark(&stack, "100").await;
    let (first, second) = (stack.trader(1).await, stack.trader(2).await);
    let doomed = [open(&first, "LONG", 50).await, open(&second, "SHORT", 50).await];
    let survivor = open(&first, "LONG", 5).await;

    // The copy is not what the engine reads: nothing changes by itself.
    let new = maintenance("30_000");
    let length = stack.stream_len(REQUEST_STREAM).await;
    let said = files.set(&stack, &new, &["--dry-run"]).ends_with(1);
    let said =
        said.shows("Positions liquidated: 2").shows(&doomed[0]).shows("new liquidation price: 1\n");
    is_as_the_readme_shows(&said.text);
    let said = files.set(&stack, &new, &["--dry-run", "--json"]).ends_with(1);
    let foreseen: Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(ids(&foreseen["liquidations"]), doomed.clone().into());
    let long = &foreseen["liquidations"].as_array().unwrap().iter();
    let long = long.clone().find(|found| found["side"] == "LONG").unwrap();
    assert_eq!(long["accountId"], *first.user_id);
    assert_eq!(long["entryPriceInt"], "10005000000");
    assert_eq!(long["valuedAtInt"], "10000000000");
    // (100.05 - 2.001) / (1 - 0.004), and / (1 - 0.03).
    assert_eq!(long["liquidationPriceBeforeInt"], "9844277109");
    assert_eq!(long["liquidationPriceAfterInt"], "10108144330");
    files
        .set(&stack, &new, &WHO)
        .ends_with(2)
        .shows("Positions liquidated: 2")
        .complains_of("--accept-liquidations");
    files.set(&stack, &new, &[]).ends_with(2).complains_of("--reason");
    let dry = [&WHO[..], &["--accept-liquidations", "--dry-run"]].concat();
    files.set(&stack, &new, &dry).ends_with(1);
    assert_eq!(stack.stream_len(REQUEST_STREAM).await, length, "a dry run changes nothing");
    assert_eq!(liquidated(&stack).await, BTreeSet::new());

    let accepted = [&WHO[..], &["--accept-liquidations"]].concat();
    files.set(&stack, &new, &accepted).ends_with(0).shows("set: BTCUSDT");
    mark(&stack, "100").await;
    tick(&stack, "99.95", "100.05").await;
    eventually("both are liquidated", async || liquidated(&stack).await.len() == 2).await;
    assert_eq!(liquidated(&stack).await, doomed.into());
    let open = first.open_orders().await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["orderId"], *survivor);
    assert!(is_attributed(&stack).await);
    // What the operator has set stays, also when the engine's own file says the same.
    assert_eq!(changes_of_bitcoin(&stack).await, 2);
    let other = new.replace("max_leverage = 100\n", "max_leverage = 90\n");
    let other = other.replacen("max_leverage = 90\n", "max_leverage = 100\n", 1);
    fs::write(files.of_the_engine(), &other).unwrap();
    eventually("the engine applies its file", async || {
        let ether = velox_json(&stack, &["market", "show", ETH.as_str()]);
        ether["maxLeverage"] == 90
    })
    .await;
    files.set(&stack, &other, &WHO).ends_with(0).shows("nothing differs from the file");
}

/// A history without services: an account with longs and shorts of Bitcoin, and the shipped list.
async fn without_services() -> Stack {
    let stack = Stack::new(&[]).await;
    for symbol in [BTC, ETH] {
        send(&stack, Request::SetInstrument(Box::new(shipped(symbol)))).await;
    }
    let deposit = Usd::from_scaled(100_000_000_000);
    send(&stack, Request::RegisterUser(USER, RegisterUser { deposit })).await;
    tick(&stack, "99.95", "100.05").await;
    let place = |n, side, leverage| {
        let id = OrderId(Uuid::from_u128(n));
        PlaceOrder::market(id, "BTCUSDT", side, leverage, Qty::from_scaled(100_000_000))
    };
    let stop_loss: Option<Price> = Some("99.2".parse().unwrap());
    for order in [
        place(0xa, Side::Long, 100),
        place(0xb, Side::Short, 100),
        PlaceOrder { stop_loss, ..place(0xc, Side::Long, 10) },
        place(0xd, Side::Short, 10),
    ] {
        send(&stack, Request::PlaceOrder(USER, order)).await;
    }
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wider_spread_is_foreseen_with_the_next_price() {
    let (stack, files) = (without_services().await, Files::new(SHIPPED));
    let wider = SHIPPED.replacen("spread_bps = 10\n", "spread_bps = 200\n", 1);
    let said = files.set(&stack, &wider, &["BTCUSDT", "--dry-run", "--json"]).ends_with(1);
    let foreseen: Value = serde_json::from_str(&said.text).unwrap();
    let change =
        json!([{"symbol": "BTCUSDT", "parameter": "spread_bps", "from": "10", "to": "200"}]);
    assert_eq!(foreseen["changes"], change);
    let liquidations = foreseen["liquidations"].as_array().unwrap();
    let found = liquidations.iter().map(|found| (&found["side"], &found["valuedAtInt"]));
    let found: Vec<_> = found.collect();
    assert_eq!(
        found,
        [(&json!("LONG"), &json!("9900000000")), (&json!("SHORT"), &json!("10100000000"))]
    );
    assert_eq!(foreseen["others"].as_array().unwrap().len(), 1, "{foreseen}");
    assert_eq!(foreseen["others"][0]["reason"], "STOP_LOSS");

    let spread = Instrument { spread_bps: 200, ..shipped(BTC) };
    send(&stack, Request::SetInstrument(Box::new(spread))).await;
    let at = tick(&stack, "99", "101").await;
    let at = at.to_string();
    let said = velox(&stack, &["replay", "--from", &at, "--to", &at, "--json"]).ends_with(0);
    let closed: Vec<Value> = said.documents();
    let closed = closed.iter().filter(|line| line["type"] == "ORDER_CLOSED");
    let closed: Vec<_> = closed.map(|line| line["order"]["closeReason"].clone()).collect();
    assert_eq!(closed, ["MARGIN_CALL", "MARGIN_CALL", "STOP_LOSS"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_needs_a_mark_price_is_foreseen_before_there_is_one() {
    let (stack, files) = (without_services().await, Files::new(SHIPPED));
    // At 100x every maintenance margin of 1 % or more is reached at once.
    let text = maintenance("20_000");
    files
        .set(&stack, &text, &["BTCUSDT", "--dry-run"])
        .ends_with(1)
        .shows("Positions liquidated: 2")
        .shows("liquidation_model  margin_loss");
    files
        .set(&stack, &maintenance("1_000"), &["BTCUSDT", "--dry-run"])
        .ends_with(0)
        .shows("Positions liquidated: 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_price_liquidates_anyway_is_not_an_effect_of_the_change() {
    let (stack, files) = (without_services().await, Files::new(SHIPPED));
    let of_the_engine = maintenance("4_000");
    let bitcoin = markets::parse(&of_the_engine).unwrap().remove(0);
    send(&stack, Request::SetInstrument(Box::new(bitcoin))).await;
    // The long at 100x would be liquidated at it, but it is too old to do so.
    let old = MarkPrice::new(BTC, "98.9".parse().unwrap(), None);
    let old = MarkPrice { marked_at_ms: Some(1_000_000), ..old };
    send(&stack, Request::MarkPrice(old)).await;
    let dry = |text: &str| files.set(&stack, text, &["BTCUSDT", "--dry-run"]);
    let lower = of_the_engine.replacen("spread_bps = 10\n", "spread_bps = 9\n", 1);
    dry(&lower).ends_with(0).shows("Positions liquidated: 0");
    dry(&maintenance("30_000")).ends_with(1).shows("Positions liquidated: 1").shows("SHORT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_as_the_engine_reads_it() {
    let (stack, files) = (without_services().await, Files::new(SHIPPED));
    let length = stack.stream_len(REQUEST_STREAM).await;
    let dry = |text: &str, more: &[&str]| files.set(&stack, text, &[&["--dry-run"], more].concat());
    dry("[[instrument]]\nsymbol = 7\n", &[]).ends_with(2).complains_of("line 2");
    let wrong = SHIPPED.replacen("max_leverage = 100", "max_leverage = 101", 1);
    dry(&wrong, &[]).ends_with(2).complains_of("BTCUSDT: max_leverage is 101, not 1 to 100");
    dry(SHIPPED, &["LUNAUSDT"]).ends_with(1).complains_of("LUNAUSDT is not in ");
    let missing = ["market", "set", "--markets", "/nowhere.toml", "--dry-run"];
    velox(&stack, &missing).ends_with(2).complains_of("/nowhere.toml");

    dry(SHIPPED, &["BTCUSDT", "ETHUSDT"])
        .ends_with(0)
        .shows("unchanged: BTCUSDT, ETHUSDT")
        .shows("nothing differs from the file");
    // Solana is not listed yet, and the file has no Ether.
    let tables: Vec<&str> = SHIPPED.split("\n[[instrument]]").collect();
    let without_ether = [tables[0], tables[1], tables[3]].join("\n[[instrument]]");
    dry(&without_ether, &[])
        .ends_with(0)
        .shows("new: SOLUSDT")
        .shows("unchanged: BTCUSDT")
        .shows("not in the file, left as they are: ETHUSDT");
    let spread = dry(SHIPPED, &["BTCUSDT", "--spread-bps", "20"]).ends_with(0);
    spread.shows("spread_bps  10    20");
    dry(SHIPPED, &["--spread-bps", "2000"]).ends_with(2).complains_of("spread_bps is 2000");
    assert_eq!(stack.stream_len(REQUEST_STREAM).await, length);
}
