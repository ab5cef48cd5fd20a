//! Random histories of orders of every kind, in every position mode. The model applies them alone,
//! and keeps its promises; the exchange gives what the model expects.

use crate::oracle::Oracle;
use crate::order_history::{CLIENT_IDS, OrderHistory};
use exchange::Exchange;
use messages::{AccountState, EntryId, Request, RequestEntry, UserId};
use model::{Model, Verdict};
use price::Usd;
use std::collections::BTreeMap;

/// The events that a long history must have, with the change or the reason that some have.
const EVENTS: [&str; 35] = [
    "USER_REGISTERED",
    "BALANCE_ADJUSTED",
    "ORDER_OPENED",
    "ORDER_OPENED by an order",
    "ORDER_MODIFIED",
    "ORDER_CLOSED MANUAL",
    "ORDER_CLOSED MARGIN_CALL",
    "ORDER_CLOSED STOP_LOSS",
    "ORDER_CLOSED TAKE_PROFIT",
    "ORDER_CLOSED MANUAL by an order",
    "ORDER_CLOSED STOP_LOSS by an order",
    "ORDER_CLOSED TAKE_PROFIT by an order",
    "ORDER_CLOSED MANUAL after parts",
    "ORDER_CLOSED STOP_LOSS after parts",
    "ORDER_CLOSED TAKE_PROFIT after parts",
    "ORDER_CLOSED MARGIN_CALL after parts",
    "POSITION_CHANGED INCREASED by an order",
    "POSITION_CHANGED REDUCED by an order",
    "POSITION_CHANGED MARGIN",
    "POSITION_CHANGED LEVERAGE",
    "POSITION_MODE_CHANGED",
    "LEVERAGE_CHANGED",
    "ORDER_ACCEPTED",
    "ORDER_AMENDED",
    "ORDER_ACTIVATED",
    "ORDER_CANCELED",
    "ORDER_EXPIRED TIME",
    "ORDER_EXPIRED POSITION_CLOSED",
    "ORDER_EXPIRED NOT_MARKETABLE",
    "ORDER_EXPIRED WOULD_TAKE",
    "ORDER_EXPIRED INSUFFICIENT_BALANCE",
    "ORDER_EXPIRED TOO_MANY_POSITIONS",
    "ORDER_EXPIRED TRADING_PAUSED",
    "ORDER_EXPIRED QUANTITY_TOO_SMALL",
    "ORDER_EXPIRED PRICE_LIMIT_EXCEEDED",
];

/// The reasons to refuse a request that a long history must have.
const CODES: [&str; 44] = [
    "AMOUNT_OUT_OF_RANGE",
    "BALANCE_TOO_LOW",
    "BELOW_MIN_NOTIONAL",
    "CLOCK_AHEAD",
    "DUPLICATE_CLIENT_ORDER_ID",
    "INSUFFICIENT_BALANCE",
    "INVALID_AMOUNT",
    "INVALID_LEVERAGE",
    "INVALID_ORDER",
    "INVALID_QUANTITY",
    "LEVERAGE_DIFFERS",
    "LIQUIDATED_AT_ONCE",
    "MARGIN_TOO_LOW",
    "NOT_FLAT",
    "NO_PRICE",
    "ORDER_ALREADY_CLOSED",
    "ORDER_ALREADY_DONE",
    "ORDER_CLOSED_EARLIER",
    "ORDER_EXPIRED",
    "ORDER_ID_REUSED",
    "ORDER_NOT_FOUND",
    "PRICE_DISPUTED",
    "PRICE_LIMIT_EXCEEDED",
    "PRICE_OFF_TICK",
    "QUANTITY_OFF_STEP",
    "QUANTITY_TOO_SMALL",
    "STALE_PRICE",
    "STOP_LOSS_BEYOND_LIQUIDATION",
    "STOP_LOSS_WRONG_SIDE",
    "TAKE_PROFIT_WRONG_SIDE",
    "TOO_MANY_ORDERS",
    "TOO_MANY_POSITIONS",
    "TRADING_PAUSED",
    "UNKNOWN_ASSET",
    "UNKNOWN_USER",
    "WOULD_NOT_REDUCE",
    "WOULD_TAKE",
    "WOULD_TRIGGER",
    "WRONG_POSITION_MODE",
    // The answers of requests that are granted.
    "ORDER",
    "PLACED_ORDER",
    "PLACED_ORDER again",
    "PLACED_ORDERS",
    "CLOSED_POSITIONS",
];

/// The kinds of events that a long history with costs must have besides.
const COSTS: [&str; 17] = [
    "FUNDING_SETTLED",
    "FUNDING_SETTLED from the margin",
    "ACCOUNT_RESET",
    "POSITION_CHANGED INSTRUMENT",
    "ORDER_OPENED after parts",
    "ORDER_CLOSED MARGIN_CALL with a fee",
    "ORDER_EXPIRED POSITION_TOO_LARGE",
    "ORDER_EXPIRED OPEN_INTEREST_CAP",
    "ORDER_EXPIRED NOT_TRADING",
    "ORDER_EXPIRED NO_QUOTE",
    "ORDER_EXPIRED WOULD_NOT_REDUCE",
    "BELOW_MIN_QUANTITY",
    "POSITION_TOO_LARGE",
    "OPEN_INTEREST_CAP",
    "NOT_TRADING",
    "INVALID_FUNDING",
    "INVALID_RESET_BALANCE",
];

