//! A state that is restored from a snapshot continues exactly like the one that never stopped.

use crate::desk::{BTC, Desk, Long, Short, Ticket, instrument, price, request_id, user};
use crate::random_histories::History;
use exchange::Exchange;
use exchange::snapshot::RestoreError;
use messages::{
    EntryId, Event, Instrument, Request, RequestEntry, ResetAccount, Response, WHOLE_BPS,
};
use price::Usd;

fn hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

fn reload(exchange: &Exchange) -> Exchange {
    let encoded = exchange.freeze().encode();
    Exchange::restore(&encoded.bytes, &encoded.hash).unwrap()
}

#[test]
fn a_restart_at_any_entry_gives_the_same_ids_events_and_state() {
    let mut history = History::new(7);
    let entries: Vec<(EntryId, RequestEntry)> = (0..4_000).map(|_| history.next()).collect();
    let mut straight = Exchange::default();
    let straight_events: Vec<Vec<Event>> =
        entries.iter().map(|(id, entry)| straight.apply(*id, entry).events).collect();

    let mut prefix = Exchange::default();
    for (cut, (id, entry)) in entries.iter().enumerate() {
        prefix.apply(*id, entry);
        if cut % 97 != 0 {
            continue;
        }
        let mut restarted = reload(&prefix);
        assert_eq!(hash(&restarted), hash(&prefix), "cut at {cut}");
        for (n, (id, entry)) in entries.iter().enumerate().skip(cut + 1) {
            let events = restarted.apply(*id, entry).events;
            assert_eq!(events, straight_events[n], "cut at {cut}, entry {n}");
        }
        assert_eq!(hash(&restarted), hash(&straight), "cut at {cut}");
    }
}

#[test]
fn a_position_that_is_liquidated_at_zero_is_restored() {
    for (side, liquidation_price) in [(Long, "0"), (Short, "198")] {
        let mut desk = Desk::open();
        let whole = Instrument { liquidation_loss_bps: WHOLE_BPS, ..instrument(BTC) };
        desk.apply(Request::SetInstrument(Box::new(whole))).unwrap();
        let opened = desk.place(Ticket::new(1, side, "1").leverage(1));
        assert_eq!(opened.liquidation_price, price(liquidation_price));
        assert_eq!(hash(&reload(&desk.exchange)), hash(&desk.exchange));
    }
}

#[test]
fn a_reset_that_arrives_again_does_nothing_even_after_a_restart() {
    let mut desk = Desk::open();
    let reset = |n: i64| {
        let balance = Usd::from_scaled(i128::from(n) * price::SCALE);
        Request::ResetAccount(user(1), ResetAccount { balance })
    };
    desk.place(Ticket::new(1, Long, "1"));
    assert_eq!(desk.apply_as(request_id(42), reset(500)).events.len(), 2);
    desk.place(Ticket::new(2, Long, "1"));
    let before = hash(&desk.exchange);
    for _ in 0..2 {
        let again = desk.apply_as(request_id(42), reset(500));
        assert!(again.events.is_empty(), "{:?}", again.events);
        let Ok(Response::Account { account }) = again.response else { panic!("{again:?}") };
        assert!(account.used_margin.is_positive());
        desk.exchange = reload(&desk.exchange);
    }
    assert_ne!(hash(&desk.exchange), before, "the entries count");
    assert_eq!(desk.apply_as(request_id(43), reset(500)).events.len(), 2);
    // What was sent before the last one is not remembered.
    assert_eq!(desk.apply_as(request_id(42), reset(500)).events.len(), 1);
}

#[test]
fn a_frozen_state_is_not_moved_by_what_comes_after() {
    let mut history = History::new(8);
    let mut exchange = Exchange::default();
    for _ in 0..2_000 {
        let (id, entry) = history.next();
        exchange.apply(id, &entry);
    }
    let before = hash(&exchange);
    let frozen = exchange.freeze();
    for _ in 0..2_000 {
        let (id, entry) = history.next();
        exchange.apply(id, &entry);
    }
    assert_eq!(frozen.encode().hash, before);
    assert_ne!(hash(&exchange), before);
}

#[test]
fn the_summary_says_what_is_in_it() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    desk.place(Ticket::new(2, Short, "1"));
    desk.close(1);
    let summary = desk.exchange.freeze().encode().summary;
    assert_eq!((summary.accounts, summary.open_positions, summary.closed_orders), (1, 1, 1));
    assert_eq!(summary.last_stream_id, desk.now);
    assert_eq!(summary.ledger, desk.exchange.ledger());
}

#[test]
fn damaged_bytes_are_refused() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    let encoded = desk.exchange.freeze().encode();
    for n in 0..encoded.bytes.len() {
        let mut damaged = encoded.bytes.clone();
        damaged[n] ^= 1;
        let refused = Exchange::restore(&damaged, &encoded.hash);
        assert!(matches!(refused, Err(RestoreError::HashDiffers { .. })), "byte {n}");
    }
    let cut = &encoded.bytes[..encoded.bytes.len() - 1];
    assert!(Exchange::restore(cut, &encoded.hash).is_err());
}

/// Anyone who can write a snapshot can also write its hash, so impossible states are refused even
/// with a valid hash.
#[test]
fn bytes_with_a_right_hash_are_still_checked() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    let encoded = desk.exchange.freeze().encode();
    let mut refused = 0;
    for n in 0..encoded.bytes.len() {
        let mut damaged = encoded.bytes.clone();
        damaged[n] ^= 0x15;
        let rehashed = blake3::hash(&damaged).to_hex().to_string();
        // Either it is refused, or it is a state whose books balance; never a panic.
        match Exchange::restore(&damaged, &rehashed) {
            Err(_) => refused += 1,
            Ok(exchange) => exchange.check_invariants().unwrap(),
        }
    }
    assert!(refused > encoded.bytes.len() / 4, "only {refused} were refused");
}

#[test]
fn an_unknown_version_is_refused() {
    let mut bytes = Exchange::default().freeze().encode().bytes;
    bytes[0] = 99;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let refused = Exchange::restore(&bytes, &hash);
    assert!(matches!(refused, Err(RestoreError::UnknownVersion { found: 99 })));
}
