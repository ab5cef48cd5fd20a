//! Every reason for a rejection, with a request just inside the limit that is granted.

use crate::desk::ETH;
use crate::desk::{BTC, Desk, Long, Short, Ticket, order_id, price, usd, user};
use messages::{Edit, EntryId, PriceUpdate, Rejection, Request, Side};
use price::Price;

#[test]
fn orders_that_are_refused() {
    let rows: Vec<(Ticket, Rejection)> = vec![
        (Ticket::new(1, Long, "1").of(7), Rejection::UnknownUser),
        (
            Ticket::new(1, Long, "1").leverage(0),
            Rejection::InvalidLeverage { leverage: 0, max: 100 },
        ),
        (
            Ticket::new(1, Long, "1").leverage(101),
            Rejection::InvalidLeverage { leverage: 101, max: 100 },
        ),
        (
            Ticket::new(1, Long, "1").leverage(256),
            Rejection::InvalidLeverage { leverage: 256, max: 100 },
        ),
        (Ticket::new(1, Long, "0"), Rejection::InvalidQuantity),
        (Ticket::new(1, Short, "-1"), Rejection::InvalidQuantity),
        (Ticket::new(1, Long, "1e30"), Rejection::AmountOutOfRange),
        (Ticket::new(1, Long, "92233720368.54775808"), Rejection::AmountOutOfRange),
        (
            Ticket::new(1, Long, "99.00990100"),
            Rejection::InsufficientBalance {
                required: usd("1000.0000001"),
                available: usd("1000"),
            },
        ),
        // From 101 to 99 it loses 1.98 %; it is liquidated at 90 % of 1/46.
        (
            Ticket::new(1, Long, "1").leverage(46),
            Rejection::LiquidatedAtOnce {
                liquidation_price: price("99.02391305"),
                reference: price("99"),
            },
        ),
        (stop(Long, "99"), stop_wrong_side("99", "99")),
        (stop(Long, "105"), stop_wrong_side("105", "99")),
        (stop(Long, "91.91"), stop_beyond("91.91", "91.91")),
        (stop(Long, "50"), stop_beyond("50", "91.91")),
        (stop(Short, "101"), stop_wrong_side("101", "101")),
        (stop(Short, "107.91"), stop_beyond("107.91", "107.91")),
        (take(Long, "101"), take_wrong_side("101", "101")),
        (take(Long, "50"), take_wrong_side("50", "101")),
        (take(Short, "99"), take_wrong_side("99", "99")),
        (take(Short, "200"), take_wrong_side("200", "99")),
    ];
    for (ticket, expected) in rows {
        let order = format!("{:?}", ticket.0);
        assert_eq!(Desk::open().try_place(ticket), Err(expected), "{order}");
    }
}

#[test]
fn orders_just_inside_the_line_are_granted() {
    let rows = [
        Ticket::new(1, Long, "1").leverage(1),
        Ticket::new(1, Long, "1").leverage(45),
        Ticket::new(1, Long, "99.00990099"),
        stop(Long, "98.99999999"),
        stop(Long, "91.91000001"),
        stop(Short, "101.00000001"),
        stop(Short, "107.90999999"),
        take(Long, "101.00000001"),
        take(Short, "98.99999999"),
    ];
    for ticket in rows {
        let order = format!("{:?}", ticket.0);
        assert!(Desk::open().try_place(ticket).is_ok(), "{order}");
    }
}

fn stop(side: Side, at: &str) -> Ticket {
    Ticket::new(1, side, "1").stop_loss(at)
}

fn take(side: Side, at: &str) -> Ticket {
    Ticket::new(1, side, "1").take_profit(at)
}

fn stop_wrong_side(at: &str, reference: &str) -> Rejection {
    Rejection::StopLossWrongSide { stop_loss: price(at), reference: price(reference) }
}

fn stop_beyond(at: &str, liquidation: &str) -> Rejection {
    Rejection::StopLossBeyondLiquidation {
        stop_loss: price(at),
        liquidation_price: price(liquidation),
    }
}

fn take_wrong_side(at: &str, reference: &str) -> Rejection {
    Rejection::TakeProfitWrongSide { take_profit: price(at), reference: price(reference) }
}

#[test]
fn an_asset_must_be_known_and_have_a_price() {
    let mut desk = Desk::open();
    let mut ticket = Ticket::new(1, Long, "1");
    ticket.1.asset = "DOGEUSDT".to_owned();
    let expected = Rejection::UnknownAsset { asset: "DOGEUSDT".to_owned() };
    assert_eq!(desk.try_place(ticket), Err(expected));
    let mut ticket = Ticket::new(1, Long, "1");
    ticket.1.asset = ETH.to_string();
    assert_eq!(desk.try_place(ticket), Err(Rejection::NoPrice));
}

#[test]
fn a_margin_below_the_smallest_amount_is_refused() {
    let mut desk = Desk::open();
    desk.tick("0.1", "0.3");
    let ticket = Ticket::new(1, Long, "0.00000001").leverage(100);
    assert_eq!(desk.try_place(ticket), Err(Rejection::QuantityTooSmall));
}

