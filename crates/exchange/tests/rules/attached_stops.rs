//! Tables: the trailing stop that an order attaches to what it opens.

use crate::desk::{order_id, user};
use crate::scene::{ALL, Hedge, NETTING, OneWay, Scene, Separate, table};
use crate::step;
use messages::{EventKind, OrderId, OrderRef, PlaceOrder, Query, Request, Response};

#[test]
fn it_is_placed_with_the_fill_and_trails_from_the_quote() {
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET trail 100  | OPENED LONG 10.1 TAKER 1 at 101, ACCEPTED 0 | 989.9 10.1 0
        SELL 1 MARKET trail 100 | OPENED SHORT 9.9 TAKER 1 at 99, ACCEPTED 0  | 990.1 9.9 0
        # A long trails the bid of 99, a short the ask of 101.
        BUY 1 MARKET trail 100 > tick 98.01+ 100 | nothing
        BUY 1 MARKET trail 100 > tick 98.01 100 \
         | CLOSED LONG STOP_LOSS TAKER 1 at 98.01 pnl -2.99 | 997.01 0 0
        SELL 1 MARKET trail 100 > tick 100 102.01- | nothing
        SELL 1 MARKET trail 100 > tick 100 102.01 \
         | CLOSED SHORT STOP_LOSS TAKER 1 at 102.01 pnl -3.01 | 996.99 0 0
        BUY 1 MARKET trail 100 > tick 110 112 > tick 108.9+ 110 | nothing
        BUY 1 MARKET trail 100 > tick 110 112 > tick 108.9 110 \
         | CLOSED LONG STOP_LOSS TAKER 1 at 108.9 pnl 7.9 | 1007.9 0 0
        # A resting order attaches it when it fills, not before.
        BUY 1 LIMIT at 90 trail 100  | ACCEPTED 9 | 991 0 9
        BUY 1 LIMIT at 90 trail 100 > tick 110 112 > tick 95 97 | nothing
        BUY 1 LIMIT at 90 trail 100 > tick 88 90 \
         | OPENED LONG 9 MAKER 1 at 90, ACCEPTED 0 | 991 9 0
        BUY 1 LIMIT at 90 trail 100 > tick 88 90 > tick 87.12+ 90 | nothing
        BUY 1 LIMIT at 90 trail 100 > tick 88 90 > tick 87.12 90 \
         | CLOSED LONG STOP_LOSS TAKER 1 at 87.12 pnl -2.88
        SELL 1 STOP_MARKET when 90 trail 1000 > tick 90 92 \
         | OPENED SHORT 9 TAKER 1 at 90, ACCEPTED 0
        SELL 1 STOP_MARKET when 90 trail 100 > tick 90 92 > tick 91 92.92 \
         | CLOSED SHORT STOP_LOSS TAKER 1 at 92.92 pnl -2.92
        BUY 1 STOP when 110 at 112 trail 10 > tick 108 110 \
         | OPENED LONG 11 TAKER 1 at 110, ACCEPTED 0
        BUY 1 TRAILING_STOP_MARKET back 100 trail 100 > tick 100 102.01 \
         | OPENED LONG 10.201 TAKER 1 at 102.01, ACCEPTED 0
        ",
    );
}

#[test]
fn it_ends_with_its_position_and_shrinks_with_it() {
    table(
        &ALL,
        "BUY 2 MARKET trail 100 gain 120 loss 95",
        "
        tick 120 122 | CLOSED LONG TAKE_PROFIT at 120 pnl 38, EXPIRED POSITION_CLOSED | 1038 0 0
        tick 95 97   | CLOSED LONG STOP_LOSS at 95 pnl -12, EXPIRED POSITION_CLOSED   | 988 0 0
        exit 1       | CLOSED LONG MANUAL at 99 pnl -4, EXPIRED POSITION_CLOSED       | 996 0 0
        SELL 1 MARKET reduce of 1 \
         | REDUCED LONG 1 at 101 margin 10.1 TAKER 1 at 99 pnl -2, AMENDED 1 0
        cancels | CANCELED
        cancels > tick 97 99 | nothing
        ",
    );
}

#[test]
fn it_has_the_quantity_that_its_own_order_opened() {
    table(
        &NETTING,
        "BUY 1 MARKET trail 1000",
        "
        BUY 2 MARKET trail 100 \
         | INCREASED LONG 3 at 101 margin 30.3 TAKER 2 at 101, ACCEPTED 0
        BUY 2 MARKET trail 100 > tick 98.01 100 \
         | REDUCED LONG 1 at 101 margin 10.1 TAKER 2 at 98.01 pnl -5.98
        ",
    );
    // An order that crosses the position of the other side opens the rest of its quantity.
    table(
        &[OneWay],
        "SELL 1 MARKET",
        "
        BUY 1 MARKET trail 100 | CLOSED SHORT MANUAL TAKER 1 at 101 pnl -2
        BUY 3 MARKET trail 100 \
         | CLOSED SHORT MANUAL TAKER 1 at 101 pnl -2, OPENED LONG 20.2 TAKER 2 at 101, ACCEPTED 0
        ",
    );
}

