//! One test for each known way in which systems like this lose money, as far as the rules decide
//! it. The crates of the streams and services test the rest.

use crate::desk::ETH;
use crate::desk::{
    BTC, Desk, Long, Short, Ticket, closed_of, order_id, price, request_id, usd, user,
};
use crate::random_histories::History;
use exchange::Exchange;
use messages::{
    ClosePosition, CloseReason, EntryId, PriceUpdate, Rejection, Request, RequestEntry, Response,
};

#[test]
fn an_automatically_closed_position_is_not_paid_again_when_closed_by_hand() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").take_profit("110"));
    desk.tick("111", "113");
    let paid = desk.balance(1);
    assert_eq!(paid, usd("1010"));
    for _ in 0..3 {
        let refused = desk.try_close(1, 1);
        assert!(matches!(refused, Err(Rejection::OrderAlreadyClosed { .. })));
    }
    assert_eq!(desk.balance(1), paid);
}

#[test]
fn stop_loss_and_take_profit_are_prices_not_amounts_of_profit() {
    let mut desk = Desk::open();
    // P&L passes −5 and +5 USD on the way, but only the prices 95 and 120 count.
    desk.place(Ticket::new(1, Long, "3").stop_loss("95").take_profit("120"));
    assert_eq!(desk.tick("97", "99"), []);
    assert_eq!(desk.tick("119.99", "122"), []);
    let closed = desk.tick("120", "122");
    assert_eq!(closed[0].close_reason, CloseReason::TakeProfit);
}

#[test]
fn triggers_fire_in_replay_as_they_did_live() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").stop_loss("95"));
    let snapshot = desk.exchange.freeze().encode();
    desk.tick("94", "96");
    let live = desk.events.last().unwrap().clone();

    let mut replayed = Exchange::restore(&snapshot.bytes, &snapshot.hash).unwrap();
    let update = PriceUpdate::new(BTC, price("94"), price("96"), 1);
    let entry = RequestEntry {
        request_id: Some(request_id(0)),
        timestamp_ms: 0,
        reply_to: None,
        request: Request::PriceUpdate(update),
    };
    let events = replayed.apply(desk.now, &entry).events;
    assert_eq!(events.as_slice(), std::slice::from_ref(&live));
    assert_eq!(closed_of(live).close_reason, CloseReason::StopLoss);
}

#[test]
fn a_replay_makes_the_same_ids() {
    let run = || {
        let (mut exchange, mut history) = (Exchange::default(), History::new(3));
        let mut outputs: Vec<(EntryId, String)> = Vec::new();
        for _ in 0..5_000 {
            let (id, entry) = history.next();
            for (n, event) in (0..).zip(exchange.apply(id, &entry).events) {
                outputs.push((id.output(n), format!("{event:?}")));
            }
        }
        (outputs, exchange.freeze().encode().hash)
    };
    assert_eq!(run(), run());
}

#[test]
fn output_ids_rise_with_their_requests_and_are_never_shared() {
    let (mut exchange, mut history) = (Exchange::default(), History::new(4));
    let mut last = EntryId::MIN;
    for _ in 0..20_000 {
        let (id, entry) = history.next();
        for n in 0..exchange.apply(id, &entry).events.len() {
            let output = id.output(u32::try_from(n).unwrap());
            assert!(output > last);
            last = output;
        }
    }
}

#[test]
fn the_close_price_is_the_ticks_own_and_not_computed_back_from_the_pnl() {
    let mut desk = Desk::open();
    // A quantity so small that the P&L is rounded to zero, so the price can't be derived from it.
    desk.place(Ticket::new(1, Long, "0.00000003").leverage(2));
    desk.tick("98.76543211", "99");
    let closed = desk.close(1);
    assert_eq!(closed.close_price, price("98.76543211"));
    assert_eq!(closed.final_pnl, usd("-0.00000007"));
}

#[test]
fn a_gap_beyond_the_margin_leaves_the_balance_at_what_was_not_at_stake() {
    let mut desk = Desk::open();
    desk.tick("101", "101");
    let order = desk.place(Ticket::new(1, Long, "99").leverage(100));
    let closed = desk.tick("50", "52");
    assert_eq!(closed[0].close_price, price("50"), "the fill is where the market is");
    assert_eq!(closed[0].final_pnl.checked_add(order.margin), Ok(usd("0")));
    assert_eq!(closed[0].shortfall, usd("4949.01"), "99 × 51 less the margin of 99.99");
    assert_eq!(desk.balance(1), usd("900.01"));
    let ledger = desk.exchange.ledger();
    assert_eq!((ledger.house, ledger.shortfall), (usd("99.99"), usd("4949.01")));
}