#[test]
fn the_limit_of_open_positions_counts_open_ones_only() {
    let mut desk = Desk::open();
    for n in 1..=100 {
        desk.place(Ticket::new(n, Long, "0.001"));
    }
    let refused = desk.try_place(Ticket::new(101, Long, "0.001"));
    assert_eq!(refused, Err(Rejection::TooManyPositions { limit: 100 }));
    desk.close(50);
    desk.place(Ticket::new(102, Long, "0.001"));
}

#[test]
fn other_peoples_orders_do_not_exist() {
    let mut desk = Desk::open();
    desk.register(2, "1000").unwrap();
    desk.place(Ticket::new(1, Long, "1"));
    assert_eq!(desk.try_close(2, 1), Err(Rejection::OrderNotFound));
    let edit = Edit::Set(price("95"));
    assert_eq!(desk.modify(2, 1, edit, Edit::Keep), Err(Rejection::OrderNotFound));
    desk.close(1);
    assert_eq!(desk.try_close(2, 1), Err(Rejection::OrderNotFound));
    assert_eq!(desk.try_close(1, 77), Err(Rejection::OrderNotFound));
    assert_eq!(desk.try_close(3, 1), Err(Rejection::UnknownUser));
}

#[test]
fn a_changed_stop_loss_or_take_profit_must_leave_room_to_the_market() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1"));
    desk.place(Ticket::new(2, Short, "1"));
    let rows = [
        (1, Edit::Set(price("99")), Edit::Keep, stop_wrong_side("99", "99")),
        (1, Edit::Set(price("91.91")), Edit::Keep, stop_beyond("91.91", "91.91")),
        (1, Edit::Keep, Edit::Set(price("99")), take_wrong_side("99", "99")),
        (1, Edit::Set(price("95")), Edit::Set(price("98")), take_wrong_side("98", "99")),
        (2, Edit::Set(price("101")), Edit::Keep, stop_wrong_side("101", "101")),
        (2, Edit::Set(price("108")), Edit::Keep, stop_beyond("108", "107.91")),
        (2, Edit::Keep, Edit::Set(price("101")), take_wrong_side("101", "101")),
    ];
    for (order, stop_loss, take_profit, expected) in rows {
        assert_eq!(desk.modify(1, order, stop_loss, take_profit), Err(expected));
    }
    assert_eq!(desk.modify(1, 9, Edit::Remove, Edit::Remove), Err(Rejection::OrderNotFound));
    desk.close(1);
    let refused = desk.modify(1, 1, Edit::Remove, Edit::Remove);
    assert!(matches!(refused, Err(Rejection::OrderAlreadyClosed { .. })));
}

#[test]
fn prices_that_are_none_are_refused_and_change_nothing() {
    let mut desk = Desk::open();
    desk.place(Ticket::new(1, Long, "1").leverage(40));
    for (bid, ask) in [("0", "1"), ("-1", "1"), ("102", "101"), ("1e20", "1e20")] {
        let update = PriceUpdate::new(BTC, price(bid), price(ask), 1);
        let refused = desk.apply(Request::PriceUpdate(update));
        let expected = Rejection::InvalidPrice { bid: price(bid), ask: price(ask) };
        assert_eq!(refused, Err(expected));
    }
    assert_eq!(desk.close(1).close_price, price("99"));
}

#[test]
fn deposits_must_be_money_that_can_be_stored() {
    let mut desk = Desk::empty();
    assert_eq!(desk.register(1, "-1"), Err(Rejection::InvalidDeposit));
    assert_eq!(desk.register(1, "1e20"), Err(Rejection::AmountOutOfRange));
    desk.register(1, "0").unwrap();
}

#[test]
fn the_age_of_a_price_is_measured_in_stream_time() {
    let mut desk = Desk::open();
    let tick = desk.now;
    desk.now = EntryId::new(tick.ms + 9_999, 0);
    desk.place(Ticket::new(1, Long, "1"));
    let refused = desk.try_place(Ticket::new(2, Long, "1"));
    assert_eq!(refused, Err(Rejection::StalePrice { age_ms: 10_001 }));
    assert_eq!(user(1), desk.events[0].user_id);
    assert_eq!(desk.events.last().unwrap().timestamp_ms, tick.ms + 10_000);
    desk.tick("99", "101");
    assert_eq!(desk.close(1).order.order_id, order_id(1));
}

#[test]
fn the_take_profit_of_a_short_is_a_price() {
    let mut desk = Desk::open();
    for scaled in [0, -1, i128::from(i64::MIN), i128::MIN] {
        let mut ticket = Ticket::new(1, Short, "1");
        ticket.1.take_profit = Some(Price::from_scaled(scaled));
        assert_eq!(desk.try_place(ticket), Err(Rejection::AmountOutOfRange), "{scaled}");
    }
}
