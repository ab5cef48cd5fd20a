//! Funding, resets, and the statements of accounts.

use crate::desk::{Desk, fees, int, kinds, long, maintenance, order, short};
use model::income::{self, Line};
use model::{Event, Verdict};
use serde_json::{Value, json};

/// A cap of 0.5 %.
fn funded() -> Value {
    json!({ "funding": {"source": "VENUE", "intervalHours": 8, "capPpm": 5_000} })
}

fn settlement(time: u64, rate: &str, mark: &str) -> Value {
    json!({"symbol": "BTCUSDT", "fundingTime": time, "fundingRateInt": int(rate),
        "markPriceInt": int(mark)})
}

#[test]
fn a_long_pays_and_a_short_receives() {
    let mut desk = Desk::open(&funded());
    desk.place(&long("1", "0.33333333", 10));
    desk.place(&short("2", "0.33333333", 10));
    let opened_at = desk.now_ms;
    desk.place(&short("3", "1", 10));
    let before = desk.account();
    // 0.33333333 × 100 × 0.01 % = 0.003333333 3: paid up, received down. The third is too young.
    let events = desk.change("SETTLE_FUNDING", &settlement(opened_at, "0.0001", "100"));
    assert_eq!(kinds(&events), ["FUNDING_SETTLED", "FUNDING_SETTLED"]);
    assert_eq!(events[0].1["amountInt"], int("-0.00333334"));
    assert_eq!(events[0].1["order"]["fundingInt"], int("-0.00333334"));
    assert_eq!(events[0].1["fromMarginInt"], Value::Null);
    assert_eq!(events[1].1["amountInt"], int("0.00333333"));
    assert_eq!(desk.ledger()[0], "0.00000001");
    // The same time is not settled again, and the rate is limited to 0.5 %.
    let events = desk.change("SETTLE_FUNDING", &settlement(opened_at, "-0.1", "100"));
    assert!(events.is_empty());
    let events = desk.change("SETTLE_FUNDING", &settlement(opened_at + 1, "-0.1", "100"));
    assert_eq!(events[0].1["fundingRateInt"], int("-0.005"));
    assert_eq!(events[2].1["amountInt"], int("-0.5"));
    assert_ne!(desk.account(), before);
    let closed = desk.change("CLOSE_ORDER", &json!({ "orderId": "3" }));
    assert_eq!(closed[0].1["order"]["order"]["fundingInt"], int("-0.5"));
    assert_eq!(closed[0].1["order"]["finalPnLInt"], int("-2"));
}

#[test]
fn funding_is_paid_from_the_balance_then_from_the_margin() {
    let mut parameters = maintenance();
    parameters["funding"] = funded()["funding"].clone();
    let mut desk = Desk::open(&parameters);
    // 98 × 101 / 10 = 989.8: 10.2 are left.
    desk.place(&long("1", "98", 10));
    let now = desk.now_ms;
    // 98 × 101 × 0.5 % = 49.49.
    let events = desk.change("SETTLE_FUNDING", &settlement(now, "0.005", "101"));
    assert_eq!(events[0].1["amountInt"], int("-49.49"));
    assert_eq!(events[0].1["fromMarginInt"], int("39.29"));
    assert_eq!(events[0].1["order"]["marginInt"], int("950.51"));
    // (9,898 − 950.51 − 10) / (98 × 0.98) = 93.060079133…
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("93.06007914"));
    assert_eq!(desk.account(), ["0", "950.51", "0"]);
    // 98 × 10,000 × 0.5 % = 4,900: all but one unit is paid.
    let events = desk.change("SETTLE_FUNDING", &settlement(now + 1, "0.005", "10000"));
    assert_eq!(events[0].1["amountInt"], int("-950.50999999"));
    assert_eq!(desk.account(), ["0", "0.00000001", "0"]);
    let events = desk.change("SETTLE_FUNDING", &settlement(now + 2, "0.005", "10000"));
    assert!(events.is_empty());
}

#[test]
fn what_funding_takes_can_liquidate() {
    let mut desk = Desk::open(&funded());
    // 95 × 101 / 10 = 959.5: liquidated at 91.91.
    desk.place(&long("1", "95", 10));
    desk.tick("92", "92.1");
    // 95 × 101 × 0.5 % = 47.975, of which 7.475 from the margin of 952.025: 101 − 9.01918…
    let settlement = settlement(desk.now_ms, "0.005", "101");
    let events = desk.change("SETTLE_FUNDING", &settlement);
    assert_eq!(events[0].1["order"]["liquidationPriceInt"], int("91.98081579"));
    assert_eq!(kinds(&events), ["FUNDING_SETTLED"]);
    desk.tick("91.99", "92.1");
    let mut again = settlement;
    again["fundingTime"] = desk.now_ms.into();
    assert_eq!(kinds(&desk.change("SETTLE_FUNDING", &again)), ["FUNDING_SETTLED", "ORDER_CLOSED"]);
}