/// The events and answers of a history, counted.
#[derive(Default)]
struct Coverage {
    counts: BTreeMap<String, usize>,
}

impl Coverage {
    fn count(&mut self, outcome: &model::Outcome) {
        for event in &outcome.events {
            let order = &event.payload["order"];
            let detail = [&event.payload["change"], &order["closeReason"], &order["reason"]];
            let mut text = event.kind.to_owned();
            for word in detail.into_iter().filter_map(|value| value.as_str()) {
                text = format!("{text} {word}");
            }
            if event.payload.get("fromMarginInt").is_some() {
                self.add(format!("{text} from the margin"));
            }
            if order.get("liquidationFeeInt").is_some() {
                self.add(format!("{text} with a fee"));
            }
            if let Some(execution) = event.payload.get("execution") {
                let by_order = execution.get("order").is_some();
                text += if by_order { " by an order" } else { " after parts" };
            }
            self.add(text);
        }
        match &outcome.verdict {
            Verdict::Rejected(codes) => codes.iter().for_each(|code| self.add((*code).to_owned())),
            Verdict::Unreadable => panic!("the history has an entry that is not a request"),
            granted => {
                let response = granted.response().unwrap();
                let again = if response["repeated"] == true { " again" } else { "" };
                self.add(format!("{}{again}", response["type"].as_str().unwrap()));
            }
        }
    }

    fn add(&mut self, text: String) {
        *self.counts.entry(text).or_default() += 1;
    }

    fn check<'a>(&self, all: impl IntoIterator<Item = &'a &'a str>) {
        let all = all.into_iter();
        let missing: Vec<_> = all.filter(|text| !self.counts.contains_key(**text)).collect();
        assert!(missing.is_empty(), "never happened: {missing:?} in {:#?}", self.counts);
    }
}

/// Checks what holds after every entry, whatever the rules are: money is neither made nor lost,
/// and none is owed.
fn check_money(model: &Model, context: impl Fn() -> String) {
    assert_eq!(model.difference(), 0, "{}", context());
    for (user_id, account) in &model.accounts {
        let reserved: i128 = model.resting_of(user_id).iter().map(|order| order.reserved).sum();
        let margins: i128 = model.open_of(user_id).map(|position| position.margin).sum();
        assert_eq!((account.reserved, account.used_margin), (reserved, margins), "{}", context());
        assert!(account.balance >= 0, "{user_id} owes: {}", context());
    }
}

/// Checks that a tick has left no position that its price reaches.
fn check_triggers(model: &Model, request: &Request, context: impl Fn() -> String) {
    let Request::PriceUpdate(tick) = request else { return };
    for user_id in model.accounts.keys() {
        for position in
            model.open_of(user_id).filter(|p| p.asset.to_string() == tick.symbol.as_str())
        {
            let mark = if position.is_long { tick.bid } else { tick.ask }.scaled();
            let signed = |price: i128| if position.is_long { price } else { -price };
            let is_lost = |price: i128| signed(mark) <= signed(price);
            assert!(!is_lost(position.liquidation_price), "{position:?}: {}", context());
            assert!(!position.stop_loss.is_some_and(is_lost), "{position:?}: {}", context());
            let is_won = position.take_profit.is_some_and(|at| signed(mark) >= signed(at));
            assert!(!is_won, "{position:?}: {}", context());
        }
        for order in model.resting_of(user_id) {
            let limit = order.price.filter(|_| order.kind == model::Kind::Limit);
            let is_of_tick = order.asset.to_string() == tick.symbol.as_str();
            if let (Some(limit), true) = (limit, is_of_tick) {
                let waits = if order.is_buy {
                    tick.ask.scaled() > limit
                } else {
                    tick.bid.scaled() < limit
                };
                assert!(waits, "{order:?}: {}", context());
            }
        }
    }
}

/// Checks that reducing orders have positions, and no more than these.
fn check_reducing(model: &Model, context: impl Fn() -> String) {
    for user_id in model.accounts.keys() {
        for order in model.resting_of(user_id).into_iter().filter(|order| order.reduce_only) {
            let held = model.open_of(user_id).find(|position| match &order.position_id {
                Some(position_id) => *position_id == position.order_id,
                None => position.asset == order.asset && position.is_long != order.is_buy,
            });
            let is_covered = held.is_some_and(|position| order.qty <= position.qty);
            assert!(is_covered, "{order:?} of {held:?}: {}", context());
        }
    }
}

fn check_promises(model: &Model, id: EntryId, entry: &RequestEntry) {
    let context = || format!("{id}: {entry:?}");
    check_money(model, context);
    check_triggers(model, &entry.request, context);
    check_reducing(model, context);
    if let Request::PriceUpdate(tick) = &entry.request {
        let missed = model.missed(model::Symbol::read(tick.symbol.as_str()).unwrap());
        assert!(missed.is_empty(), "{missed:?} are reached: {}", context());
    }
}

