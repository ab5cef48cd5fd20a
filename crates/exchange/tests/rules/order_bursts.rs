//! Ticks that reach many resting orders, at once and slice by slice, give the same events in the
//! same order as the model.

use crate::bursts::Twins;
use crate::desk::{BTC, user};
use crate::oracle::Oracle;
use crate::order_history::OrderHistory;
use exchange::{DEFAULT_RULES, Exchange};
use messages::{
    ChangePositionMode, EntryId, Event, EventKind, GetOpenOrders, OrderId, OrderKind, OrderStatus,
    PlaceOrder, Position, PositionMode, PriceUpdate, Query, RegisterUser, Request, RequestEntry,
    Response, Rules, Side, TimeInForce, UserId,
};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use uuid::Uuid;

const DOLLAR: i128 = 100_000_000;
const USERS: u128 = 9;
const ORDERS: u128 = 2_500;

/// The events that the bursts must have.
const EVENTS: [&str; 15] = [
    "ORDER_ACTIVATED",
    "ORDER_AMENDED",
    "ORDER_CLOSED LIMIT",
    "ORDER_CLOSED MARGIN_CALL",
    "ORDER_CLOSED STOP_LOSS",
    "ORDER_CLOSED STOP_MARKET",
    "ORDER_CLOSED TAKE_PROFIT",
    "ORDER_CLOSED TRAILING_STOP_MARKET",
    "ORDER_EXPIRED POSITION_CLOSED",
    "ORDER_EXPIRED TIME",
    "ORDER_OPENED LIMIT",
    "ORDER_OPENED STOP",
    "ORDER_OPENED TRAILING_STOP_MARKET",
    "POSITION_CHANGED STOP_MARKET",
    "POSITION_CHANGED TAKE_PROFIT_MARKET",
];

/// Two exchanges, one of which takes ticks in slices, and the model.
struct Trio {
    whole: Exchange,
    sliced: Exchange,
    oracle: Oracle,
    id: EntryId,
    random: ChaCha8Rng,
    cuts: usize,
}

impl Trio {
    fn new(seed: u64) -> Self {
        let mut trio = Self {
            whole: Exchange::default(),
            sliced: Exchange::default(),
            oracle: Oracle::new(format!("seed {seed}")),
            id: EntryId::new(1_700_000_000_000, 0),
            random: ChaCha8Rng::seed_from_u64(seed),
            cuts: 0,
        };
        trio.apply(Request::SetRules(Rules {
            max_open_positions: u32::MAX,
            max_open_orders: Some(u32::MAX),
            stale_mark_ms: None,
            mark_deviation_max_bps: None,
            closed_retention_max: 100,
            ..DEFAULT_RULES
        }));
        for n in 1..=USERS {
            let deposit = Usd::from_scaled(1 << 50);
            trio.apply(Request::RegisterUser(user(n), RegisterUser { deposit }));
            let mode = mode(user(n));
            trio.apply(Request::ChangePositionMode(user(n), ChangePositionMode { mode }));
        }
        trio.tick(100_000);
        trio
    }

    fn apply(&mut self, request: Request) -> Vec<Event> {
        self.id.ms += 1;
        let timestamp_ms = self.id.ms;
        let entry = RequestEntry { request_id: None, timestamp_ms, reply_to: None, request };
        let outcome = self.whole.apply(self.id, &entry);
        self.oracle.check(self.id, &entry, &outcome);
        let limit = self.limit();
        let slice = self.sliced.apply_slice(self.id, &entry, limit);
        assert_eq!(slice.response, outcome.response);
        let mut events = slice.events;
        while self.sliced.is_closing() {
            self.cuts += 1;
            self.ask();
            let limit = self.limit();
            events.extend(self.sliced.close_more(limit));
        }
        self.sliced.check_invariants().unwrap();
        assert_eq!(events, outcome.events);
        events
    }

    fn limit(&mut self) -> usize {
        self.random.random_range(0..60)
    }

    /// Asks about the orders of an account between two slices: those that are still to be served
    /// rest, and hold what the account has reserved.
    fn ask(&mut self) {
        let user_id = user(self.random.random_range(1..=USERS));
        let answer = self.sliced.answer(user_id, Query::GetOpenOrders(GetOpenOrders::default()));
        let Ok(Response::OpenOrders { orders }) = answer else { panic!("{answer:?}") };
        let Ok(Response::Balance { balance }) = self.sliced.answer(user_id, Query::GetBalance)
        else {
            panic!("questions are answered between slices");
        };
        let reserved: i128 = orders.iter().map(|resting| resting.order.reserved.scaled()).sum();
        assert_eq!(reserved, balance.reserved.scaled());
        for resting in orders.iter().take(3) {
            assert_eq!(resting.order.status, OrderStatus::New);
            let query = Query::GetPlacedOrder(resting.order.order_id.into());
            let answer = self.sliced.answer(user_id, query);
            let Ok(Response::PlacedOrder { order, .. }) = answer else { panic!("{answer:?}") };
            assert_eq!(*order, resting.order);
        }
    }

