//! Ticks that close many positions, at once and slice by slice, give the same events in the same
//! order as the model.

use crate::desk::BTC;
use crate::oracle::Oracle;
use crate::random_histories::History;
use exchange::{DEFAULT_RULES, Exchange};
use messages::{
    EntryId, Event, EventKind, GetOrder, OrderId, PlaceOrder, PriceUpdate, Query, RegisterUser,
    Request, RequestEntry, Response, Rules, Side, UserId,
};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

const DOLLAR: i128 = 100_000_000;
const USERS: u128 = 7;

/// The limit of closed orders in memory: fewer than a burst closes.
const REMEMBERED: u32 = 100;

/// The exchange and the model, fed with the same entries.
struct Pair {
    real: Exchange,
    oracle: Oracle,
    id: EntryId,
    random: ChaCha8Rng,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let (real, oracle) = (Exchange::default(), Oracle::new(format!("seed {seed}")));
        let (id, random) = (EntryId::new(1_700_000_000_000, 0), ChaCha8Rng::seed_from_u64(seed));
        let mut pair = Self { real, oracle, id, random };
        let (max_open_positions, closed_retention_max) = (u32::MAX, REMEMBERED);
        let rules = Rules { max_open_positions, closed_retention_max, ..DEFAULT_RULES };
        pair.apply(Request::SetRules(rules));
        for n in 1..=USERS {
            let (user_id, deposit) = (UserId(Uuid::from_u128(n)), Usd::from_scaled(1 << 60));
            pair.apply(Request::RegisterUser(user_id, RegisterUser { deposit }));
        }
        pair
    }

    /// Applies one entry in slices of any size, down to zero, and returns its events.
    fn apply(&mut self, request: Request) -> Vec<Event> {
        self.id.ms += 1;
        let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
        let limit = if self.random.random() { usize::MAX } else { self.limit() };
        let mut outcome = self.real.apply_slice(self.id, &entry, limit);
        while self.real.is_closing() {
            let user_id = UserId(Uuid::from_u128(self.random.random_range(1..=USERS)));
            let Ok(Response::Positions { orders }) =
                self.real.answer(user_id, Query::GetUserOrders)
            else {
                panic!("questions are answered between slices");
            };
            assert!(orders.iter().all(|order| order.order.user_id == user_id));
            let limit = self.limit();
            let more = self.real.close_more(limit);
            assert!(more.len() <= limit);
            outcome.events.extend(more);
        }
        self.real.check_invariants().unwrap();
        self.oracle.check(self.id, &entry, &outcome);
        outcome.events
    }

    fn limit(&mut self) -> usize {
        self.random.random_range(0..100)
    }

    /// Places an order near the price, often with a round trigger price that many share.
    fn place(&mut self, n: u128) {
        let level = |random: &mut ChaCha8Rng| {
            let price = Price::from_scaled(random.random_range(90..110) * 1_000 * DOLLAR);
            Some(price).filter(|_| random.random_bool(0.3))
        };
        let (stop_loss, take_profit) = (level(&mut self.random), level(&mut self.random));
        let side = if self.random.random() { Side::Long } else { Side::Short };
        let user_id = UserId(Uuid::from_u128(self.random.random_range(1..=USERS)));
        let leverage = self.random.random_range(1..60);
        let qty = Qty::from_scaled(self.random.random_range(1_000..100_000));
        let order_id = OrderId(Uuid::from_u128(n));
        let place = PlaceOrder::market(order_id, BTC.to_string(), side, leverage, qty);
        let place = PlaceOrder { stop_loss, take_profit, ..place };
        self.apply(Request::PlaceOrder(user_id, place));
    }

    /// Checks that exactly the newest closed orders are in memory.
    fn check_memory(&self, events: &[Event]) {
        let remembered = events.iter().map(|event| {
            let EventKind::PositionClosed(closed) = &event.kind else {
                panic!("a tick only closes")
            };
            let query = Query::GetOrder(GetOrder { order_id: closed.order.order_id });
            self.real.answer(event.user_id, query).is_ok()
        });
        let remembered: Vec<bool> = remembered.collect();
        let forgotten = events.len().saturating_sub(REMEMBERED as usize);
        assert!(
            !remembered[..forgotten].contains(&true) && !remembered[forgotten..].contains(&false)
        );
        let count = self.real.freeze().encode().summary.closed_orders;
        assert!(count <= REMEMBERED as usize && count >= events.len().min(REMEMBERED as usize));
    }

    fn tick(&mut self, dollars: i128) -> usize {
        let price = Price::from_scaled(dollars * DOLLAR);
        let symbol = BTC;
        let update = PriceUpdate::new(symbol, price, price, 1);
        let events = self.apply(Request::PriceUpdate(update));
        self.check_memory(&events);
        events.len()
    }
}