fn run_alone(seed: u64, entries: usize, coverage: &mut Coverage) {
    let mut oracle = Oracle::new(format!("seed {seed}"));
    let mut history = OrderHistory::new(seed);
    for _ in 0..entries {
        let (id, entry) = history.next(oracle.model());
        coverage.count(&oracle.apply(id, &entry));
        check_promises(oracle.model(), id, &entry);
    }
}

/// Compares the exchange with the model, the income of every account with what it has, and the
/// sequence of every order with that of the event that first told of it.
fn compare(mut history: OrderHistory, name: &str, entries: usize) {
    let (mut real, mut oracle) = (Exchange::default(), Oracle::new(name));
    let mut incomes: BTreeMap<UserId, Usd> = BTreeMap::new();
    let mut first_told = BTreeMap::new();
    for n in 0..entries {
        let (id, entry) = history.next(oracle.model());
        let outcome = real.apply(id, &entry);
        oracle.check(id, &entry, &outcome);
        for event in &outcome.events {
            let income = incomes.entry(event.user_id).or_default();
            for line in event.income(id) {
                *income = income.checked_add(line.amount).unwrap();
            }
            let AccountState { balance, used_margin, reserved, sequence } = event.account;
            if let Some(order) = event.order() {
                // An id that was forgotten may be used again.
                let key = (order.order_id, order.created_at_ms);
                let first = *first_told.entry(key).or_insert(sequence);
                assert_eq!(order.sequence, first, "{name}, {id}: {order:?}");
            }
            let has = balance.checked_add(used_margin).unwrap().checked_add(reserved).unwrap();
            assert_eq!(*income, has, "{name}, {id}: {entry:?}");
        }
        if n % 200 == 0 {
            oracle.check_state(&real);
            oracle.check_settings(&real);
        }
        if n % 1_000 == 0 {
            oracle.check_placed(&real, history.recent(20), CLIENT_IDS.map(|n| format!("my-{n}")));
        }
    }
    oracle.check_state(&real);
    oracle.check_settings(&real);
    oracle.check_placed(&real, history.recent(400), CLIENT_IDS.map(|n| format!("my-{n}")));
    oracle.check_orders(&real, 0..=history.placed);
    oracle.check_memory(&real, 0..=history.placed);
}

#[test]
fn the_model_keeps_its_promises_and_every_event_and_refusal_happens() {
    let mut coverage = Coverage::default();
    run_alone(1, 60_000, &mut coverage);
    for seed in 2..10 {
        run_alone(seed, 3_000, &mut coverage);
    }
    coverage.check(EVENTS.iter().chain(&CODES));
}

#[test]
fn a_long_history_of_orders_gives_what_the_model_expects() {
    compare(OrderHistory::new(1), "seed 1", 200_000);
}

#[test]
fn many_short_histories_of_orders_give_what_the_model_expects() {
    for seed in 1010..1060 {
        compare(OrderHistory::new(seed), &format!("seed {seed}"), 3_000);
    }
}

#[test]
fn a_history_with_costs_has_all_of_their_events_and_refusals() {
    let (mut oracle, mut coverage) = (Oracle::new("seed 1 with costs"), Coverage::default());
    let mut history = OrderHistory::with_costs(1);
    for _ in 0..100_000 {
        let (id, entry) = history.next(oracle.model());
        coverage.count(&oracle.apply(id, &entry));
        let context = || format!("{id}: {entry:?}");
        check_money(oracle.model(), context);
        check_reducing(oracle.model(), context);
    }
    coverage.check(&COSTS);
}

#[test]
fn a_long_history_with_costs_gives_what_the_model_expects() {
    compare(OrderHistory::with_costs(1), "seed 1 with costs", 200_000);
}

#[test]
fn many_short_histories_with_costs_give_what_the_model_expects() {
    for seed in 2010..2070 {
        compare(OrderHistory::with_costs(seed), &format!("seed {seed} with costs"), 3_000);
    }
}

/// An exchange that serves everything in small slices, and is restored from its snapshot every now and
/// then, does the same as one that does neither.
#[test]
fn slices_and_restarts_change_nothing_with_costs() {
    for seed in 1..6 {
        let (mut whole, mut sliced) = (Exchange::default(), Exchange::default());
        let (mut oracle, mut history) =
            (Oracle::new("slices"), OrderHistory::with_costs(3_000 + seed));
        for n in 0..4_000 {
            let (id, entry) = history.next(oracle.model());
            oracle.apply(id, &entry);
            let expected = whole.apply(id, &entry);
            let mut outcome = sliced.apply_slice(id, &entry, 1 + n % 3);
            while sliced.is_closing() {
                outcome.events.extend(sliced.close_more(1 + n % 2));
            }
            assert_eq!(outcome, expected, "seed {seed}, {id}: {entry:?}");
            if n % 97 == 0 {
                let encoded = sliced.freeze().encode();
                assert_eq!(encoded.hash, whole.freeze().encode().hash, "seed {seed}, {id}");
                sliced = Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
            }
        }
    }
}
