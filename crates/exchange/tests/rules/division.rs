//! States whose accounts are divided into other shards hold the same, and continue the same.

use crate::desk::{BTC, Desk, Long, Short, Ticket, instrument, usd, user};
use crate::oracle::Oracle;
use crate::order_history::OrderHistory;
use exchange::Exchange;
use exchange::snapshot::{DivisionError, Holdings, divide};
use messages::{
    Attribution, EntryId, Event, Funding, FundingSource, Instrument, OrderId, PriceUpdate,
    RegisterUser, Request, RequestEntry, Rules, SettleFunding, Shards, UserId,
};
use price::Usd;
use std::collections::BTreeMap;

const SHARDS: [u16; 4] = [2, 5, 8, 64];

fn hash(exchange: &Exchange) -> String {
    exchange.freeze().encode().hash
}

fn shards(count: u16) -> Shards {
    Shards::new(count, false)
}

/// Divides states at the end of the latest.
fn divided(states: &[Exchange], count: u16) -> Vec<Exchange> {
    let end = states.iter().map(Exchange::last_id).max().unwrap();
    divide(states, shards(count), end).unwrap()
}

/// Applies an entry to the shard of its account, or to all.
fn apply(states: &mut [Exchange], id: EntryId, entry: &RequestEntry) -> Vec<Event> {
    let of = shards(u16::try_from(states.len()).unwrap());
    let account = entry.request.user_id().map(|account| usize::from(of.of(account).number()));
    let meant = states.iter_mut().enumerate().filter(|(n, _)| account.is_none_or(|of| of == *n));
    meant.flat_map(|(_, state)| state.apply(id, entry).events).collect()
}

fn a_history(seed: u64, with_costs: bool) -> (OrderHistory, Oracle) {
    let history = if with_costs { OrderHistory::with_costs(seed) } else { OrderHistory::new(seed) };
    (history, Oracle::new(format!("seed {seed}")))
}

#[test]
fn divided_states_hold_the_same_and_joined_again_they_are_the_same() {
    let (mut orders, mut fees) = (0, Usd::ZERO);
    for seed in 0..12 {
        let (mut history, mut oracle) = a_history(seed, seed % 2 == 0);
        let mut exchange = Exchange::default();
        for n in 0..2_400 {
            let (id, entry) = history.next(oracle.model());
            oracle.apply(id, &entry);
            exchange.apply(id, &entry);
            if n % 200 > 0 {
                continue;
            }
            let whole = std::slice::from_ref(&exchange);
            let holdings = Holdings::of(whole).unwrap();
            let ordered = hash(&divided(whole, 1)[0]);
            for count in SHARDS {
                let parts = divided(whole, count);
                assert_eq!(Holdings::of(&parts).unwrap(), holdings, "seed {seed}, {n}, {count}");
                let joined = divided(&parts, 1);
                assert_eq!(hash(&joined[0]), ordered, "seed {seed}, entry {n}, {count} shards");
            }
            if holdings.open_positions > 5 {
                orders = orders.max(holdings.open_orders);
                fees = fees.max(holdings.ledger.fees);
            }
        }
    }
    assert!(orders > 10 && fees.is_positive(), "too tame: {orders} orders, {fees} USD of fees");
}

/// Reports whether an order has the id of another account's. Ids are derived from the account, so that
/// only a random history knows such; within one state they are refused.
fn is_another_owners(owners: &mut BTreeMap<OrderId, UserId>, entry: &RequestEntry) -> bool {
    let (account, ids) = match &entry.request {
        Request::PlaceOrder(account, place) => {
            (account, [Some(place.order_id), place.earlier_order_id])
        }
        Request::ReversePosition(account, reverse) => {
            (account, [Some(reverse.order_id), reverse.earlier_order_id])
        }
        _ => return false,
    };
    ids.into_iter().flatten().any(|id| owners.entry(id).or_insert(*account) != account)
}

