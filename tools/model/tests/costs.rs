//! Fees, mark prices, maintenance margins and funding, with figures that were computed by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::amount::decimal;
use model::{Entry, Event, Id, Model, Verdict};
use serde_json::{Value, json};

/// A model with a clock, and with accounts of 1,000 USD. An instrument is at 99 to 101.
struct Desk {
    model: Model,
    now_ms: u64,
}

impl Desk {
    fn open(parameters: &Value) -> Self {
        let mut desk = Self { model: Model::default(), now_ms: 0 };
        desk.list(parameters);
        desk.change("REGISTER_USER", &json!({ "depositInt": int("1000") }));
        desk.tick("99", "101");
        desk
    }

    fn apply_of(&mut self, user_id: &str, kind: &str, payload: &Value) -> (Verdict, Vec<Event>) {
        self.now_ms += 1;
        let fields = [
            ("type", kind.to_owned()),
            ("userId", user_id.to_owned()),
            ("requestId", format!("request {}", self.now_ms)),
            ("timestamp", self.now_ms.to_string()),
            ("payload", payload.to_string()),
        ];
        let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let id = Id { ms: self.now_ms, seq: 0 };
        let outcome = self.model.apply(&Entry { id, fields });
        assert_eq!(self.model.difference(), 0);
        (outcome.verdict, outcome.events)
    }

    fn apply(&mut self, kind: &str, payload: &Value) -> (Verdict, Vec<Event>) {
        self.apply_of("user", kind, payload)
    }

    /// The kinds of the events of a request that must be granted, and their payloads.
    fn change(&mut self, kind: &str, payload: &Value) -> Vec<(&'static str, Value)> {
        let (verdict, events) = self.apply(kind, payload);
        assert!(!matches!(verdict, Verdict::Rejected(_) | Verdict::Unreadable), "{verdict:?}");
        events.into_iter().map(|event| (event.kind, event.payload)).collect()
    }

    /// The reasons to refuse a request.
    fn refusals(&mut self, kind: &str, payload: &Value) -> Vec<&'static str> {
        let (verdict, events) = self.apply(kind, payload);
        assert!(events.is_empty());
        let Verdict::Rejected(reasons) = verdict else { panic!("{verdict:?}") };
        reasons
    }

    fn list(&mut self, parameters: &Value) -> Vec<(&'static str, Value)> {
        let mut payload =
            json!({"symbol": "BTCUSDT", "maxLeverage": 50, "liquidationLossBps": 9_000});
        payload.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        self.change("SET_INSTRUMENT", &payload)
    }

    fn tick(&mut self, bid: &str, ask: &str) -> Vec<(&'static str, Value)> {
        let price = json!({"symbol": "BTCUSDT", "bidPriceInt": int(bid), "askPriceInt": int(ask)});
        self.change("PRICE_UPDATE", &price)
    }

    fn place(&mut self, terms: &Value) -> Vec<(&'static str, Value)> {
        self.change("PLACE_ORDER", &order(terms))
    }

    /// Balance, used margin and reserved funds.
    fn account(&self) -> [String; 3] {
        let account = self.model.accounts["user"];
        [account.balance, account.used_margin, account.reserved].map(decimal)
    }

    /// The house's profit, the fees, the insurance fund and the sum of shortfalls.
    fn ledger(&self) -> [String; 4] {
        let Model { house, fees, insurance, shortfall, .. } = self.model;
        [house, fees, insurance, shortfall].map(decimal)
    }
}

fn order(terms: &Value) -> Value {
    let mut order = json!({ "asset": "BTCUSDT" });
    order.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    order
}

/// An amount at scale, as messages carry it.
fn int(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<8}").parse::<i128>().unwrap().to_string()
}

fn kinds(events: &[(&'static str, Value)]) -> Vec<&'static str> {
    events.iter().map(|(kind, _)| *kind).collect()
}

/// Maker 0.02 %, taker 0.05 %.
fn fees() -> Value {
    json!({"makerFeePpm": 200, "takerFeePpm": 500, "liquidationFeePpm": 12_500})
}

/// Two brackets: up to 1,000 USD at 50x with 1 % maintenance, up to 10,000 USD at 10x with 2 %,
/// less 1,000 × (2 % − 1 %) = 10 USD.
fn maintenance() -> Value {
    json!({"liquidationModel": "MAINTENANCE", "brackets": [
        {"notionalCapInt": int("1000"), "maxLeverage": 50, "maintenancePpm": 10_000,
            "maintenanceAmountInt": "0"},
        {"notionalCapInt": int("10000"), "maxLeverage": 10, "maintenancePpm": 20_000,
            "maintenanceAmountInt": int("10")},
    ]})
}

fn long(id: &str, qty: &str, leverage: u32) -> Value {
    json!({"orderId": id, "orderType": "LONG", "qtyInt": int(qty), "leverage": leverage})
}

fn short(id: &str, qty: &str, leverage: u32) -> Value {
    json!({"orderId": id, "orderType": "SHORT", "qtyInt": int(qty), "leverage": leverage})
}

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