#[test]
fn it_is_refused_where_it_can_not_be() {
    table(
        &ALL,
        "",
        "
        BUY 1 MARKET trail 9    | INVALID_ORDER | 1000 0 0
        BUY 1 MARKET trail 10   | OPENED LONG 10.1 TAKER 1 at 101, ACCEPTED 0
        BUY 1 MARKET trail 1000 | OPENED LONG 10.1 TAKER 1 at 101, ACCEPTED 0
        BUY 1 MARKET trail 1001 | INVALID_ORDER | 1000 0 0
        BUY 1 MARKET > SELL 1 MARKET reduce of 1 trail 100 | INVALID_ORDER
        BUY 1 MARKET > SELL 0 MARKET close of 1 trail 100  | INVALID_ORDER
        # It counts among the resting orders.
        orders 1 > BUY 1 LIMIT at 90 > BUY 1 MARKET trail 100 | TOO_MANY_ORDERS | 991 0 9
        orders 1 > BUY 1 MARKET trail 100 > BUY 1 LIMIT at 90 | TOO_MANY_ORDERS
        # The place of a resting order becomes that of its trailing stop.
        orders 1 > BUY 1 LIMIT at 90 trail 100 > tick 88 90 \
         | OPENED LONG 9 MAKER 1 at 90, ACCEPTED 0
        ",
    );
}

/// The trailing stop of the order `n`.
fn attached(n: u128) -> OrderId {
    order_id(n).trailing_stop()
}

#[test]
fn it_is_an_order_of_its_own() {
    for mode in ALL {
        let mut scene = Scene::open(mode, "an attached trailing stop");
        scene.play("", "BUY 2 MARKET trail 100");
        let query = Query::GetPlacedOrder(OrderRef::from(attached(1)));
        let response = scene.exchange.answer(user(1), query);
        let Ok(Response::PlacedOrder { order, .. }) = response else { panic!("{response:?}") };
        assert_eq!(order.position_id, Some(order_id(1)), "{mode}");
        assert_eq!(order.position_side.is_some(), mode == Hedge, "{mode}");
        assert!(order.reduce_only && order.activated_at_ms == Some(order.created_at_ms), "{mode}");
        let answer = scene.apply(Request::CancelOrder(user(1), attached(1).into()));
        let kinds: Vec<_> = answer.events.iter().map(|event| &event.kind).collect();
        assert!(matches!(kinds[..], [EventKind::OrderCanceled(_)]), "{mode}: {kinds:?}");
        scene.check();
    }
}

#[test]
fn an_order_whose_trailing_stop_has_no_id_left_is_refused_or_expires() {
    for mode in ALL {
        let mut scene = Scene::open(mode, "a taken id");
        scene.play("", "BUY 1 LIMIT at 90 trail 100");
        let known = step::placement(&mut scene, "BUY 1 LIMIT at 80");
        // Nothing but an operator by hand takes such an id.
        let taken = PlaceOrder { order_id: attached(1), ..known.clone() };
        assert!(scene.apply(Request::PlaceOrder(user(1), taken)).response.is_ok(), "{mode}");
        assert_eq!(scene.play("", "tick 88 90"), "EXPIRED ORDER_ID_REUSED", "{mode}");
        let trailing_stop_bps = Some(100);
        let again = PlaceOrder { order_id: attached(1), trailing_stop_bps, ..known };
        let refused = scene.apply(Request::PlaceOrder(user(1), again)).response;
        assert_eq!(refused.unwrap_err().code(), "ORDER_ID_REUSED", "{mode}");
        scene.check();
    }
}

#[test]
fn a_request_with_it_is_repeated_as_it_was() {
    let mut scene = Scene::open(Separate, "a repeated request");
    let place = step::placement(&mut scene, "BUY 1 MARKET trail 100");
    let send = |scene: &mut Scene, place: &PlaceOrder| {
        scene.apply(Request::PlaceOrder(user(1), place.clone()))
    };
    assert_eq!(send(&mut scene, &place).events.len(), 2);
    let again = send(&mut scene, &place);
    assert!(matches!(again.response, Ok(Response::PlacedOrder { repeated: true, .. })));
    assert_eq!(again.events, []);
    for trailing_stop_bps in [None, Some(101)] {
        let other = PlaceOrder { trailing_stop_bps, ..place.clone() };
        let refused = send(&mut scene, &other).response;
        assert_eq!(refused.unwrap_err().code(), "ORDER_ID_REUSED");
    }
    // No request has placed the trailing stop, so none is the one that did.
    let own = PlaceOrder { order_id: attached(1), ..place };
    assert_eq!(send(&mut scene, &own).response.unwrap_err().code(), "ORDER_ID_REUSED");
    scene.check();
}