#[test]
fn divided_states_continue_like_the_whole() {
    for seed in 100..112 {
        let (mut history, mut oracle) = a_history(seed, false);
        let (mut whole, mut owners) = (Exchange::default(), BTreeMap::new());
        for _ in 0..1_500 {
            let (id, entry) = history.next(oracle.model());
            if is_another_owners(&mut owners, &entry) {
                continue;
            }
            oracle.apply(id, &entry);
            whole.apply(id, &entry);
        }
        let mut parts = divided(std::slice::from_ref(&whole), 3);
        let mut told = 0;
        for _ in 0..1_500 {
            let (id, entry) = history.next(oracle.model());
            if is_another_owners(&mut owners, &entry) {
                continue;
            }
            oracle.apply(id, &entry);
            let mut expected = whole.apply(id, &entry).events;
            let mut events = apply(&mut parts, id, &entry);
            // Those of one account keep their order.
            expected.sort_by_key(|event| event.user_id);
            events.sort_by_key(|event| event.user_id);
            assert_eq!(events, expected, "seed {seed}: {id} {entry:?}");
            told += events.len();
        }
        assert!(told > 200, "seed {seed}: {told} events");
        let end = EntryId::new(whole.last_id().ms + 1, 0);
        let last = entry(Request::ResumeTrading(Attribution {
            by: "operator".to_owned(),
            reason: "the end".to_owned(),
        }));
        whole.apply(end, &last);
        apply(&mut parts, end, &last);
        let held = Holdings::of(&[whole]).unwrap();
        assert_eq!(Holdings::of(&parts).unwrap(), held, "seed {seed}");
        assert_eq!(Holdings::of(&divided(&parts, 2)).unwrap(), held, "seed {seed}");
    }
}

fn entry(request: Request) -> RequestEntry {
    RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }
}

fn quote(bid: &str, ask: &str) -> RequestEntry {
    let update = PriceUpdate::new(BTC, bid.parse().unwrap(), ask.parse().unwrap(), 1);
    entry(Request::PriceUpdate(update))
}

/// The shards of a desk on which two accounts have traded.
fn two_shards() -> Vec<Exchange> {
    let mut desk = Desk::open();
    desk.register(2, "5000").unwrap();
    desk.place(Ticket::new(1, Long, "1").stop_loss("95"));
    desk.place(Ticket::new(2, Short, "2").of(2));
    divided(&[desk.exchange], 2)
}

fn next_id(states: &[Exchange]) -> EntryId {
    EntryId::new(states.iter().map(|state| state.last_id().ms).max().unwrap() + 1, 0)
}

#[test]
fn a_price_that_only_one_shard_has_seen_is_served_at_the_next_one() {
    let mut shards = two_shards();
    // Account 2 is in shard 0; the stop-loss of account 1, in shard 1, has not met this price.
    let id = next_id(&shards);
    assert!(shards[0].apply(id, &quote("94", "94.1")).events.is_empty());
    let held = Holdings::of(&shards).unwrap();
    let mut one = divided(&shards, 1);
    assert_eq!(Holdings::of(&one).unwrap(), held);
    assert_eq!(hash(&divided(&one, 1)[0]), hash(&one[0]), "it is a state like any other");
    let id = next_id(&one);
    let closed = apply(&mut one, id, &quote("94", "94.1"));
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!(closed[0].user_id, user(1));
}

#[test]
fn instruments_may_be_listed_in_another_order() {
    let mut shards = vec![Exchange::default(), Exchange::default()];
    for (state, symbols) in shards.iter_mut().zip([["AUSDT", "BTCUSDT"], ["BTCUSDT", "AUSDT"]]) {
        for (n, symbol) in (1..).zip(symbols) {
            let listed = instrument(messages::Symbol::from_static(symbol));
            state.apply(EntryId::new(n, 0), &entry(Request::SetInstrument(Box::new(listed))));
        }
    }
    for (ms, account) in [(10, 1), (20, 2)] {
        let deposit = RegisterUser { deposit: usd("5000") };
        let register = entry(Request::RegisterUser(user(account), deposit));
        apply(&mut shards, EntryId::new(ms, 0), &register);
        apply(&mut shards, EntryId::new(ms, 1), &quote("99.9", "100"));
        let Ticket(owner, place) = Ticket::new(account, Long, "1").of(account);
        let place = entry(Request::PlaceOrder(owner, place));
        assert_eq!(apply(&mut shards, EntryId::new(ms, 2), &place).len(), 1);
    }
    let held = Holdings::of(&shards).unwrap();
    assert_eq!(held.open_interest.keys().collect::<Vec<_>>(), [&BTC]);
    let one = divided(&shards, 1);
    assert_eq!(Holdings::of(&one).unwrap(), held);
    assert_eq!(one[0].open_positions(), 2);
}