#[test]
fn the_whole_balance_at_stake_ends_at_zero_and_not_below() {
    let mut desk = Desk::empty();
    desk.register(1, "100").unwrap();
    desk.tick("100", "100");
    desk.place(Ticket::new(1, Short, "100").leverage(100));
    desk.tick("1000", "1000");
    assert_eq!(desk.balance(1), usd("0"));
}

#[test]
fn a_price_that_stopped_moving_fills_nothing() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    desk.wait_ms(10_000);
    // Another asset's price does not refresh this one.
    desk.tick_of(ETH, "10", "11");
    let stale = Err(Rejection::StalePrice { age_ms: 10_003 });
    assert_eq!(desk.try_place(Ticket::new(2, Long, "1")), stale);
    assert!(matches!(desk.try_close(1, 1), Err(Rejection::StalePrice { .. })));
    desk.tick("99", "101");
    desk.close(1);
}

#[test]
fn an_order_sent_again_after_a_timeout_opens_one_position() {
    let mut desk = Desk::open();
    let first = desk.try_place(Ticket::new(1, Long, "1")).unwrap();
    let Response::Position { order: first, account: after_first, .. } = first else { panic!() };
    for _ in 0..3 {
        let again = desk.try_place(Ticket::new(1, Long, "1")).unwrap();
        let Response::Position { order, account, repeated } = again else { panic!() };
        assert!(repeated);
        assert_eq!((order, account), (first.clone(), after_first));
    }
    assert_eq!(desk.exchange.open_positions(), 1);

    desk.close(1);
    let again = desk.try_place(Ticket::new(1, Long, "1")).unwrap();
    assert!(matches!(again, Response::Position { repeated: true, .. }));
    assert_eq!(desk.exchange.open_positions(), 0, "a closed order is not opened again");
}

#[test]
fn an_order_id_used_for_another_order_is_refused() {
    let mut desk = Desk::open();
    desk.register(2, "1000").unwrap();
    desk.place(Ticket::new(1, Long, "1"));
    let others = [
        Ticket::new(1, Short, "1"),
        Ticket::new(1, Long, "2"),
        Ticket::new(1, Long, "1").leverage(11),
        Ticket::new(1, Long, "1").of(2),
    ];
    for ticket in others {
        let refused = desk.try_place(ticket);
        assert_eq!(refused, Err(Rejection::OrderIdReused { order_id: order_id(1) }));
    }
}

#[test]
fn a_close_sent_again_after_a_timeout_gives_the_first_answer() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    let close = || {
        Request::ClosePosition(user(1), ClosePosition { order_id: order_id(1), price_limit: None })
    };
    let first = desk.apply_as(request_id(42), close());
    let again = desk.apply_as(request_id(42), close());
    let Ok(Response::Position { order: first, account: after, .. }) = first.response else {
        panic!()
    };
    let Ok(Response::Position { order, account, repeated: true }) = again.response else {
        panic!()
    };
    assert_eq!((order, account), (first, after));
    assert_eq!(again.events, []);
    let other = desk.apply_as(request_id(43), close());
    assert!(matches!(other.response, Err(Rejection::OrderAlreadyClosed { .. })));
}

#[test]
fn memory_does_not_grow_with_history() {
    let mut desk = Desk::open();
    desk.set_rules(|rules| rules.closed_retention_max = 10);
    for n in 1..=100 {
        desk.place(Ticket::new(n, Long, "0.01"));
        desk.close(n);
    }
    let summary = desk.exchange.freeze().encode().summary;
    assert_eq!((summary.open_positions, summary.closed_orders), (0, 10));
    desk.wait_ms(25 * 60 * 60 * 1_000);
    desk.tick("99", "101");
    assert_eq!(desk.exchange.freeze().encode().summary.closed_orders, 0);
    assert_eq!(desk.try_close(1, 100), Err(Rejection::OrderNotFound));
}
