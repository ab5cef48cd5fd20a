//! Mark prices and maintenance margins.

use crate::desk::{Desk, int, kinds, long, maintenance, order, short};
use model::amount::decimal;
use serde_json::{Value, json};

#[test]
fn a_maintenance_liquidation_price_is_that_of_the_bracket_reached_first() {
    let mut desk = Desk::open(&maintenance());
    let mut price = |terms: &Value| {
        let opened = &desk.place(terms)[0].1["order"];
        decimal(opened["liquidationPriceInt"].as_str().unwrap().parse().unwrap())
    };
    // (101 − 10.1) / 0.99 and (99 + 9.9) / 1.01 = 107.821782178…
    assert_eq!(price(&long("1", "1", 10)), "91.81818182");
    assert_eq!(price(&short("2", "1", 10)), "107.82178217");
    // 1,515 USD with 151.5: (1,515 − 151.5 − 10) / (15 × 0.98) = 92.0748299319…
    assert_eq!(price(&long("3", "15", 10)), "92.07482994");
    // 1,485 USD with 148.5: (1,485 + 148.5 + 10) / (15 × 1.02) = 107.418300653…
    assert_eq!(price(&short("4", "15", 10)), "107.41830065");
    // 5 are left of 15, with 50.5: (505 − 50.5) / (5 × 0.99).
    let part = json!({"orderId": "5", "positionId": "3", "orderType": "SHORT",
        "qtyInt": int("10"), "reduceOnly": true});
    assert_eq!(price(&part), "91.81818182");
    let more = json!({"orderId": "1", "amountInt": int("9.9")});
    let events = desk.change("CHANGE_MARGIN", &more);
    // (101 − 20) / 0.99
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("81.81818182"));
}

#[test]
fn a_mark_price_liquidates_only_while_it_is_trusted() {
    let mut desk = Desk::open(&maintenance());
    desk.place(&long("1", "1", 10));
    // The quote alone reaches nothing, and 91.8 is more than 5 % from the middle of 99 and 101.
    assert!(desk.mark("91.8").is_empty());
    desk.tick("99", "101");
    assert!(desk.mark("95").is_empty());
    assert_eq!(desk.value("1"), ["95", "-6"]);
    assert!(desk.tick("91", "93").is_empty());
    let old = json!({"symbol": "BTCUSDT", "markPriceInt": int("91"), "markedAt": 20_000});
    assert!(desk.change("MARK_PRICE", &old).is_empty());
    assert!(desk.tick("91", "93").is_empty());
    assert!(desk.mark("91.81818183").is_empty());
    desk.change("DISPUTE_PRICE", &json!({ "symbol": "BTCUSDT" }));
    assert!(desk.mark("91.81818182").is_empty());
    let events = desk.tick("91", "93");
    let closed = &events[0].1["order"];
    assert_eq!(closed["closeReason"], "MARGIN_CALL");
    assert_eq!(closed["closePriceInt"], int("91"));
    assert_eq!(desk.account(), ["990", "0", "0"]);

    let wrong = json!({"symbol": "BTCUSDT", "markPriceInt": "0"});
    assert_eq!(desk.refusals("MARK_PRICE", &wrong), ["INVALID_PRICE"]);
    let wrong = json!({"symbol": "DOGE", "markPriceInt": "1"});
    assert_eq!(desk.refusals("MARK_PRICE", &wrong), ["UNKNOWN_ASSET"]);
}

#[test]
fn exits_and_triggers_go_by_the_mark_and_trade_at_the_quote() {
    let mut desk = Desk::open(&json!({ "triggerPrice": "MARK" }));
    desk.mark("98");
    let mut terms = long("1", "1", 5);
    terms["stopLossInt"] = int("98").into();
    assert_eq!(desk.refusals("PLACE_ORDER", &order(&terms)), ["STOP_LOSS_WRONG_SIDE"]);
    terms["stopLossInt"] = int("97").into();
    terms["takeProfitInt"] = int("98").into();
    assert_eq!(desk.refusals("PLACE_ORDER", &order(&terms)), ["TAKE_PROFIT_WRONG_SIDE"]);
    terms["takeProfitInt"] = int("99").into();
    desk.place(&terms);
    let mut stop = short("2", "1", 5);
    stop["kind"] = "STOP_MARKET".into();
    stop["triggerPriceInt"] = int("98").into();
    assert_eq!(desk.refusals("PLACE_ORDER", &order(&stop)), ["WOULD_TRIGGER"]);
    let trailing = json!({"orderId": "3", "positionId": "1", "orderType": "SHORT",
        "kind": "TRAILING_STOP_MARKET", "callbackBps": 100, "reduceOnly": true,
        "closePosition": true});
    desk.place(&trailing);
    // A price that is not trusted moves no peak: 106 is too far from 99 and 101.
    assert!(desk.mark("106").is_empty());
    assert!(desk.tick("96", "97.5").is_empty());
    let stop_price = |desk: &Desk| desk.model.find_resting("3").unwrap().stop_price();
    assert_eq!(stop_price(&desk).map(decimal).unwrap(), "97.02");
    assert!(desk.mark("98.5").is_empty());
    assert_eq!(stop_price(&desk).map(decimal).unwrap(), "97.515");
    let tick_id = format!("{}-0", desk.now_ms - 1);
    let events = desk.mark("97");
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_EXPIRED"]);
    let closed = &events[0].1["order"];
    assert_eq!((&closed["tickId"], &closed["closedAt"]), (&json!(tick_id), &json!(desk.now_ms)));
    // The stop-loss is reached too, and comes first.
    assert_eq!(events[0].1["execution"], Value::Null);
    assert_eq!(events[0].1["order"]["closePriceInt"], int("96"));
}

#[test]
fn other_parameters_move_liquidation_prices() {
    let mut desk = Desk::open(&json!({}));
    desk.place(&long("1", "1", 10));
    let moved = |events: &[(&str, Value)]| {
        assert_eq!(events[0].1["change"], "INSTRUMENT");
        events[0].1["order"]["liquidationPriceInt"].clone()
    };
    assert_eq!(moved(&desk.list(&maintenance())), int("91.81818182"));
    let mut parameters = maintenance();
    parameters["brackets"][1]["notionalCapInt"] = int("9000").into();
    assert!(desk.list(&parameters).is_empty());
    assert_eq!(moved(&desk.list(&json!({}))), int("91.91"));
    desk.tick("94", "96");
    desk.mark("95");
    let mut parameters = maintenance();
    parameters["brackets"] = json!([{"notionalCapInt": int("5000"), "maxLeverage": 50,
        "maintenancePpm": 50_000, "maintenanceAmountInt": "0"}]);
    // (101 − 10.1) / 0.95 = 95.684210526…
    let events = desk.list(&parameters);
    assert_eq!(kinds(&events), ["POSITION_CHANGED", "ORDER_CLOSED"]);
    assert_eq!(moved(&events), int("95.68421053"));
    assert_eq!(events[1].1["order"]["closeReason"], "MARGIN_CALL");
}
