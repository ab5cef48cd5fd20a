//! The model computes the table of positions that the exchange wrote and the web UI's tests read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{Entry, Event, Id, Model, Verdict};
use serde_json::{Value, json};

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/exchange/tests/vectors/positions.json");

const USER: &str = "01a20bc0-9a10-7313-9d4f-7a2effa3c781";
const ORDER: &str = "0853d9e4-965f-518c-9cd8-65029e3511e3";

/// A model with a clock.
struct Desk {
    model: Model,
    now_ms: u64,
}

impl Desk {
    fn apply(&mut self, kind: &str, payload: &Value) -> (Verdict, Vec<Event>) {
        self.now_ms += 1;
        let fields = [
            ("v", "1".to_owned()),
            ("type", kind.to_owned()),
            ("userId", USER.to_owned()),
            ("timestamp", self.now_ms.to_string()),
            ("payload", payload.to_string()),
        ];
        let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let id = Id { ms: self.now_ms, seq: 0 };
        let outcome = self.model.apply(&Entry { id, fields });
        assert_eq!(self.model.difference(), 0);
        (outcome.verdict, outcome.events)
    }

    fn tick(&mut self, bid: &Value, ask: &Value) -> Vec<Event> {
        let price =
            json!({"symbol": "BTCUSDT", "bidPriceInt": bid, "askPriceInt": ask, "tradeId": 1});
        self.apply("PRICE_UPDATE", &price).1
    }
}

fn check(case: &Value) {
    let mut desk = Desk { model: Model::default(), now_ms: 0 };
    desk.apply("REGISTER_USER", &json!({ "depositInt": case["free"] }));
    desk.tick(&case["bid"], &case["ask"]);
    let order = json!({"orderId": ORDER, "asset": "BTCUSDT", "orderType": case["orderType"],
        "leverage": case["leverage"], "qtyInt": case["qty"], "stopLossInt": case["stopLoss"],
        "takeProfitInt": case["takeProfit"]});
    let (verdict, events) = desk.apply("PLACE_ORDER", &order);
    if let Some(refused) = case["refused"].as_str() {
        let Verdict::Rejected(reasons) = verdict else { panic!("{verdict:?}: {case}") };
        assert!(reasons.contains(&refused), "{reasons:?}: {case}");
        return;
    }
    let opened = &events[0].payload["order"];
    assert_eq!(opened["marginInt"], case["margin"], "{case}");
    assert_eq!(opened["executionPriceInt"], case["executionPrice"], "{case}");
    assert_eq!(opened["liquidationPriceInt"], case["liquidationPrice"], "{case}");
    let mut events = desk.tick(&case["closeBid"], &case["closeAsk"]);
    if events.is_empty() {
        events = desk.apply("CLOSE_ORDER", &json!({ "orderId": ORDER })).1;
    }
    let closed = &events[0].payload;
    assert_eq!(closed["order"]["closeReason"], case["closeReason"], "{case}");
    assert_eq!(closed["order"]["finalPnLInt"], case["finalPnL"], "{case}");
    assert_eq!(closed["order"]["shortfallInt"], case["shortfall"], "{case}");
    assert_eq!(closed["account"]["balanceInt"], case["freeAfter"], "{case}");
}

#[test]
fn every_case_of_the_table_is_computed() {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert!(cases.len() >= 400);
    cases.iter().for_each(check);
}

#[test]
fn an_entry_with_an_invalid_part_is_unreadable() {
    let mut desk = Desk { model: Model::default(), now_ms: 0 };
    let rows = [
        ("OPEN_SESAME", json!({})),
        ("REGISTER_USER", json!({ "depositInt": 5 })),
        ("CLOSE_ORDER", json!({ "orderId": ORDER, "priceLimitInt": "cheap" })),
        ("PRICE_UPDATE", json!({"symbol": "btc", "bidPriceInt": "1", "askPriceInt": "1"})),
        ("PAUSE_TRADING", json!({ "by": "operator" })),
        (
            "SET_INSTRUMENT",
            json!({"symbol": "BTCUSDT", "maxLeverage": 101,
            "liquidationLossBps": 9_000}),
        ),
    ];
    for (kind, payload) in rows {
        assert_eq!(desk.apply(kind, &payload), (Verdict::Unreadable, Vec::new()), "{kind}");
    }
}