    fn tick(&mut self, dollars: i128) -> Vec<Event> {
        let price = Price::from_scaled(dollars * DOLLAR);
        self.apply(Request::PriceUpdate(PriceUpdate::new(BTC, price, price, 1)))
    }

    /// A round price below or above the market, which many orders share.
    fn level(&mut self, is_above: bool) -> Price {
        let thousands = if is_above { 102..160 } else { 62..98 };
        Price::from_scaled(self.random.random_range(thousands) * 1_000 * DOLLAR)
    }

    fn place(&mut self, n: u128) {
        let user_id = user(self.random.random_range(1..=USERS));
        let side = if self.random.random() { Side::Long } else { Side::Short };
        let qty = Qty::from_scaled(self.random.random_range(1_000..100_000));
        let order_id = OrderId(Uuid::from_u128(n));
        let mut order = PlaceOrder::market(order_id, BTC.to_string(), side, 0, qty);
        let held = self.held(user_id);
        if let Some(position) = held.filter(|_| self.random.random_bool(0.4)) {
            self.reduce(&mut order, &position);
        } else {
            self.open(&mut order, mode(user_id));
        }
        self.set_kind(&mut order);
        if order.kind() != OrderKind::Market && self.random.random_bool(0.1) {
            order.time_in_force = Some(TimeInForce::Gtd);
            order.expires_at_ms = Some(self.id.ms + self.random.random_range(100..4_000));
        }
        self.apply(Request::PlaceOrder(user_id, order));
    }

    /// Draws a position of an account.
    fn held(&mut self, user_id: UserId) -> Option<Position> {
        let answer = self.whole.answer(user_id, Query::GetUserOrders);
        let Ok(Response::Positions { orders }) = answer else { panic!("{answer:?}") };
        let n = self.random.random_range(0..orders.len().max(1));
        orders.get(n).map(|open| open.order.clone())
    }

    fn open(&mut self, order: &mut PlaceOrder, mode: PositionMode) {
        match mode {
            PositionMode::Separate => order.leverage = self.random.random_range(1..60),
            PositionMode::OneWay => {}
            PositionMode::Hedge => order.position_side = Some(order.side),
        }
        if self.random.random_bool(0.3) {
            let is_long = order.side == Side::Long;
            order.stop_loss = Some(self.level(!is_long));
            order.take_profit = Some(self.level(is_long));
        }
    }

    fn reduce(&mut self, order: &mut PlaceOrder, position: &Position) {
        order.side = position.side.opposite();
        let mode = mode(position.user_id);
        order.reduce_only = true;
        order.position_id = (mode == PositionMode::Separate).then_some(position.order_id);
        order.position_side = (mode == PositionMode::Hedge).then_some(position.side);
        if self.random.random_bool(0.3) {
            (order.close_position, order.reduce_only) = (true, false);
            order.qty = Qty::ZERO;
        }
    }

    fn set_kind(&mut self, order: &mut PlaceOrder) {
        let mut kind = OrderKind::ALL[self.random.random_range(0..OrderKind::ALL.len())];
        if order.close_position && kind.has_price() {
            kind = OrderKind::StopMarket;
        }
        // Few of those that would leave nothing to reduce.
        if kind == OrderKind::Market && (order.reduce_only || order.close_position) {
            kind = OrderKind::TrailingStopMarket;
        }
        order.kind = Some(kind);
        let is_buy = order.side == Side::Long;
        let (better, worse) = (!is_buy, is_buy);
        match kind {
            OrderKind::Market => {}
            OrderKind::Limit => order.price = Some(self.level(better)),
            OrderKind::StopMarket => order.trigger_price = Some(self.level(worse)),
            OrderKind::TakeProfitMarket => order.trigger_price = Some(self.level(better)),
            OrderKind::Stop | OrderKind::TakeProfit => {
                let is_stop = kind == OrderKind::Stop;
                order.trigger_price = Some(self.level(if is_stop { worse } else { better }));
                let side = self.random.random();
                order.price = Some(self.level(side));
            }
            OrderKind::TrailingStopMarket => {
                order.callback_bps = Some(self.random.random_range(10..=1_000));
                if self.random.random() {
                    order.trigger_price = Some(self.level(better));
                }
            }
        }
    }
}

