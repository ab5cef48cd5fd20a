//! Damaged snapshots with a valid hash, and requests with absurd amounts: they are refused, or the
//! exchange continues.

use crate::desk::{BTC, SYMBOLS};
use crate::desk::{Desk, Long, Short, Ticket, order_id, user};
use crate::random_histories::History;
use crate::upgrades::{BEFORE, fixtures};
use exchange::Exchange;
use exchange::snapshot::VERSION;
use messages::{
    ClosePosition, DisputePrice, DisputeReason, Edit, EntryId, ModifyPosition, PlaceOrder,
    PriceUpdate, Query, RegisterUser, Request, RequestEntry, Side,
};
use price::{Price, Qty, Usd};
use proptest::prelude::*;
use std::fs;
use testkit::hostile::{cases, damaged};

/// Snapshots of a few positions, where every byte counts, of a history of a few hundred entries, and
/// of one with orders of every kind.
fn snapshots() -> Vec<Vec<u8>> {
    let mut desk = Desk::open();
    let before = desk.exchange.freeze().encode().bytes;
    desk.place(Ticket::new(1, Long, "1").stop_loss("95").take_profit("120"));
    desk.place(Ticket::new(2, Short, "1"));
    desk.place(Ticket::new(3, Short, "2").take_profit("80"));
    desk.close(2);
    let after = desk.exchange.freeze().encode().bytes;
    let (mut history, mut exchange) = (History::new(11), Exchange::default());
    for _ in 0..300 {
        let (id, entry) = history.next();
        exchange.apply(id, &entry);
    }
    let orders = fs::read(fixtures().join(format!("v{VERSION}")).join(BEFORE)).unwrap();
    vec![before, after.clone(), after, exchange.freeze().encode().bytes, orders]
}

fn entry(request: Request) -> RequestEntry {
    RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }
}

/// Applies further requests and prices, each at its own time.
fn trade_on(exchange: &mut Exchange) {
    let price = |text: &str| text.parse::<Price>().unwrap();
    let tick = |symbol, bid, ask| {
        Request::PriceUpdate(PriceUpdate::new(symbol, price(bid), price(ask), 1))
    };
    let mut requests = Vec::new();
    for n in 1..4 {
        let Ticket(user_id, place) = Ticket::new(100 + n, Long, "0.01").of(n);
        requests.push(Request::RegisterUser(user(n), RegisterUser { deposit: Usd::from(1) }));
        requests.push(Request::PlaceOrder(user_id, place));
        requests.push(Request::ClosePosition(
            user(1),
            ClosePosition { order_id: order_id(n), price_limit: None },
        ));
    }
    for symbol in SYMBOLS {
        requests.push(tick(symbol, "0.00000001", "0.00000002"));
        requests.push(tick(symbol, "99000", "100000"));
        requests.push(tick(symbol, "92233720368", "92233720368.54775807"));
    }
    for request in requests {
        let EntryId { ms, seq } = exchange.last_id();
        let Some(seq) = seq.checked_add(1) else { return };
        exchange.apply(EntryId::new(ms, seq), &entry(request));
    }
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn damaged_snapshots(bytes in damaged(snapshots())) {
        let hash = blake3::hash(&bytes).to_hex();
        if let Ok(mut exchange) = Exchange::restore(&bytes, &hash) {
            let encoded = exchange.freeze().encode();
            let again = Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
            prop_assert_eq!(again.freeze().encode().hash, encoded.hash);
            for n in 0..=40 {
                let _ = exchange.answer(user(n), Query::GetBalance);
                let _ = exchange.answer(user(n), Query::GetUserOrders);
            }
            trade_on(&mut exchange);
            exchange.check_invariants().unwrap();
        }
    }

}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn amounts_that_nobody_means(requests in prop::collection::vec(any_request(), 1..40)) {
        let mut desk = Desk::open();
        desk.place(Ticket::new(1, Long, "1"));
        desk.place(Ticket::new(2, Short, "1"));
        for request in requests {
            let EntryId { ms, seq } = desk.exchange.last_id();
            desk.exchange.apply(EntryId::new(ms, seq + 1), &entry(request));
            desk.exchange.check_invariants().unwrap();
        }
    }
}

/// Values near every limit of the number types, and near the desk's own price.
fn any_scaled() -> impl Strategy<Value = i128> {
    let edges =
        [0, 1, -1, 100 * 100_000_000, i64::MAX.into(), i64::MIN.into(), i128::MAX, i128::MIN];
    prop_oneof![
        3 => (prop::sample::select(edges.to_vec()), -3_i128..=3).prop_map(|(edge, off)| edge.saturating_add(off)),
        1 => (any::<i128>(), 0..127_u32).prop_map(|(value, shift)| value >> shift),
        2 => 0_i128..20_000_000_000,
    ]
}

fn any_request() -> impl Strategy<Value = Request> {
    let price = || any_scaled().prop_map(Price::from_scaled);
    let level = move || prop::option::of(price());
    let edit =
        move || prop_oneof![Just(Edit::Keep), Just(Edit::Remove), price().prop_map(Edit::Set)];
    let user = || (1_u128..4).prop_map(user);
    let order = || (1_u128..8).prop_map(order_id);
    let leverage = prop_oneof![1_u32..=100, Just(0), Just(u32::MAX)];
    let side = prop_oneof![Just(Side::Long), Just(Side::Short)];
    prop_oneof![
        2 => (user(), any_scaled()).prop_map(|(user_id, deposit)| {
            Request::RegisterUser(user_id, RegisterUser { deposit: Usd::from_scaled(deposit) })
        }),
        6 => (user(), order(), side, leverage, any_scaled(), level(), level(), level()).prop_map(
            |(user_id, order_id, side, leverage, qty, stop_loss, take_profit, price_limit)| {
                let (asset, qty) = (BTC.to_string(), Qty::from_scaled(qty));
                Request::PlaceOrder(user_id, PlaceOrder { stop_loss, take_profit, price_limit, ..PlaceOrder::market(order_id, asset, side, leverage, qty) })
            },
        ),
        3 => (user(), order(), edit(), edit()).prop_map(
            |(user_id, order_id, stop_loss, take_profit)| {
                Request::ModifyPosition(user_id, ModifyPosition { order_id, stop_loss, take_profit })
            },
        ),
        2 => (user(), order(), level()).prop_map(|(user_id, order_id, price_limit)| {
            Request::ClosePosition(user_id, ClosePosition { order_id, price_limit })
        }),
        1 => Just(Request::DisputePrice(DisputePrice {
            symbol: BTC,
            reason: DisputeReason::Held,
        })),
        3 => (price(), price()).prop_map(|(bid, ask)| {
            let symbol = BTC;
            Request::PriceUpdate(PriceUpdate::new(symbol, bid, ask, 1))
        }),
    ]
}
