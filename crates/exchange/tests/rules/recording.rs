//! The history from which the newest fixture is written: one that has everything that a state and
//! a stream can have.

use crate::desk::{BTC, DOGE, ETH, SOL, instrument};
use crate::oracle::Oracle;
use crate::order_history::OrderHistory;
use crate::rare_state;
use crate::upgrades::{AFTER, BEFORE, HASHES, OUTPUTS, REQUESTS, line_of};
use exchange::Exchange;
use exchange::snapshot::Encoded;
use messages::{
    AdjustBalance, Attribution, DisputePrice, DisputeReason, EntryId, Event, EventKind, OrderId,
    PositionChange, RegisterUser, Request, RequestEntry, Rules, StreamMessage, UserId,
};
use model::{Model, Order};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use uuid::Uuid;

/// The numbers of entries that the snapshot includes and that follow it.
const BEFORE_LEN: usize = 1_200;
const AFTER_LEN: usize = 700;
/// The number of entries before the requests of [`rare_state`].
const RARE_FROM: usize = 1_000;

/// The orders and positions that the snapshot must have.
const STATE: [&str; 37] = [
    "LIMIT",
    "STOP_MARKET",
    "STOP",
    "TAKE_PROFIT_MARKET",
    "TAKE_PROFIT",
    "TRAILING_STOP_MARKET",
    "STOP, activated",
    "TAKE_PROFIT, activated",
    "TRAILING_STOP_MARKET, activated",
    "TRAILING_STOP_MARKET, not activated",
    "order with a client order id",
    "order with a stop-loss",
    "order with a take-profit",
    "order with a trailing stop",
    "order with a worst price",
    "order with a maximum slippage",
    "order that reduces",
    "order that closes",
    "order with a position side",
    "order with a position",
    "GTD",
    "GTX",
    "two peaks on one side",
    "FILLED",
    "CANCELED",
    "EXPIRED",
    "ended order with a client order id",
    "ended order with a trailing stop",
    "position in separate",
    "position in one_way",
    "long and short in hedge",
    "leverage",
    "position that fills and its owner have changed",
    "ids of ended orders",
    "position with fees",
    "position with fundings",
    "closed position with fees",
];

/// The entries and events that must follow the snapshot.
const ENTRIES: [&str; 45] = [
    "REGISTER_USER",
    "PLACE_ORDER",
    "MODIFY_ORDER",
    "CLOSE_ORDER",
    "ADJUST_BALANCE",
    "CANCEL_ORDER",
    "CANCEL_ORDERS",
    "AMEND_ORDER",
    "CHANGE_POSITION_MODE",
    "CHANGE_LEVERAGE",
    "CHANGE_MARGIN",
    "REVERSE_POSITION",
    "CLOSE_POSITIONS",
    "PRICE_UPDATE",
    "DISPUTE_PRICE",
    "SET_RULES",
    "SET_INSTRUMENT",
    "PAUSE_TRADING",
    "RESUME_TRADING",
    "USER_REGISTERED",
    "BALANCE_ADJUSTED",
    "ORDER_OPENED",
    "ORDER_MODIFIED",
    "ORDER_CLOSED",
    "ORDER_ACCEPTED",
    "ORDER_AMENDED",
    "ORDER_ACTIVATED",
    "ORDER_CANCELED",
    "ORDER_EXPIRED",
    "POSITION_CHANGED",
    "POSITION_MODE_CHANGED",
    "LEVERAGE_CHANGED",
    "MANUAL",
    "MARGIN_CALL",
    "STOP_LOSS",
    "TAKE_PROFIT",
    "TIME",
    "POSITION_CLOSED",
    "MAKER",
    "TAKER",
    "MARK_PRICE",
    "SETTLE_FUNDING",
    "RESET_ACCOUNT",
    "FUNDING_SETTLED",
    "ACCOUNT_RESET",
];

/// The record of a history.
struct Record {
    before: Encoded,
    requests: String,
    outputs: String,
    after: Encoded,
}

/// Writes the first history that has everything.
pub fn write(folder: &Path) {
    assert!(!folder.exists(), "{} is there, and never changes", folder.display());
    let mut lacking = BTreeMap::new();
    let complete = (1..5_000).find_map(|seed| record(seed, &mut lacking));
    let record = complete.unwrap_or_else(|| panic!("every history lacks something: {lacking:#?}"));
    let Record { before, requests, outputs, after } = record;
    let hashes = json!({ BEFORE: before.hash, AFTER: after.hash });
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(HASHES), format!("{hashes:#}\n")).unwrap();
    fs::write(folder.join(REQUESTS), requests).unwrap();
    fs::write(folder.join(OUTPUTS), outputs).unwrap();
    fs::write(folder.join(BEFORE), before.bytes).unwrap();
    fs::write(folder.join(AFTER), after.bytes).unwrap();
}