const fn mode(user_id: UserId) -> PositionMode {
    match user_id.0.as_u128() % 3 {
        0 => PositionMode::Separate,
        1 => PositionMode::OneWay,
        _ => PositionMode::Hedge,
    }
}

/// The type of an event, with the reason for which something ended or the kind of the order that
/// was filled.
fn told(event: &Event) -> String {
    let by = event.execution.as_ref().and_then(|execution| execution.order.as_ref());
    let detail = match (&event.kind, by) {
        (_, Some(order)) => order.kind.as_str(),
        (EventKind::OrderExpired(order), _) => order.reason.map_or("", |reason| reason.as_str()),
        (EventKind::PositionClosed(closed), _) => closed.close_reason.as_str(),
        _ => return event.kind.type_name().to_owned(),
    };
    format!("{} {detail}", event.kind.type_name())
}

#[test]
fn a_burst_of_orders_is_what_the_model_expects_in_slices_of_any_size() {
    let mut seen = BTreeSet::new();
    for seed in 0..4 {
        let mut trio = Trio::new(seed);
        for n in 1..=ORDERS {
            if n % 40 == 0 {
                let dollars = trio.random.random_range(99_500..100_500);
                trio.tick(dollars);
            }
            trio.place(n);
        }
        let mut largest = 0;
        // There, back again, and to the other end.
        for dollars in [97_000, if seed % 2 == 0 { 60_000 } else { 165_000 }, 100_000, 165_000] {
            let events = trio.tick(dollars);
            largest = largest.max(events.len());
            seen.extend(events.iter().map(told));
        }
        assert!(largest > 512 && trio.cuts > 30, "{largest} events, {} cuts", trio.cuts);
        assert_eq!(trio.sliced.freeze().encode().hash, trio.whole.freeze().encode().hash);
        trio.oracle.check_state(&trio.whole);
        trio.oracle.check_settings(&trio.whole);
        trio.oracle.check_memory(&trio.whole, 0..=ORDERS);
    }
    let missing: Vec<_> = EVENTS.into_iter().filter(|event| !seen.contains(*event)).collect();
    assert!(missing.is_empty(), "{missing:?} never happened: {seen:?}");
}

#[test]
fn a_history_of_orders_in_slices_is_the_same_history() {
    let (mut twins, mut history) = (Twins::default(), OrderHistory::new(21));
    let mut oracle = Oracle::new("in slices");
    for _ in 0..30_000 {
        let (id, entry) = history.next(oracle.model());
        oracle.apply(id, &entry);
        twins.apply(id, &entry);
    }
    twins.check();
}

/// An exchange in the middle of a tick that reaches three limit orders, of which the first is
/// filled.
fn half_a_tick() -> Exchange {
    let mut trio = Trio::new(0);
    for n in 1..=3 {
        let qty = Qty::from_scaled(100_000);
        let mut order =
            PlaceOrder::market(OrderId(Uuid::from_u128(n)), BTC.to_string(), Side::Long, 0, qty);
        (order.kind, order.price) = (Some(OrderKind::Limit), Some(trio.level(false)));
        trio.apply(Request::PlaceOrder(user(1), order));
    }
    let price = Price::from_scaled(61_000 * DOLLAR);
    let request = Request::PriceUpdate(PriceUpdate::new(BTC, price, price, 1));
    let id = EntryId::new(trio.id.ms + 1, 0);
    let entry = RequestEntry { request_id: None, timestamp_ms: id.ms, reply_to: None, request };
    let outcome = trio.sliced.apply_slice(id, &entry, 1);
    assert_eq!(outcome.events.len(), 1);
    assert!(trio.sliced.is_closing());
    trio.sliced
}

#[test]
#[should_panic(expected = "an entry is finished before the next one")]
fn no_order_that_a_tick_has_reached_is_canceled_between_slices() {
    let mut exchange = half_a_tick();
    let id = EntryId::new(exchange.last_id().ms + 1, 0);
    let answer = exchange.answer(user(1), Query::GetOpenOrders(GetOpenOrders::default()));
    let Ok(Response::OpenOrders { orders }) = answer else { panic!("{answer:?}") };
    let request = Request::CancelOrder(user(1), orders[0].order.order_id.into());
    let entry = RequestEntry { request_id: None, timestamp_ms: id.ms, reply_to: None, request };
    exchange.apply(id, &entry);
}

#[test]
#[should_panic(expected = "an entry is finished before the next snapshot")]
fn no_snapshot_is_taken_while_orders_are_to_be_served() {
    half_a_tick().freeze();
}
