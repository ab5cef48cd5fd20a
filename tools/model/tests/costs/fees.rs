//! Fees, the insurance fund and shortfalls.

use crate::desk::{Desk, fees, int, kinds, long, order};
use model::view;
use serde_json::{Value, json};

#[test]
fn a_taker_pays_on_open_and_on_close() {
    let mut desk = Desk::open(&fees());
    // 0.33333333 × 101 = 33.66666633: 0.05 % of it are 0.016833333165, and a tenth 3.366666633.
    let events = desk.place(&long("1", "0.33333333", 10));
    let opened = &events[0].1;
    assert_eq!(opened["order"]["marginInt"], int("3.36666664"));
    assert_eq!(opened["order"]["commissionInt"], int("0.01683334"));
    let fill = json!({"orderId": "1", "positionId": "1", "side": "BUY",
        "qtyInt": int("0.33333333"), "priceInt": int("101"), "realizedPnLInt": "0",
        "feeInt": int("0.01683334"), "role": "TAKER", "tickId": "3-0"});
    assert_eq!(opened["execution"], json!({ "fill": fill }));
    assert_eq!(desk.account(), ["996.61650002", "3.36666664", "0"]);
    assert_eq!(desk.ledger(), ["0", "0.01683334", "0", "0"]);

    // The P&L is −0.66666666. 0.33333333 × 99 = 32.99999967: 0.05 % of it are 0.016499999835.
    let events = desk.change("CLOSE_ORDER", &json!({ "orderId": "1" }));
    let closed = &events[0].1;
    assert_eq!(closed["order"]["finalPnLInt"], int("-0.66666666"));
    assert_eq!(closed["order"]["order"]["commissionInt"], int("0.03333334"));
    assert_eq!(closed["execution"]["fill"]["feeInt"], int("0.01650000"));
    assert_eq!(closed["order"]["liquidationFeeInt"], Value::Null);
    assert_eq!(desk.account(), ["999.3", "0", "0"]);
    assert_eq!(desk.ledger(), ["0.66666666", "0.03333334", "0", "0"]);
}

#[test]
fn margin_and_fee_must_both_be_there() {
    let mut desk = Desk::open(&fees());
    // 197 × 101 / 20 = 994.85, with a fee of 9.9485.
    let rejections = desk.refusals("PLACE_ORDER", &order(&long("1", "197", 20)));
    assert_eq!(rejections, ["INSUFFICIENT_BALANCE"]);
    // 196 × 101 / 20 = 989.8, with a fee of 9.898.
    desk.place(&long("2", "196", 20));
    assert_eq!(desk.account(), ["0.302", "989.8", "0"]);
}

#[test]
fn a_resting_order_reserves_its_fee() {
    let mut desk = Desk::open(&fees());
    let mut limit = long("1", "2", 10);
    limit["kind"] = "LIMIT".into();
    limit["priceInt"] = int("90").into();
    desk.place(&limit);
    // 180 / 10, and 0.02 % of 180.
    assert_eq!(desk.account(), ["981.964", "0", "18.036"]);
    let mut stop = long("2", "1", 10);
    stop["kind"] = "STOP_MARKET".into();
    stop["triggerPriceInt"] = int("110").into();
    desk.place(&stop);
    // 110 / 10, and 0.05 % of 110.
    assert_eq!(desk.account(), ["970.909", "0", "29.091"]);

    let events = desk.tick("88", "89.5");
    assert_eq!(events[0].1["execution"]["fill"]["feeInt"], int("0.036"));
    assert_eq!(events[0].1["order"]["commissionInt"], int("0.036"));
    assert_eq!(desk.account(), ["970.909", "18", "11.055"]);
    // It fills at 111: 11.1 and 0.0555.
    desk.tick("110", "111");
    assert_eq!(desk.account(), ["970.8085", "29.1", "0"]);
    assert_eq!(desk.ledger(), ["0", "0.0915", "0", "0"]);
}

