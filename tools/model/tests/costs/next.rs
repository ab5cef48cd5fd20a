//! Orders that wait for the next quote.

use crate::desk::{
    Desk, expired, fees, int, kinds, limit, long, next, next_with_fees, open, order, short,
};
use serde_json::{Value, json};

#[test]
fn a_market_order_fills_at_the_next_quote() {
    let mut desk = Desk::open(&next_with_fees());
    let terms = order(&long("1", "2", 10));
    let (placed, events) = desk.answer("PLACE_ORDER", &terms);
    assert_eq!(events, ["ORDER_ACCEPTED"]);
    assert_eq!((&placed["type"], &placed["position"]), (&json!("PLACED_ORDER"), &Value::Null));
    let waiting = &placed["order"];
    assert_eq!((&waiting["awaitsQuote"], &waiting["status"]), (&json!(true), &json!("NEW")));
    // 202 / 10, and 0.05 % of 202.
    assert_eq!(waiting["reservedInt"], int("20.301"));
    assert_eq!(desk.account(), ["979.699", "0", "20.301"]);
    let (repeated, events) = desk.answer("PLACE_ORDER", &terms);
    assert_eq!((&repeated["repeated"], events.len()), (&json!(true), 0));
    assert_eq!(repeated["order"], placed["order"]);

    // It is served whatever the instrument says then. 208 / 10, and 0.05 % of 208.
    desk.list(&fees());
    let events = desk.tick("102", "104");
    assert_eq!(kinds(&events), ["ORDER_OPENED"]);
    let execution = &events[0].1["execution"];
    assert_eq!(execution["fill"]["priceInt"], int("104"));
    assert_eq!(execution["fill"]["feeInt"], int("0.104"));
    assert_eq!(execution["fill"]["role"], "TAKER");
    assert_eq!(execution["fill"]["tickId"], format!("{}-0", desk.now_ms));
    assert_eq!(execution["order"]["awaitsQuote"], Value::Null);
    assert_eq!(events[0].1["order"]["createdAt"], desk.now_ms);
    assert_eq!(desk.account(), ["979.096", "20.8", "0"]);
}

#[test]
fn an_order_is_checked_as_if_it_filled_at_its_arrival() {
    let mut desk = Desk::open(&next_with_fees());
    let mut refused = |terms: &Value| desk.refusals("PLACE_ORDER", &order(terms));
    assert_eq!(refused(&long("1", "197", 20)), ["INSUFFICIENT_BALANCE"]);
    // At the quote 20.2 would do, but 0.2 × 5,000 and a fee are reserved.
    let dear = limit(long("1", "0.2", 1), "5000");
    assert_eq!(refused(&dear), ["INSUFFICIENT_BALANCE"]);
    let mut gtx = limit(long("1", "1", 10), "101");
    gtx["timeInForce"] = "GTX".into();
    assert!(refused(&gtx).contains(&"WOULD_TAKE"));
    let mut stop_loss = long("1", "1", 10);
    stop_loss["stopLossInt"] = int("99").into();
    assert_eq!(refused(&stop_loss), ["STOP_LOSS_WRONG_SIDE"]);

    desk.allow_orders(1);
    desk.place(&long("1", "1", 10));
    let limit = order(&limit(long("2", "1", 10), "102"));
    for terms in [order(&long("2", "1", 10)), limit] {
        assert_eq!(desk.refusals("PLACE_ORDER", &terms), ["TOO_MANY_ORDERS"]);
    }
}

#[test]
fn an_order_waits_for_a_price_that_is_newer_than_itself() {
    let mut desk = Desk::open(&next());
    desk.place(&long("1", "1", 10));
    let placed_at = desk.now_ms;
    assert!(desk.traded(placed_at, "102", "104").is_empty());
    // One that is far ahead of the clock fills nothing.
    assert!(desk.traded(placed_at + 20_000, "102", "104").is_empty());
    let events = desk.traded(placed_at + 1, "103", "105");
    assert_eq!(kinds(&events), ["ORDER_OPENED"]);
    assert_eq!(events[0].1["order"]["executionPriceInt"], int("105"));
}

#[test]
fn an_order_that_has_waited_too_long_expires() {
    let mut desk = Desk::open(&next());
    desk.place(&long("1", "1", 10));
    let placed_at = desk.now_ms;
    desk.now_ms = placed_at + 9_999;
    assert!(desk.traded(placed_at, "99", "101").is_empty());
    desk.list(&json!({"fill": "NEXT", "status": "HALTED"}));
    assert!(desk.tick("99", "101").is_empty());
    desk.list(&next());
    let events = desk.tick("99", "101");
    assert_eq!(expired(&events), [["1", "NO_QUOTE"]]);
    assert_eq!(events[0].1["order"]["awaitsQuote"], Value::Null);
    assert_eq!(desk.account(), ["1000", "0", "0"]);

    desk.list(&json!({"fill": "NEXT", "stalePriceMs": 50}));
    desk.place(&long("2", "1", 10));
    desk.now_ms += 50;
    assert_eq!(expired(&desk.tick("99", "101")), [["2", "NO_QUOTE"]]);
}

