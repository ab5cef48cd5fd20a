//! Closes and reversals that wait for the next quote.

use crate::desk::{Desk, expired, int, kinds, long, next, open, short};
use serde_json::{Value, json};

/// The ids of positions that are closed on request.
const FIRST: &str = "00000000-0000-4000-8000-000000000001";
const SECOND: &str = "00000000-0000-4000-8000-000000000002";
const THIRD: &str = "00000000-0000-4000-8000-000000000003";

#[test]
fn a_close_waits_and_is_placed_once() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[long(FIRST, "1", 10)]);
    let close = |limit: &str| json!({"orderId": FIRST, "priceLimitInt": int(limit)});
    assert_eq!(desk.refusals("CLOSE_ORDER", &close("99.01")), ["PRICE_LIMIT_EXCEEDED"]);
    let (placed, events) = desk.answer("CLOSE_ORDER", &close("98"));
    assert_eq!(events, ["ORDER_ACCEPTED"]);
    let now = desk.now_ms;
    let expected = json!({
        // UUIDv5 of `close 7-0` in the position's id.
        "orderId": "79671617-1dfb-5e0b-8d0a-6edba56e6682",
        "userId": "user", "sequence": 4, "asset": "BTCUSDT", "side": "SELL",
        "positionId": FIRST, "kind": "MARKET", "timeInForce": "GTC", "qtyInt": "0", "reduceOnly": true,
        "closePosition": true, "leverage": 0, "priceLimitInt": int("98"), "awaitsQuote": true,
        "reservedInt": "0", "status": "NEW", "filledQtyInt": "0", "createdAt": now,
        "updatedAt": now,
    });
    assert_eq!((now, &placed["order"]), (7, &expected));
    // Not even its price is looked at.
    let (again, events) = desk.answer("CLOSE_ORDER", &close("200"));
    assert_eq!((&again["order"], &again["repeated"]), (&expected, &json!(true)));
    assert!(events.is_empty());
    let (all, events) = desk.answer("CLOSE_POSITIONS", &json!({}));
    assert_eq!((&all["orders"], events.len()), (&json!([expected["orderId"]]), 0));

    let events = desk.tick("98.5", "100");
    assert_eq!(kinds(&events), ["ORDER_CLOSED"]);
    assert_eq!(events[0].1["order"]["closeReason"], "MANUAL");
    assert_eq!(events[0].1["execution"]["order"]["qtyInt"], int("1"));
    assert_eq!(desk.account(), ["997.5", "0", "0"]);
}

#[test]
fn a_close_in_the_netting_modes_has_their_fields_and_ends_with_the_position() {
    let mut desk = Desk::open(&next());
    desk.change("CHANGE_POSITION_MODE", &json!({ "mode": "hedge" }));
    let terms = json!({"orderId": FIRST, "orderType": "SHORT", "positionSide": "SHORT",
        "qtyInt": int("1"), "stopLossInt": int("103")});
    open(&mut desk, &[terms]);
    let events = desk.change("CLOSE_ORDER", &json!({ "orderId": FIRST }));
    let order = &events[0].1["order"];
    assert_eq!((&order["positionSide"], &order["side"]), (&json!("SHORT"), &json!("BUY")));
    assert_eq!(order["leverage"], 20);
    let close_id = order["orderId"].as_str().unwrap().to_owned();
    let events = desk.tick("102", "103");
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_EXPIRED"]);
    assert_eq!(events[0].1["order"]["closeReason"], "STOP_LOSS");
    assert_eq!(expired(&events), [[close_id.as_str(), "POSITION_CLOSED"]]);
}

#[test]
fn all_positions_are_closed_as_far_as_orders_are_allowed() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[long(FIRST, "1", 10), long(SECOND, "1", 10), long(THIRD, "1", 10)]);
    desk.allow_orders(2);
    desk.change("DISPUTE_PRICE", &json!({ "symbol": "BTCUSDT" }));
    let (none, _) = desk.answer("CLOSE_POSITIONS", &json!({}));
    assert_eq!(none["left"], json!([FIRST, SECOND, THIRD]));
    assert_eq!(none["orders"], Value::Null);
    desk.tick("99", "101");
    let (some, events) = desk.answer("CLOSE_POSITIONS", &json!({}));
    assert_eq!(events, ["ORDER_ACCEPTED", "ORDER_ACCEPTED"]);
    assert_eq!((&some["left"], &some["closed"]), (&json!([THIRD]), &json!([])));
    // UUIDv5 of `close 12-0` in the positions' ids.
    let ids = ["42095344-3534-5a46-a6e4-022cef7efe9c", "3e8ad376-3017-5f5e-98d4-5edf9dc5087e"];
    assert_eq!((desk.now_ms, &some["orders"]), (12, &json!(ids)));
    let rejections = desk.refusals("CLOSE_ORDER", &json!({ "orderId": THIRD }));
    assert_eq!(rejections, ["TOO_MANY_ORDERS"]);
    let events = desk.tick("99", "101");
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_CLOSED"]);
}

