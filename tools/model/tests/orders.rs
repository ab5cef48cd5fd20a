//! Orders, modes and margins, with figures that were computed by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{Entry, Event, Id, Model, Verdict};
use serde_json::{Value, json};

/// A model with a clock, and with one account of 1,000 USD in a position mode. Bitcoin is at 99 to
/// 101.
struct Desk {
    model: Model,
    now_ms: u64,
}

impl Desk {
    fn open(mode: &str) -> Self {
        let mut desk = Self { model: Model::default(), now_ms: 0 };
        desk.apply("REGISTER_USER", &json!({ "depositInt": int("1000") }));
        desk.apply("CHANGE_POSITION_MODE", &json!({ "mode": mode }));
        desk.tick("99", "101");
        desk
    }

    fn apply(&mut self, kind: &str, payload: &Value) -> (Verdict, Vec<Event>) {
        self.now_ms += 1;
        let fields = [
            ("type", kind.to_owned()),
            ("userId", "user".to_owned()),
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

    /// The kinds of a tick's events, and their payloads.
    fn tick(&mut self, bid: &str, ask: &str) -> Vec<(&'static str, Value)> {
        let price = json!({"symbol": "BTCUSDT", "bidPriceInt": int(bid), "askPriceInt": int(ask)});
        told(self.apply("PRICE_UPDATE", &price).1)
    }

    /// Places an order and returns its events. It must be granted.
    fn place(&mut self, order_id: &str, terms: &Value) -> Vec<(&'static str, Value)> {
        let mut order = json!({"orderId": order_id, "asset": "BTCUSDT"});
        order.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let (verdict, events) = self.apply("PLACE_ORDER", &order);
        assert!(matches!(verdict, Verdict::Placed(_)), "{verdict:?}");
        told(events)
    }

    fn change(&mut self, kind: &str, payload: &Value) -> Vec<(&'static str, Value)> {
        let (verdict, events) = self.apply(kind, payload);
        assert!(!matches!(verdict, Verdict::Rejected(_) | Verdict::Unreadable), "{verdict:?}");
        told(events)
    }

    /// Balance, used margin and reserved funds.
    fn account(&self) -> [String; 3] {
        let account = self.model.accounts["user"];
        [account.balance, account.used_margin, account.reserved].map(model::amount::decimal)
    }
}

fn told(events: Vec<Event>) -> Vec<(&'static str, Value)> {
    events.into_iter().map(|event| (event.kind, event.payload)).collect()
}

/// An amount at scale, as messages carry it.
fn int(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<8}").parse::<i128>().unwrap().to_string()
}

fn kinds(events: &[(&'static str, Value)]) -> Vec<&'static str> {
    events.iter().map(|(kind, _)| *kind).collect()
}

#[test]
fn a_limit_order_fills_at_its_price_and_is_reversed() {
    let mut desk = Desk::open("one_way");
    desk.change("CHANGE_LEVERAGE", &json!({"asset": "BTCUSDT", "leverage": 10}));
    let limit = json!({"orderType": "LONG", "qtyInt": int("2"), "kind": "LIMIT",
        "priceInt": int("90")});
    assert_eq!(kinds(&desk.place("1", &limit)), ["ORDER_ACCEPTED"]);
    assert_eq!(desk.account(), ["982", "0", "18"]);

    assert!(desk.tick("89.5", "90.5").is_empty());
    let events = desk.tick("88", "89.5");
    assert_eq!(kinds(&events), ["ORDER_OPENED"]);
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("81.9"));
    assert_eq!(events[0].1["execution"]["fill"]["priceInt"], int("90"));
    assert_eq!(events[0].1["execution"]["fill"]["role"], "MAKER");
    assert_eq!(desk.account(), ["982", "18", "0"]);

    // 2 are closed with a loss of 4, and 3 are opened with a margin of 26.4.
    let events = desk.place("2", &json!({"orderType": "SHORT", "qtyInt": int("5")}));
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_OPENED"]);
    assert_eq!(events[0].1["execution"]["fill"]["realizedPnLInt"], int("-4"));
    assert_eq!(events[0].1["execution"]["order"], events[1].1["execution"]["order"]);
    assert_eq!(events[1].1["order"]["qtyInt"], int("3"));
    assert_eq!(desk.account(), ["969.6", "26.4", "0"]);
}

#[test]
fn a_gap_fills_an_order_at_its_price_and_liquidates_it() {
    let mut desk = Desk::open("one_way");
    let limit = json!({"orderType": "LONG", "qtyInt": int("1"), "kind": "LIMIT",
        "priceInt": int("90")});
    desk.place("1", &limit);
    // The leverage is 20: the margin is 4.5, and the loss is 10.
    let events = desk.tick("80", "81");
    assert_eq!(kinds(&events), ["ORDER_OPENED", "ORDER_CLOSED"]);
    assert_eq!(events[1].1["order"]["closeReason"], "MARGIN_CALL");
    assert_eq!(events[1].1["order"]["finalPnLInt"], int("-4.5"));
    assert_eq!(events[1].1["order"]["shortfallInt"], int("5.5"));
    assert_eq!(desk.account(), ["995.5", "0", "0"]);
}

#[test]
fn a_position_that_fills_have_changed_closes_with_weighted_figures() {
    let mut desk = Desk::open("hedge");
    let buy = json!({"orderType": "LONG", "positionSide": "LONG", "qtyInt": int("1")});
    desk.place("1", &buy);
    desk.tick("109", "111");
    // (101 + 111) / 2 = 106, with a margin of (101 + 111) / 20 = 10.6.
    let events = desk.place("2", &buy);
    assert_eq!(kinds(&events), ["POSITION_CHANGED"]);
    assert_eq!(events[0].1["change"], "INCREASED");
    assert_eq!(events[0].1["order"]["executionPriceInt"], int("106"));
    assert_eq!(events[0].1["order"]["marginInt"], int("10.6"));
    // 90 % of 10.6 are 9.54, which are 4.77 for each of 2.
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("101.23"));

    let half = json!({"orderType": "SHORT", "positionSide": "LONG", "shareBps": 5_000});
    let events = desk.place("3", &half);
    assert_eq!(events[0].1["change"], "REDUCED");
    assert_eq!(events[0].1["realizedPnLInt"], int("3"));
    assert_eq!(events[0].1["order"]["marginInt"], int("5.3"));
    assert_eq!(desk.account(), ["997.7", "5.3", "0"]);

    desk.tick("112", "113");
    let events = desk.change("CLOSE_ORDER", &json!({ "orderId": "1" }));
    let closed = &events[0].1["order"];
    assert_eq!(closed["order"]["qtyInt"], int("2"));
    assert_eq!(closed["order"]["executionPriceInt"], int("106"));
    assert_eq!(closed["closePriceInt"], int("110.5"));
    assert_eq!(closed["finalPnLInt"], int("9"));
    assert_eq!(desk.account(), ["1009", "0", "0"]);
}

#[test]
fn a_trailing_stop_closes_the_position_and_ends_its_other_orders() {
    let mut desk = Desk::open("one_way");
    desk.place("1", &json!({"orderType": "LONG", "qtyInt": int("1")}));
    let sale = |kind: &str| json!({"orderType": "SHORT", "kind": kind, "reduceOnly": true});
    let mut trailing = sale("TRAILING_STOP_MARKET");
    trailing["closePosition"] = true.into();
    trailing["callbackBps"] = 100.into();
    trailing["triggerPriceInt"] = int("110").into();
    desk.place("2", &trailing);
    let mut limit = sale("LIMIT");
    limit["qtyInt"] = int("1").into();
    limit["priceInt"] = int("150").into();
    desk.place("3", &limit);
    assert_eq!(kinds(&desk.tick("110", "111")), ["ORDER_ACTIVATED"]);
    assert!(desk.tick("120", "121").is_empty());
    // 1 % below 120.
    assert!(desk.tick("118.81", "119.9").is_empty());
    let events = desk.tick("118.8", "119.9");
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_EXPIRED"]);
    assert_eq!(events[0].1["order"]["closeReason"], "STOP_LOSS");
    assert_eq!(events[0].1["execution"]["order"]["qtyInt"], int("1"));
    assert_eq!(events[1].1["order"]["reason"], "POSITION_CLOSED");
    assert_eq!(desk.account(), ["1017.8", "0", "0"]);
}

#[test]
fn margin_moves_the_liquidation_price() {
    let mut desk = Desk::open("separate");
    let order = json!({"orderType": "LONG", "qtyInt": int("1"), "leverage": 10,
        "clientOrderId": "mine"});
    desk.place("1", &order);
    let more = json!({"orderId": "1", "amountInt": int("9.9")});
    let events = desk.change("CHANGE_MARGIN", &more);
    // 90 % of 20 are 18.
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("83"));
    assert_eq!(desk.account(), ["980", "20", "0"]);
    let events = desk.change("REVERSE_POSITION", &json!({"orderId": "2", "positionId": "1"}));
    assert_eq!(kinds(&events), ["ORDER_CLOSED", "ORDER_OPENED"]);
    // A loss of 2, and a short at 99 with a margin of 9.9.
    assert_eq!(events[1].1["execution"]["order"]["qtyInt"], int("2"));
    assert_eq!(desk.account(), ["988.1", "9.9", "0"]);
}