/// A history with the exchange and the model that play it.
struct Player {
    history: OrderHistory,
    exchange: Exchange,
    oracle: Oracle,
}

impl Player {
    /// Plays the next entry of the history, or this request in its place.
    fn play(&mut self, request: Option<Request>) -> (EntryId, RequestEntry, Vec<Event>) {
        let (id, mut entry) = self.history.next(self.oracle.model());
        if let Some(request) = request {
            (entry.request, entry.timestamp_ms) = (request, id.ms);
        }
        entry.reply_to = entry.request.user_id().map(|_| "reply:7d0c".to_owned());
        let outcome = self.exchange.apply(id, &entry);
        self.oracle.check(id, &entry, &outcome);
        (id, entry, outcome.events)
    }
}

/// Records a history, unless it lacks something.
fn record(seed: u64, lacking: &mut BTreeMap<String, usize>) -> Option<Record> {
    let mut player = Player {
        history: OrderHistory::with_costs(seed),
        exchange: Exchange::default(),
        oracle: Oracle::new(format!("seed {seed}")),
    };
    let mut changes: BTreeMap<OrderId, BTreeSet<&str>> = BTreeMap::new();
    let mut rare = Vec::new().into_iter();
    for n in 0..BEFORE_LEN {
        if n == RARE_FROM {
            rare = rare_state::requests(player.history.id.ms, player.history.mids[1]).into_iter();
        }
        let request = forced_before(n, &player.exchange).or_else(|| rare.next());
        for event in player.play(request).2 {
            if let EventKind::PositionChanged(changed) = &event.kind {
                changes.entry(changed.order.order_id).or_default().insert(change(changed.change));
            }
        }
    }
    assert!(rare.next().is_none(), "the snapshot comes after all of them");
    let mut found = parts(player.oracle.model());
    let is_open = |order_id: &OrderId| player.exchange.find_order(*order_id).is_some();
    let is_changed = |(order_id, changes): (&OrderId, &BTreeSet<_>)| {
        is_open(order_id) && ["INCREASED", "REDUCED", "MARGIN"].iter().all(|x| changes.contains(x))
    };
    if changes.iter().any(is_changed) {
        found.insert("position that fills and its owner have changed".to_owned());
    }
    let missing = |wanted: &[&str], found: &BTreeSet<String>| -> Vec<String> {
        wanted.iter().filter(|part| !found.contains(**part)).map(ToString::to_string).collect()
    };
    let left = missing(&STATE, &found);
    if !left.is_empty() {
        for part in left {
            *lacking.entry(part).or_default() += 1;
        }
        return None;
    }
    let before = player.exchange.freeze().encode();
    let (mut requests, mut outputs, mut found) = (String::new(), String::new(), BTreeSet::new());
    for n in 0..AFTER_LEN {
        let request = forced_after(n, &player.exchange);
        let (id, entry, events) = player.play(request);
        let line = line_of(id, &entry.encode());
        note(&line, &mut found);
        writeln!(requests, "{line}").unwrap();
        for (n, event) in (0..).zip(events) {
            let line = line_of(id.output(n), &event.encode());
            note(&line, &mut found);
            writeln!(outputs, "{line}").unwrap();
        }
    }
    let left = missing(&ENTRIES, &found);
    if !left.is_empty() {
        for part in left {
            *lacking.entry(part).or_default() += 1;
        }
        return None;
    }
    Some(Record { before, requests, outputs, after: player.exchange.freeze().encode() })
}

const fn change(change: PositionChange) -> &'static str {
    match change {
        PositionChange::Increased => "INCREASED",
        PositionChange::Reduced => "REDUCED",
        PositionChange::Margin => "MARGIN",
        PositionChange::Leverage => "LEVERAGE",
        PositionChange::Instrument => "INSTRUMENT",
    }
}

/// Notes the type of a line, the reasons in it, and the role of its fill.
fn note(line: &Value, found: &mut BTreeSet<String>) {
    let fields = &line["fields"];
    let payload: Value = serde_json::from_str(fields["payload"].as_str().unwrap()).unwrap();
    let order = &payload["order"];
    let role = &payload["execution"]["fill"]["role"];
    let words = [&fields["type"], &order["closeReason"], &order["reason"], role];
    found.extend(words.into_iter().filter_map(Value::as_str).map(str::to_owned));
}