#[test]
fn a_settlement_must_be_sound() {
    let mut desk = Desk::open(&funded());
    let invalid = ["INVALID_FUNDING"];
    let early = settlement(desk.now_ms + 60_002, "0", "1");
    assert_eq!(desk.refusals("SETTLE_FUNDING", &early), invalid);
    assert_eq!(desk.refusals("SETTLE_FUNDING", &settlement(1, "0", "0")), invalid);
    desk.list(&json!({}));
    assert_eq!(desk.refusals("SETTLE_FUNDING", &settlement(1, "0", "1")), invalid);
}

#[test]
fn a_reset_closes_everything_and_sets_the_balance() {
    let mut desk = Desk::open(&fees());
    desk.place(&long("1", "1", 10));
    desk.place(&short("2", "1", 10));
    let mut limit = long("3", "1", 10);
    limit["kind"] = "LIMIT".into();
    limit["priceInt"] = int("90").into();
    desk.place(&limit);
    for balance in ["99.99999999", "1000000.00000001"] {
        let reset = json!({ "balanceInt": int(balance) });
        assert_eq!(desk.refusals("RESET_ACCOUNT", &reset), ["INVALID_RESET_BALANCE"]);
    }
    let reset = json!({ "balanceInt": int("5000") });
    desk.change("DISPUTE_PRICE", &json!({ "symbol": "BTCUSDT" }));
    assert_eq!(desk.refusals("RESET_ACCOUNT", &reset), ["PRICE_DISPUTED"]);
    desk.tick("99", "101");
    let events = desk.change("RESET_ACCOUNT", &reset);
    let expected = ["ORDER_CANCELED", "ORDER_CLOSED", "ORDER_CLOSED", "ACCOUNT_RESET"];
    assert_eq!(kinds(&events), expected);
    // Each lost 2, and there were fees of 101 and of 99 to open, and of as much to close.
    assert_eq!(events[3].1["previousInt"], int("995.8"));
    assert_eq!(events[3].1["balanceInt"], int("5000"));
    assert_eq!(desk.account(), ["5000", "0", "0"]);
    assert_eq!(model::amount::decimal(desk.model.deposits), "5004.2");
}

#[test]
fn events_are_lines_of_a_statement() {
    let mut parameters = fees();
    parameters["funding"] = funded()["funding"].clone();
    let mut desk = Desk::open(&parameters);
    let mut told = |kind: &str, payload: &Value| {
        let (verdict, events) = desk.apply(kind, payload);
        assert!(!matches!(verdict, Verdict::Rejected(_) | Verdict::Unreadable), "{verdict:?}");
        lines(&events)
    };
    let opened = told("PLACE_ORDER", &order(&long("1", "1", 10)));
    assert_eq!(opened, [("COMMISSION", int("-0.0505"))]);
    let settled = told("SETTLE_FUNDING", &settlement(4, "0.001", "100"));
    assert_eq!(settled, [("FUNDING_FEE", int("-0.1"))]);
    let price =
        |bid, ask| json!({"symbol": "BTCUSDT", "bidPriceInt": int(bid), "askPriceInt": int(ask)});
    let closed = told("PRICE_UPDATE", &price("91.5", "91.6"));
    let expected = [
        ("REALIZED_PNL", int("-9.5")),
        ("COMMISSION", int("-0.04575")),
        ("LIQUIDATION_FEE", int("-0.55425")),
    ];
    assert_eq!(closed, expected);
    let adjustment = json!({"amountInt": int("-5"), "by": "operator", "reason": "test"});
    assert_eq!(told("ADJUST_BALANCE", &adjustment), [("ADJUSTMENT", int("-5"))]);
    // 1,000 − 0.0505 − 0.1 − 9.5 − 0.04575 − 0.55425 − 5 = 984.7495.
    let reset = told("RESET_ACCOUNT", &json!({ "balanceInt": int("1000") }));
    assert_eq!(reset, [("TRANSFER", int("15.2505"))]);
}

fn lines(events: &[Event]) -> Vec<(&'static str, String)> {
    let lines = events.iter().flat_map(income::lines);
    lines.map(|Line { kind, amount, .. }| (kind, amount.to_string())).collect()
}
