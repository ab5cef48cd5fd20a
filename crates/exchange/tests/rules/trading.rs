//! The results that a trader sees, to the last digit.

use crate::desk::{BTC, Desk, Long, Short, Ticket, order_id, price, usd, user};
use crate::desk::{ETH, SOL};
use CloseReason::{Liquidation, StopLoss, TakeProfit};
use messages::{
    ClosePosition, CloseReason, Edit, EventKind, GetOrder, PositionState, Query, Rejection,
    Request, Response, Side,
};

#[test]
fn a_long_opens_at_the_ask_and_closes_at_the_bid() {
    let mut desk = Desk::open();
    let order = desk.place(Ticket::new(1, Long, "2"));
    assert_eq!(order.entry_price, price("101"));
    assert_eq!(order.margin, usd("20.2"));
    assert_eq!(order.liquidation_price, price("91.91"));
    assert_eq!(desk.balance(1), usd("979.8"));

    desk.tick("110", "112");
    let closed = desk.close(1);
    assert_eq!((closed.close_price, closed.final_pnl), (price("110"), usd("18")));
    assert_eq!(closed.close_reason, CloseReason::Manual);
    assert_eq!(desk.balance(1), usd("1018"));
}

#[test]
fn a_short_opens_at_the_bid_and_closes_at_the_ask() {
    let mut desk = Desk::open();
    let order = desk.place(Ticket::new(1, Short, "2").leverage(4));
    assert_eq!(order.entry_price, price("99"));
    assert_eq!(order.margin, usd("49.5"));
    assert_eq!(order.liquidation_price, price("121.275"));

    desk.tick("88", "90");
    assert_eq!(desk.close(1).final_pnl, usd("18"));
    assert_eq!(desk.balance(1), usd("1018"));
}

/// Margin is rounded up and P&L down, each at the last digit.
#[test]
fn rounding_is_never_in_the_traders_favour() {
    let mut desk = Desk::open();
    desk.tick("99.99999999", "100.00000001");
    let order = desk.place(Ticket::new(1, Long, "0.33333333").leverage(7));
    // 0.33333333 × 100.00000001 / 7 = 4.7619047147619…
    assert_eq!(order.margin, usd("4.76190472"));
    desk.tick("100.00000002", "100.00000003");
    // 0.33333333 × 0.00000001 = 0.0000000033…
    assert_eq!(desk.close(1).final_pnl, usd("0"));

    desk.place(Ticket::new(2, Short, "0.33333333").leverage(7));
    desk.tick("100.00000002", "100.00000003");
    // 0.33333333 × −0.00000001: down is away from zero.
    assert_eq!(desk.close(2).final_pnl, usd("-0.00000001"));
    assert_eq!(desk.balance(1), usd("999.99999999"));
}

#[test]
fn triggers_fire_at_the_first_price_that_reaches_them() {
    struct Row(Side, &'static str, CloseReason, &'static [(&'static str, &'static str)]);
    // Entry 101 (long) or 99 (short) at 10x: liquidation at 91.91 or 107.91. The last tick closes.
    let rows = [
        Row(
            Long,
            "margin call",
            CloseReason::Liquidation,
            &[("91.91000001", "93"), ("91.91", "93")],
        ),
        Row(
            Short,
            "margin call",
            CloseReason::Liquidation,
            &[("106", "107.90999999"), ("106", "107.91")],
        ),
        Row(Long, "stop", CloseReason::StopLoss, &[("95.00000001", "97"), ("95", "97")]),
        Row(Short, "stop", CloseReason::StopLoss, &[("103", "104.99999999"), ("103", "105")]),
        Row(Long, "take", CloseReason::TakeProfit, &[("109.99999999", "112"), ("110", "112")]),
        Row(Short, "take", CloseReason::TakeProfit, &[("88", "90.00000001"), ("88", "90")]),
    ];
    for Row(side, what, reason, ticks) in rows {
        let mut desk = Desk::open();
        let ticket = Ticket::new(1, side, "1");
        let ticket = match (what, side) {
            ("stop", Long) => ticket.stop_loss("95"),
            ("stop", Short) => ticket.stop_loss("105"),
            ("take", Long) => ticket.take_profit("110"),
            ("take", Short) => ticket.take_profit("90"),
            _ => ticket,
        };
        desk.place(ticket);
        let (last, before) = ticks.split_last().unwrap();
        for (bid, ask) in before {
            assert_eq!(desk.tick(bid, ask), [], "{side} {what} is early");
        }
        let closed = desk.tick(last.0, last.1);
        assert_eq!(closed.len(), 1, "{side} {what}");
        assert_eq!(closed[0].close_reason, reason);
        assert_eq!(closed[0].tick_id, desk.now);
        let at = if side == Long { last.0 } else { last.1 };
        assert_eq!(closed[0].close_price, price(at));
    }
}

#[test]
fn one_tick_closes_by_margin_call_before_stop_loss_before_take_profit() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").stop_loss("95"));
    desk.place(Ticket::new(2, Long, "1").leverage(20));
    desk.place(Ticket::new(3, Short, "1").take_profit("92"));
    desk.place(Ticket::new(4, Long, "1").stop_loss("97").leverage(5));
    desk.place(Ticket::new(5, Long, "1").leverage(20));

    let closed = desk.tick("90", "91");
    let order: Vec<_> = closed.iter().map(|c| (c.order.order_id, c.close_reason)).collect();
    let expected = [
        // 20x is reached at 96.455 before 10x at 91.91; of equals the older comes first.
        (order_id(2), Liquidation),
        (order_id(5), Liquidation),
        // Its stop-loss was reached too, but liquidation takes precedence.
        (order_id(1), Liquidation),
        (order_id(4), StopLoss),
        (order_id(3), TakeProfit),
    ];
    assert_eq!(order, expected);
}

