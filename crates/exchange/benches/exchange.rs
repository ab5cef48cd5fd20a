//! What a tick and an order cost, with few and with many positions open.
//!
//! `cargo bench -p exchange`. Compare within one run: machines differ, ratios less.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use divan::Bencher;
use divan::counter::ItemsCount;
use exchange::Exchange;
use messages::{
    EntryId, OrderId, OrderType, PlaceOrder, PriceUpdate, Request, RequestEntry, Rules, Symbol,
    UserId,
};
use price::{Price, Qty, Usd};
use uuid::Uuid;

const POSITIONS: [u64; 3] = [10, 10_000, 1_000_000];
const POSITIONS_PER_USER: u64 = 100;

fn main() {
    divan::main();
}

/// An exchange and the id of its next entry.
struct Floor {
    exchange: Exchange,
    ms: u64,
}

impl Floor {
    /// Longs of one contract, opened at 100,000 with liquidation prices and stop-losses that lie
    /// apart, none within reach of a price from 99,000 up.
    fn with_positions(count: u64) -> Self {
        let mut floor = Self { exchange: Exchange::default(), ms: 0 };
        floor.apply(Request::SetRules(Rules {
            max_open_positions: u32::MAX,
            stale_price_ms: u64::MAX,
            ..exchange::DEFAULT_RULES
        }));
        floor.apply(tick(100_000));
        for user in 0..=count / POSITIONS_PER_USER {
            let deposit = Usd::from_scaled(1_000_000_000_000_000);
            floor.apply(Request::RegisterUser { user_id: user_id(user), deposit });
        }
        for n in 0..count {
            floor.apply(place(n));
        }
        assert_eq!(floor.exchange.open_positions() as u64, count);
        floor
    }

    fn apply(&mut self, request: Request) {
        self.ms += 1;
        let entry = RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request };
        let outcome = self.exchange.apply(EntryId::new(self.ms, 0), &entry);
        assert!(outcome.answer.is_ok(), "{:?}", outcome.answer);
    }
}

fn user_id(n: u64) -> UserId {
    UserId(Uuid::from_u128(u128::from(n) + 1))
}

fn order_id(n: u64) -> OrderId {
    // Spread over the key space, as random ids are.
    OrderId(Uuid::from_u128(
        u128::from(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
    ))
}

fn place(n: u64) -> Request {
    let stop_loss = Price::from_scaled(95_000 * 100_000_000 + i128::from(n % 3_000_000) * 100_000);
    Request::PlaceOrder(PlaceOrder {
        user_id: user_id(n / POSITIONS_PER_USER),
        order_id: order_id(n),
        asset: "BTCUSDT".to_owned(),
        order_type: OrderType::Long,
        leverage: u32::try_from(n % 10 + 1).unwrap(),
        qty: Qty::from_scaled(100_000),
        stop_loss: Some(stop_loss),
        take_profit: None,
    })
}

fn tick(price: i128) -> Request {
    let price = Price::from_scaled(price * 100_000_000);
    Request::PriceUpdate(PriceUpdate {
        symbol: Symbol::BtcUsdt,
        bid: price,
        ask: price,
        trade_id: 1,
    })
}

/// Ticks that close nothing: the same for any number of positions.
#[divan::bench(args = POSITIONS, sample_size = 10_000)]
fn quiet_tick(bencher: Bencher, positions: u64) {
    let mut floor = Floor::with_positions(positions);
    let entries = [tick(99_500), tick(99_501)].map(|request| RequestEntry {
        request_id: None,
        timestamp_ms: 0,
        reply_to: None,
        request,
    });
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        floor.ms += 1;
        let entry = &entries[usize::from(floor.ms.is_multiple_of(2))];
        divan::black_box(floor.exchange.apply(EntryId::new(floor.ms, 0), entry))
    });
}

/// One position opened and closed again.
#[divan::bench(args = POSITIONS, sample_size = 1_000)]
fn place_and_close(bencher: Bencher, positions: u64) {
    let mut floor = Floor::with_positions(positions);
    let mut n = positions + POSITIONS_PER_USER;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        n += 1;
        let user = n % (positions / POSITIONS_PER_USER + 1);
        let Request::PlaceOrder(mut order) = place(n) else { unreachable!("it places") };
        order.user_id = user_id(user);
        let close = Request::CloseOrder { user_id: order.user_id, order_id: order.order_id };
        floor.apply(Request::PlaceOrder(order));
        floor.apply(close);
    });
}

/// How long the order flow waits for a snapshot.
#[divan::bench(args = POSITIONS)]
fn freeze(bencher: Bencher, positions: u64) {
    let floor = Floor::with_positions(positions);
    bencher.bench_local(|| divan::black_box(floor.exchange.freeze()));
}