#[test]
fn a_burst_closes_what_the_model_expects() {
    for seed in 0..6 {
        let mut pair = Pair::new(seed);
        let mut closed = 0;
        for n in 0..4_000 {
            if n % 50 == 0 {
                let price = pair.random.random_range(98_000..102_000);
                closed += pair.tick(price);
            }
            pair.place(n);
        }
        let few = pair.tick(97_000);
        let many = pair.tick(if seed % 2 == 0 { 60_000 } else { 170_000 });
        // More than half of them are of one kind and leave the ladders in one pass.
        assert!(closed > 0 && few > 0 && many > 512, "{closed}, {few} and {many} were closed");
        // Their memory was given back, and is taken again.
        for n in 4_000..4_300 {
            pair.place(n);
        }
        pair.tick(100_000);
        pair.oracle.check_state(&pair.real);
        pair.oracle.check_memory(&pair.real, 0..4_300);
    }
}

#[test]
fn a_history_in_slices_is_the_same_history() {
    let (mut twins, mut history) = (Twins::default(), History::new(21));
    for _ in 0..30_000 {
        let (id, entry) = history.next();
        twins.apply(id, &entry);
    }
    twins.check();
}

/// Two exchanges, of which one serves each tick whole and the other one position or order at a time.
#[derive(Default)]
pub struct Twins {
    whole: Exchange,
    sliced: Exchange,
    /// The number of times that there was more to serve.
    cuts: u32,
}

impl Twins {
    /// Applies an entry to both, and checks that responses and events are the same.
    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) {
        let outcome = self.whole.apply(id, entry);
        let slice = self.sliced.apply_slice(id, entry, 1);
        assert_eq!(slice.response, outcome.response);
        let mut events = slice.events;
        while self.sliced.is_closing() {
            events.extend(self.sliced.close_more(1));
            self.cuts += 1;
        }
        assert_eq!(events, outcome.events);
    }

    /// Checks that slices were cut, and that both states are the same.
    pub fn check(&self) {
        assert!(self.cuts > 100, "only {} times there was more to serve", self.cuts);
        assert_eq!(self.sliced.freeze().encode().hash, self.whole.freeze().encode().hash);
    }
}

#[test]
#[should_panic(expected = "an entry is finished before the next one")]
fn no_entry_comes_between_slices() {
    let mut exchange = half_a_tick();
    let id = exchange.last_id();
    let request = Request::SetRules(DEFAULT_RULES);
    let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
    exchange.apply(EntryId::new(id.ms + 1, 0), &entry);
}

#[test]
#[should_panic(expected = "an entry is finished before the next snapshot")]
fn no_snapshot_is_taken_between_slices() {
    half_a_tick().freeze();
}

fn half_a_tick() -> Exchange {
    let mut history = History::new(3);
    let mut exchange = Exchange::default();
    loop {
        let (id, entry) = history.next();
        exchange.apply_slice(id, &entry, 0);
        if exchange.is_closing() {
            return exchange;
        }
    }
}