#[test]
fn a_price_moves_only_its_own_asset() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").leverage(40));
    assert_eq!(desk.tick_of(ETH, "1", "2"), []);
    assert_eq!(desk.tick_of(SOL, "1", "2"), []);
    assert_eq!(desk.tick_of(BTC, "1", "2").len(), 1);
}

#[test]
fn stop_loss_and_take_profit_can_be_set_moved_and_removed() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    desk.modify(1, 1, Edit::Set(price("95")), Edit::Set(price("120"))).unwrap();
    desk.modify(1, 1, Edit::Set(price("98")), Edit::Keep).unwrap();
    desk.modify(1, 1, Edit::Remove, Edit::Keep).unwrap();
    assert_eq!(desk.tick("94", "96"), [], "the stop-loss is gone");
    // A stop may follow the price into profit.
    desk.tick("115", "117");
    desk.modify(1, 1, Edit::Set(price("110")), Edit::Keep).unwrap();
    let closed = desk.tick("109.5", "111");
    assert_eq!(closed[0].close_reason, CloseReason::StopLoss);
    assert_eq!(closed[0].final_pnl, usd("8.5"));

    let changes = desk.events.iter().filter(|e| matches!(e.kind, EventKind::PositionModified(_)));
    assert_eq!(changes.count(), 4);
}

#[test]
fn a_modification_that_changes_nothing_is_no_event() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").stop_loss("95"));
    let events = desk.events.len();
    let answer = desk.modify(1, 1, Edit::Set(price("95")), Edit::Keep).unwrap();
    assert!(matches!(answer, Response::Position { repeated: true, .. }));
    assert_eq!(desk.events.len(), events);
}

#[test]
fn the_balance_sheet_counts_locked_margin_as_equity() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "2"));
    desk.place(Ticket::new(2, Short, "1"));
    desk.tick("104", "106");
    let Ok(Response::Balance { balance }) = desk.exchange.answer(user(1), Query::GetBalance) else {
        panic!("no balance")
    };
    assert_eq!(balance.used_margin, usd("30.1"));
    assert_eq!(balance.balance, usd("969.9"));
    // 2 × (104 − 101) + 1 × (99 − 106)
    assert_eq!(balance.unrealized_pnl, usd("-1"));
    assert_eq!(balance.equity, usd("999"));
}

#[test]
fn open_orders_come_newest_first_and_only_ones_own() {
    let mut desk = Desk::open();
    desk.register(2, "1000").unwrap();
    for n in 1..=3 {
        desk.place(Ticket::new(n, Long, "0.1"));
    }
    desk.place(Ticket::new(9, Long, "0.1").of(2));
    desk.close(2);
    let Ok(Response::Positions { orders }) = desk.exchange.answer(user(1), Query::GetUserOrders)
    else {
        panic!("no orders")
    };
    let ids: Vec<_> = orders.iter().map(|open| open.order.order_id).collect();
    assert_eq!(ids, [order_id(3), order_id(1)]);
}

#[test]
fn one_order_can_be_read_open_and_closed_by_its_owner_alone() {
    let mut desk = Desk::open();
    desk.register(2, "1000").unwrap();
    desk.place(Ticket::new(1, Long, "1"));
    let query = Query::GetOrder(GetOrder { order_id: order_id(1) });
    let state = |desk: &Desk| match desk.exchange.answer(user(1), query.clone()) {
        Ok(Response::Position { order, .. }) => *order,
        other => panic!("no order: {other:?}"),
    };
    assert!(matches!(state(&desk), PositionState::Open(_)));
    desk.close(1);
    assert!(matches!(state(&desk), PositionState::Closed(_)));
    assert_eq!(desk.exchange.answer(user(2), query.clone()), Err(Rejection::OrderNotFound));
    assert_eq!(desk.exchange.answer(user(3), query), Err(Rejection::UnknownUser));
}

#[test]
fn registering_twice_deposits_once() {
    let mut desk = Desk::open();
    let again = desk.register(1, "1000").unwrap();
    assert!(matches!(again, Response::Account { account } if account.balance == usd("1000")));
    assert_eq!(desk.exchange.ledger().deposits, usd("1000"));
}

#[test]
fn an_accounts_events_are_numbered_without_a_gap() {
    let mut desk = Desk::open();
    desk.register(2, "1000").unwrap();
    for n in 1..=5 {
        desk.place(Ticket::new(n, Long, "0.1").of(1 + n % 2));
    }
    desk.try_close(2, 1).unwrap();
    desk.tick("1", "2");
    for n in 1..=2 {
        let events = desk.events.iter().filter(|event| event.user_id == user(n));
        let sequences: Vec<_> = events.map(|event| event.account.sequence).collect();
        assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn limits_change_from_their_entry_on() {
    let mut desk = Desk::open();
    desk.set_rules(|rules| rules.max_open_positions = 1);
    desk.place(Ticket::new(1, Long, "0.1"));
    assert_eq!(
        desk.try_place(Ticket::new(2, Long, "0.1")),
        Err(Rejection::TooManyPositions { limit: 1 })
    );
    desk.set_rules(|rules| rules.max_open_positions = 2);
    desk.place(Ticket::new(2, Long, "0.1"));
}

#[test]
fn applying_an_entry_twice_stops_the_engine() {
    let mut desk = Desk::open();
    desk.now.ms -= 1;
    let request =
        Request::ClosePosition(user(1), ClosePosition { order_id: order_id(1), price_limit: None });
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| desk.apply(request)));
    assert!(outcome.is_err());
}