#[test]
fn what_a_crossing_order_opens_is_paid_by_what_it_closes() {
    let mut desk = Desk::open(&fees());
    desk.change("CHANGE_POSITION_MODE", &json!({ "mode": "one_way" }));
    desk.change("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 1}));
    // 909 with a fee of 0.4545 leaves 90.5455.
    desk.place(&json!({"orderId": "1", "orderType": "LONG", "qtyInt": int("9")}));
    // 9 are closed: 909 − 18 − 0.4455 leaves 981.1. A part of 9.91 needs 981.09 and 0.490545.
    let cross = |id: &str, qty: &str| {
        order(&json!({"orderId": id, "orderType": "SHORT", "qtyInt": int(qty)}))
    };
    let rejections = desk.refusals("PLACE_ORDER", &cross("2", "18.91"));
    assert_eq!(rejections, ["INSUFFICIENT_BALANCE"]);
    // One of 9.9 needs 980.1 and 0.49005.
    let events = desk.change("PLACE_ORDER", &cross("3", "18.9"));
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_OPENED"]);
    assert_eq!(events[0].1["execution"]["fill"]["feeInt"], int("0.4455"));
    assert_eq!(events[1].1["execution"]["fill"]["feeInt"], int("0.49005"));
    assert_eq!(desk.account(), ["0.50995", "980.1", "0"]);
    // 4.9 are reduced: a fee of 4.9 × 101 × 0.05 % = 0.24745, a loss of 9.8, a margin of 485.1.
    let events = desk.place(&json!({"orderId": "4", "orderType": "LONG", "qtyInt": int("4.9")}));
    assert_eq!(events[0].1["realizedPnLInt"], int("-9.8"));
    assert_eq!(events[0].1["order"]["commissionInt"], int("0.7375"));
    assert_eq!(desk.account(), ["475.5625", "495", "0"]);
}

#[test]
fn a_liquidation_pays_into_the_insurance_fund_and_a_gap_takes_from_it() {
    let mut desk = Desk::open(&fees());
    // 101 / 10: liquidated at 101 − 9.09.
    desk.place(&long("1", "1", 10));
    let events = desk.tick("91.5", "91.6");
    let closed = &events[0].1;
    assert_eq!(closed["order"]["closeReason"], "MARGIN_CALL");
    assert_eq!(closed["order"]["finalPnLInt"], int("-9.5"));
    // 0.6 are left. 0.05 % of 91.5 are 0.04575, 1.25 % would be 1.14375.
    assert_eq!(closed["execution"]["fill"]["feeInt"], int("0.04575"));
    assert_eq!(closed["order"]["liquidationFeeInt"], int("0.55425"));
    assert_eq!(closed["order"]["order"]["commissionInt"], int("0.09625"));
    let record = desk.model.closed.last().unwrap();
    let (shown, row) = (view::closed_order(record), view::closed_row(record));
    assert_eq!(
        (&shown["commission"], &shown["liquidationFee"]),
        (&json!("0.09625"), &json!("0.55425"))
    );
    assert_eq!((&shown["funding"], &row["fundingInt"]), (&Value::Null, &json!(0)));
    assert_eq!(
        (&row["commissionInt"], &row["liquidationFeeInt"]),
        (&json!(9_625_000), &json!(55_425_000))
    );
    assert_eq!(desk.account(), ["989.8495", "0", "0"]);
    assert_eq!(desk.ledger(), ["9.5", "0.09625", "0.55425", "0"]);

    // 91.6 / 10: a gap to 80 loses 2.44 more than that, and no fee is left.
    desk.place(&long("2", "1", 10));
    let events = desk.tick("80", "80.1");
    let closed = &events[0].1;
    assert_eq!(closed["order"]["shortfallInt"], int("2.44"));
    assert_eq!(closed["execution"], Value::Null);
    // The house has 9.5 + 9.16 and all of the insurance.
    assert_eq!(desk.ledger(), ["19.21425", "0.14205", "0", "2.44"]);
}