/// The parts of a state that not every state has.
fn parts(model: &Model) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut peaks: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for user_id in model.accounts.keys() {
        for order in model.resting_of(user_id) {
            note_order(order, &mut found);
            if let Some(peak) = order.peak {
                peaks.entry((order.asset, order.is_buy)).or_default().insert(peak);
            }
        }
        let mode = model.mode(user_id).text();
        for position in model.open_of(user_id) {
            if position.commission > 0 {
                found.insert("position with fees".to_owned());
            }
            if position.funding != 0 {
                found.insert("position with fundings".to_owned());
            }
        }
        let sides: BTreeSet<bool> = model.open_of(user_id).map(|held| held.is_long).collect();
        if !sides.is_empty() {
            found.insert(format!("position in {mode}"));
        }
        if mode == "hedge" && sides.len() == 2 {
            found.insert("long and short in hedge".to_owned());
        }
        if model.chosen_leverages(user_id).next().is_some() {
            found.insert("leverage".to_owned());
        }
    }
    if peaks.values().any(|peaks| peaks.len() >= 2) {
        found.insert("two peaks on one side".to_owned());
    }
    for ended in model.ended.all_known() {
        found.insert(ended.message()["status"].as_str().unwrap().to_owned());
        if ended.client_order_id.is_some() {
            found.insert("ended order with a client order id".to_owned());
        }
        if ended.trailing_stop_bps.is_some() {
            found.insert("ended order with a trailing stop".to_owned());
        }
    }
    if model.closed.all_known().any(|closed| closed.position.commission > 0) {
        found.insert("closed position with fees".to_owned());
    }
    if model.ended.iter().any(|ended| model.ended.known_by_id(&ended.order_id).is_some()) {
        found.insert("ids of ended orders".to_owned());
    }
    found
}

fn note_order(order: &Order, found: &mut BTreeSet<String>) {
    let message = order.message();
    let kind = message["kind"].as_str().unwrap();
    let state = if order.activated_at.is_some() { "activated" } else { "not activated" };
    found.extend([kind.to_owned(), format!("{kind}, {state}")]);
    found.insert(message["timeInForce"].as_str().unwrap().to_owned());
    let fields = [
        ("clientOrderId", "order with a client order id"),
        ("stopLossInt", "order with a stop-loss"),
        ("takeProfitInt", "order with a take-profit"),
        ("trailingStopBps", "order with a trailing stop"),
        ("priceLimitInt", "order with a worst price"),
        ("maxSlippageBps", "order with a maximum slippage"),
        ("reduceOnly", "order that reduces"),
        ("closePosition", "order that closes"),
        ("positionSide", "order with a position side"),
        ("positionId", "order with a position"),
    ];
    let given = fields.into_iter().filter(|(field, _)| message.get(field).is_some());
    found.extend(given.map(|(_, part)| part.to_owned()));
}

/// The requests before the snapshot that give it what a state can have besides.
fn forced_before(n: usize, exchange: &Exchange) -> Option<Request> {
    match n {
        // After the requests with which every history begins.
        30 => Some(Request::SetRules(forgetful(exchange.rules()))),
        _ if n + 2 == RARE_FROM => Some(Request::ResumeTrading(operator())),
        _ if n + 1 == RARE_FROM => {
            let rules = forgetful(exchange.rules());
            let (max_open_positions, max_open_orders) = (50, Some(150));
            Some(Request::SetRules(Rules { max_open_positions, max_open_orders, ..rules }))
        }
        _ if n + 2 == BEFORE_LEN => Some(dispute(ETH)),
        _ if n + 1 == BEFORE_LEN => Some(Request::PauseTrading(operator())),
        _ => None,
    }
}

/// The requests after the snapshot that random histories seldom have.
fn forced_after(n: usize, exchange: &Exchange) -> Option<Request> {
    let user = |n| UserId(Uuid::from_u128(n));
    let deposit = "1000".parse().unwrap();
    match n {
        1 => Some(Request::ResumeTrading(operator())),
        40 => Some(Request::RegisterUser(user(30), RegisterUser { deposit })),
        50 => Some(Request::AdjustBalance(
            user(1),
            AdjustBalance { amount: "12.5".parse().unwrap(), attribution: operator() },
        )),
        60 => Some(Request::SetInstrument(Box::new(instrument(SOL)))),
        100 => Some(Request::SetRules(Rules { max_open_positions: 30, ..exchange.rules() })),
        150 => Some(dispute([BTC, DOGE][n % 2])),
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

fn dispute(symbol: messages::Symbol) -> Request {
    Request::DisputePrice(DisputePrice { symbol, reason: DisputeReason::Held })
}

fn operator() -> Attribution {
    Attribution { by: "operator".to_owned(), reason: "an upgrade".to_owned() }
}
