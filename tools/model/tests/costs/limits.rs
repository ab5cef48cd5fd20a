//! What the parameters of an instrument refuse, and which are refused themselves.

use crate::desk::{Desk, int, kinds, long, maintenance, order, short};
use model::Verdict;
use serde_json::{Value, json};

#[test]
fn limits_of_quantity_and_leverage_and_open_interest_refuse_orders() {
    let mut parameters = maintenance();
    parameters["liquidationModel"] = "MARGIN_LOSS".into();
    parameters["minQuantityInt"] = int("0.1").into();
    parameters["openInterestCapInt"] = int("20").into();
    let mut desk = Desk::open(&parameters);
    let mut rejected = |terms: &Value| desk.refusals("PLACE_ORDER", &order(terms));
    assert_eq!(rejected(&long("1", "0.09", 10)), ["BELOW_MIN_QUANTITY"]);
    // Above 1,000 USD the highest leverage is 10.
    assert_eq!(rejected(&long("1", "9.91", 11)), ["POSITION_TOO_LARGE"]);
    let mut limit = long("1", "10.01", 11);
    limit["kind"] = "LIMIT".into();
    limit["priceInt"] = int("99.95").into();
    assert_eq!(rejected(&limit), ["POSITION_TOO_LARGE"]);
    assert_eq!(rejected(&long("1", "20.01", 10)), ["OPEN_INTEREST_CAP"]);
    desk.place(&long("1", "12", 10));
    desk.place(&short("2", "20", 10));
    let refusals = desk.refusals("PLACE_ORDER", &order(&long("3", "8.01", 10)));
    assert_eq!(refusals, ["OPEN_INTEREST_CAP"]);
}

#[test]
fn a_status_refuses_what_it_must() {
    let mut desk = Desk::open(&json!({}));
    desk.place(&long("1", "1", 10));
    let mut limit = long("2", "1", 10);
    limit["kind"] = "LIMIT".into();
    limit["priceInt"] = int("90").into();
    desk.place(&limit);
    desk.list(&json!({ "status": "REDUCE_ONLY" }));
    assert_eq!(desk.refusals("PLACE_ORDER", &order(&long("3", "1", 10))), ["NOT_TRADING"]);
    let events = desk.tick("89", "90");
    assert_eq!(events[1].1["order"]["reason"], "NOT_TRADING");

    desk.list(&json!({}));
    desk.place(&long("4", "1", 10));
    desk.list(&json!({ "status": "HALTED" }));
    assert_eq!(desk.refusals("CLOSE_ORDER", &json!({ "orderId": "4" })), ["NOT_TRADING"]);
    assert!(desk.tick("70", "71").is_empty());
    desk.list(&json!({}));
    assert_eq!(kinds(&desk.tick("80", "81")), ["ORDER_CLOSED"]);
}

#[test]
fn an_unsound_instrument_is_unreadable() {
    let mut desk = Desk::open(&maintenance());
    let mut check = |change: &dyn Fn(&mut Value)| {
        let mut payload = maintenance();
        payload["symbol"] = "BTCUSDT".into();
        payload["maxLeverage"] = 50.into();
        payload["liquidationLossBps"] = 9_000.into();
        change(&mut payload);
        assert_eq!(desk.apply("SET_INSTRUMENT", &payload).0, Verdict::Unreadable, "{payload}");
    };
    check(&|it| it["brackets"] = json!([]));
    check(&|it| it["maxLeverage"] = 49.into());
    check(&|it| it["brackets"][1]["notionalCapInt"] = int("1000").into());
    check(&|it| it["brackets"][1]["maxLeverage"] = 51.into());
    check(&|it| it["brackets"][1]["maintenancePpm"] = 10_000.into());
    check(&|it| it["brackets"][1]["maintenanceAmountInt"] = int("10.1").into());
    check(&|it| it["brackets"][0]["maintenanceAmountInt"] = "1".into());
    check(&|it| it["takerFeePpm"] = 100_001.into());
    check(&|it| it["funding"] = json!({"source": "VENUE", "intervalHours": 5, "capPpm": 1}));
    check(&|it| it["status"] = "CLOSED".into());
    check(&|it| it["openInterestCapInt"] = "0".into());
}

#[test]
fn limits_end_orders_that_are_reached() {
    let mut parameters = maintenance();
    parameters["openInterestCapInt"] = int("8").into();
    parameters["liquidationModel"] = "MARGIN_LOSS".into();
    let mut desk = Desk::open(&parameters);
    desk.change("CHANGE_POSITION_MODE", &json!({ "mode": "one_way" }));
    desk.change("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 20}));
    let limit = |id: &str, qty: &str, price: &str| {
        json!({"orderId": id, "orderType": "LONG", "qtyInt": int(qty), "kind": "LIMIT",
            "priceInt": int(price)})
    };
    desk.place(&limit("1", "6", "95"));
    desk.place(&limit("2", "6", "94"));
    desk.place(&limit("3", "2.5", "93"));
    assert_eq!(kinds(&desk.tick("94", "95")), ["ORDER_OPENED"]);
    // 570 + 564 USD are more than 1,000; the cap of 8 comes second.
    let events = desk.tick("93", "94");
    assert_eq!(events[0].1["order"]["reason"], "POSITION_TOO_LARGE");
    let events = desk.tick("92.9", "93");
    assert_eq!(events[0].1["order"]["reason"], "OPEN_INTEREST_CAP");
    desk.place(&json!({"orderId": "4", "orderType": "LONG", "qtyInt": int("2")}));
    desk.change("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 10}));
    parameters["brackets"][0]["notionalCapInt"] = int("700").into();
    parameters["brackets"][1]["maintenanceAmountInt"] = int("7").into();
    desk.list(&parameters);
    let rejections = desk.refusals("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 11}));
    assert_eq!(rejections, ["POSITION_TOO_LARGE"]);
}