#[test]
fn a_marketable_limit_order_fills_or_comes_to_rest() {
    let mut desk = Desk::open(&next_with_fees());
    for id in ["1", "2"] {
        let events = desk.place(&limit(long(id, "2", 10), "103"));
        // 206 / 10, and 0.05 % of 206.
        assert_eq!(events[0].1["order"]["reservedInt"], int("20.703"));
        assert_eq!(events[0].1["order"]["awaitsQuote"], true);
        if id == "1" {
            let events = desk.tick("100", "102");
            assert_eq!(events[0].1["execution"]["fill"]["priceInt"], int("102"));
            assert_eq!(events[0].1["execution"]["fill"]["feeInt"], int("0.102"));
        }
    }
    let events = desk.tick("104", "106");
    assert_eq!(kinds(&events), ["ORDER_ACTIVATED"]);
    let rests = &events[0].1["order"];
    assert_eq!((&rests["awaitsQuote"], &rests["activatedAt"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&rests["reservedInt"], &rests["updatedAt"]),
        (&json!(int("20.703")), &json!(desk.now_ms))
    );
    // 0.02 % of 206.
    let events = desk.tick("101", "102.5");
    assert_eq!(events[0].1["execution"]["fill"]["priceInt"], int("103"));
    assert_eq!(events[0].1["execution"]["fill"]["feeInt"], int("0.0412"));
}

#[test]
fn an_immediate_order_expires_at_the_next_quote() {
    let mut desk = Desk::open(&next());
    let immediate = |id: &str, price: &str, time_in_force: &str| {
        let mut terms = limit(long(id, "1", 10), price);
        terms["timeInForce"] = time_in_force.into();
        terms
    };
    let events = desk.place(&immediate("1", "100", "IOC"));
    assert_eq!(expired(&events), [["1", "NOT_MARKETABLE"]]);
    desk.place(&immediate("2", "101", "IOC"));
    desk.place(&immediate("3", "102", "FOK"));
    let events = desk.tick("100", "102");
    assert_eq!(kinds(&events), ["ORDER_EXPIRED", "ORDER_OPENED"]);
    assert_eq!(expired(&events), [["2", "NOT_MARKETABLE"]]);
    // The time of an order that waits is over as that of any other.
    let mut dated = immediate("4", "103", "GTD");
    dated["expiresAt"] = (desk.now_ms + 2).into();
    desk.place(&dated);
    assert_eq!(expired(&desk.tick("100", "102")), [["4", "TIME"]]);
}

#[test]
fn an_amendment_makes_an_order_wait_and_one_that_waits_has_none() {
    let mut desk = Desk::open(&next_with_fees());
    desk.place(&limit(long("1", "1", 10), "90"));
    let amendment = json!({"orderId": "1", "priceInt": int("110")});
    let events = desk.change("AMEND_ORDER", &amendment);
    assert_eq!(kinds(&events), ["ORDER_AMENDED"]);
    assert_eq!(events[0].1["order"]["awaitsQuote"], true);
    // 110 / 10, and 0.05 % of 110.
    assert_eq!(events[0].1["order"]["reservedInt"], int("11.055"));
    for price in ["110", "90"] {
        let amendment = json!({"orderId": "1", "priceInt": int(price)});
        assert_eq!(desk.refusals("AMEND_ORDER", &amendment), ["INVALID_ORDER"]);
    }
    let events = desk.change("CANCEL_ORDER", &json!({ "orderId": "1" }));
    assert_eq!(events[0].1["order"]["awaitsQuote"], Value::Null);
    assert_eq!(desk.account(), ["1000", "0", "0"]);
}

#[test]
fn an_order_that_waits_has_a_worst_price() {
    let mut desk = Desk::open(&next());
    let mut slipping = short("1", "1", 10);
    // 0.33 % of 99 are 0.3267.
    slipping["maxSlippageBps"] = 33.into();
    let placed = desk.place(&slipping);
    assert_eq!(placed[0].1["order"]["priceLimitInt"], int("98.6733"));
    assert_eq!(placed[0].1["order"]["maxSlippageBps"], 33);
    let mut limited = long("2", "1", 10);
    limited["priceLimitInt"] = int("100.99").into();
    assert_eq!(desk.refusals("PLACE_ORDER", &order(&limited)), ["PRICE_LIMIT_EXCEEDED"]);
    limited["priceLimitInt"] = int("101").into();
    desk.place(&limited);
    let events = desk.tick("98.67329999", "101.00000001");
    let exceeded = "PRICE_LIMIT_EXCEEDED";
    assert_eq!(expired(&events), [["2", exceeded], ["1", exceeded]]);
    slipping["orderId"] = "3".into();
    desk.tick("99", "101");
    desk.place(&slipping);
    assert_eq!(kinds(&desk.tick("98.6733", "101")), ["ORDER_OPENED"]);
}

#[test]
fn only_a_price_serves_what_waits() {
    let mut parameters = next();
    parameters["triggerPrice"] = "MARK".into();
    parameters["funding"] = json!({"source": "VENUE", "intervalHours": 8, "capPpm": 5_000});
    let mut desk = Desk::open(&parameters);
    desk.place(&long("1", "1", 10));
    assert!(desk.mark("100").is_empty());
    let settlement = json!({"symbol": "BTCUSDT", "fundingTime": desk.now_ms,
        "fundingRateInt": "1", "markPriceInt": int("100")});
    assert!(desk.change("SETTLE_FUNDING", &settlement).is_empty());
    assert_eq!(kinds(&desk.tick("99", "101")), ["ORDER_OPENED"]);
}

#[test]
fn another_leverage_changes_what_is_reserved() {
    let mut desk = Desk::open(&next_with_fees());
    desk.change("CHANGE_POSITION_MODE", &json!({ "mode": "one_way" }));
    let buy = |id: &str| json!({"orderId": id, "orderType": "LONG", "qtyInt": int("1")});
    open(&mut desk, &[buy("1")]);
    desk.change("REVERSE_POSITION", &json!({"orderId": "2", "positionId": "1"}));
    desk.place(&limit(buy("3"), "104"));
    desk.place(&buy("4"));
    let earlier = desk.now_ms - 5;
    assert!(desk.traded(earlier, "103", "105").is_empty());
    let events = desk.change("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 10}));
    let reserved: Vec<_> =
        events[2..].iter().map(|(_, it)| it["order"]["reservedInt"].clone()).collect();
    // 104 / 10 and 0.052, and by the quote now 105 / 10 and 0.0525.
    assert_eq!(reserved, [json!("0"), json!(int("10.452")), json!(int("10.5525"))]);
    assert_eq!(events[2].1["order"]["leverage"], 10);
    // They have waited since then.
    let now = desk.now_ms;
    assert!(desk.traded(now, "103", "105").is_empty());
    // The limit order comes to rest, the position has grown to 2, and 2 are reversed.
    let events = desk.tick("103", "105");
    let expected = ["ORDER_ACTIVATED", "POSITION_CHANGED", "ORDER_CLOSED", "ORDER_OPENED"];
    assert_eq!(kinds(&events), expected);
    let opened = &events[3].1["order"];
    assert_eq!((&opened["qtyInt"], &opened["leverage"]), (&json!(int("2")), &json!(10)));
}

#[test]
fn what_waits_is_served_before_what_a_price_reaches() {
    let mut desk = Desk::open(&next());
    let mut stopped = long("stopped", "1", 10);
    stopped["stopLossInt"] = int("95").into();
    open(&mut desk, &[stopped, long("held", "1", 10)]);
    let reducing = |id: &str| {
        json!({"orderId": id, "positionId": "held", "orderType": "SHORT", "reduceOnly": true,
            "qtyInt": int("0.4")})
    };
    let mut stop = reducing("stop");
    stop["kind"] = "STOP_MARKET".into();
    stop["triggerPriceInt"] = int("95").into();
    desk.place(&stop);
    desk.place(&limit(long("limit", "1", 10), "95"));
    desk.place(&short("short", "1", 10));
    desk.place(&long("older", "1", 10));
    desk.place(&long("younger", "1", 10));
    desk.place(&reducing("reducing"));
    let events = desk.tick("94", "95");
    let ids: Vec<_> = events.iter().map(|(_, told)| id_of(told)).collect();
    assert_eq!(ids, ["stopped", "reducing", "stop", "older", "younger", "limit", "short"]);
}

#[test]
fn an_order_expires_in_its_turn() {
    let mut desk = Desk::open(&next());
    let mut stopped = long("1", "1", 10);
    stopped["stopLossInt"] = int("95").into();
    open(&mut desk, &[stopped]);
    desk.place(&long("2", "1", 10));
    desk.now_ms += 10_000;
    let events = desk.tick("94", "95");
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_EXPIRED"]);
    assert_eq!(expired(&events), [["2", "NO_QUOTE"]]);
}

/// The id of the order of an event, or of the position that it tells of.
fn id_of(told: &Value) -> String {
    let order = told["execution"].get("order").unwrap_or(&told["order"]);
    let order = order.get("order").unwrap_or(order);
    order["orderId"].as_str().unwrap().to_owned()
}