#[test]
fn the_parts_of_an_open_interest_cap_add_up() {
    let mut desk = Desk::open();
    let cap = Some("12".parse().unwrap());
    let capped = Instrument { open_interest_cap: cap, ..instrument(BTC) };
    desk.apply(Request::SetInstrument(Box::new(capped))).unwrap();
    let three = divided(&[desk.exchange], 3);
    let cap_of = |state: &Exchange| state.instrument(BTC).unwrap().open_interest_cap;
    assert_eq!(cap_of(&three[1]), Some("4".parse().unwrap()));
    assert_eq!(cap_of(&divided(&three, 2)[1]), Some("6".parse().unwrap()));
    assert_eq!(cap_of(&divided(&three, 1)[0]), cap);
}

#[test]
fn shards_that_are_not_at_the_same_point_are_refused() {
    let refused = |states: &[Exchange]| {
        divide(states, shards(1), EntryId::new(u64::MAX, 0)).err().map(|error| error.to_string())
    };
    assert_eq!(refused(&two_shards()), None);
    assert!(matches!(divide(&[], shards(1), EntryId::MIN), Err(DivisionError::Nothing)));
    let early = divide(&two_shards(), shards(1), EntryId::new(1, 0));
    assert!(matches!(early, Err(DivisionError::Later { shard: 0, .. })));

    let mut swapped = two_shards();
    swapped.swap(0, 1);
    let found = refused(&swapped).unwrap();
    assert!(found.starts_with("shard 0 has account") && found.ends_with("to another"), "{found}");

    let by = Attribution { by: "operator".to_owned(), reason: "because".to_owned() };
    let rules = Rules { max_open_positions: 7, ..swapped[0].rules() };
    let funding = Funding { source: FundingSource::Venue, interval_hours: 8, cap_ppm: 5_000 };
    let funded = Instrument { funding: Some(funding), ..instrument(BTC) };
    let settle = SettleFunding {
        symbol: BTC,
        funding_ms: swapped[0].last_id().ms,
        rate: "0.0001".parse().unwrap(),
        mark: "100".parse().unwrap(),
    };
    let funded = Request::SetInstrument(Box::new(funded));
    let unknown = messages::Symbol::from_static("NEWUSDT");
    for (both, one, what) in [
        (None, Request::SetRules(rules), "limits"),
        (None, Request::PauseTrading(by), "pauses of trading"),
        (None, Request::SetInstrument(Box::new(instrument(unknown))), "instruments"),
        (None, funded.clone(), "parameters of BTCUSDT"),
        (Some(funded), Request::SettleFunding(settle), "fundings of BTCUSDT"),
    ] {
        let mut states = two_shards();
        let mut next = states[0].last_id().ms;
        let mut id = || {
            next += 1;
            EntryId::new(next, 0)
        };
        if let Some(both) = both {
            apply(&mut states, id(), &entry(both));
            assert_eq!(refused(&states), None);
        }
        assert!(states[1].apply(id(), &entry(one.clone())).response.is_ok(), "{one:?}");
        let found = refused(&states).unwrap();
        assert!(found.starts_with(&format!("shard 1 has other {what} than shard 0")), "{found}");
        apply(&mut states[..1], id(), &entry(one));
        assert_eq!(refused(&states), None, "now both have it");
    }
}