#[test]
fn an_order_that_shrinks_waits_for_a_price_after_that() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[long("1", "1", 10)]);
    for id in ["2", "3"] {
        let part = json!({"orderId": id, "positionId": "1", "orderType": "SHORT",
            "qtyInt": int("0.6"), "reduceOnly": true});
        desk.place(&part);
    }
    let after = desk.now_ms + 1;
    desk.now_ms += 10;
    let events = desk.traded(after, "98", "100");
    assert_eq!(kinds(&events), ["POSITION_CHANGED", "ORDER_AMENDED"]);
    assert_eq!(events[1].1["order"]["qtyInt"], int("0.4"));
    assert_eq!(events[1].1["order"]["awaitsQuote"], true);
    assert_eq!(kinds(&desk.tick("98", "100")), ["ORDER_CLOSED"]);
}

#[test]
fn a_reversal_has_the_quantity_of_its_position_when_it_is_served() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[long("1", "1", 10)]);
    let reverse = json!({"orderId": "2", "positionId": "1"});
    let events = desk.change("REVERSE_POSITION", &reverse);
    assert_eq!(kinds(&events), ["ORDER_ACCEPTED"]);
    let waiting = events[0].1["order"].clone();
    assert_eq!((&waiting["qtyInt"], &waiting["reservedInt"]), (&json!(int("2")), &json!("0")));
    assert_eq!((&waiting["positionId"], &waiting["reduceOnly"]), (&json!("1"), &Value::Null));
    assert_eq!((&waiting["leverage"], &waiting["side"]), (&json!(10), &json!("SELL")));
    let (repeated, _) = desk.answer("REVERSE_POSITION", &reverse);
    assert_eq!((&repeated["order"], &repeated["repeated"]), (&waiting, &json!(true)));
    // A second one finds nothing to reverse.
    desk.change("REVERSE_POSITION", &json!({"orderId": "3", "positionId": "1"}));
    let half = json!({"orderId": "4", "positionId": "1", "orderType": "SHORT",
        "qtyInt": int("0.5"), "reduceOnly": true});
    desk.place(&half);
    let events = desk.tick("103", "105");
    let expected = ["POSITION_CHANGED", "ORDER_CLOSED", "ORDER_OPENED", "ORDER_EXPIRED"];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[2].1["execution"]["order"]["qtyInt"], int("1"));
    assert_eq!(expired(&events), [["3", "WOULD_NOT_REDUCE"]]);
    // A profit of 2, and a margin of 5.15.
    assert_eq!(desk.account(), ["996.85", "5.15", "0"]);
}

#[test]
fn a_reversal_that_can_not_be_paid_expires() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[short("1", "10", 1)]);
    // 990 and the 10 left cover 10 × 98, but not 10 × 102.
    desk.tick("97", "98");
    desk.change("REVERSE_POSITION", &json!({"orderId": "2", "positionId": "1"}));
    assert_eq!(expired(&desk.tick("101", "102")), [["2", "INSUFFICIENT_BALANCE"]]);
    assert_eq!(desk.account(), ["10", "990", "0"]);
    desk.allow_orders(0);
    desk.tick("97", "98");
    let reverse = json!({"orderId": "3", "positionId": "1"});
    assert_eq!(desk.refusals("REVERSE_POSITION", &reverse), ["TOO_MANY_ORDERS"]);
}

#[test]
fn a_reset_waits_for_nothing() {
    let mut desk = Desk::open(&next());
    open(&mut desk, &[long(FIRST, "1", 10)]);
    desk.place(&long("2", "1", 10));
    desk.change("CLOSE_ORDER", &json!({ "orderId": FIRST }));
    let events = desk.change("RESET_ACCOUNT", &json!({ "balanceInt": int("500") }));
    let expected = ["ORDER_CANCELED", "ORDER_CANCELED", "ORDER_CLOSED", "ACCOUNT_RESET"];
    assert_eq!(kinds(&events), expected);
    assert_eq!(desk.account(), ["500", "0", "0"]);
}
