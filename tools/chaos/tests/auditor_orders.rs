//! The auditor compares the events of resting orders whole, with their executions, and the rows of
//! orders and fills. The history is written by hand: a limit order of 0.01 BTC at 91000 with a
//! leverage of 10 rests and is filled.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chaos::audit::{Appended, Findings, History, Kind, ShardHistory, Subject, audit};
use model::{Entry, Id};
use serde_json::{Value, json};

const USER: &str = "01a20bc0-9a10-7313-9d4f-7a2effa3c781";
const ORDER: &str = "0853d9e4-965f-518c-9cd8-65029e3511e3";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn entry(at: &str, kind: &str, request_id: Option<&str>, payload: &Value) -> Entry {
    let id = id(at);
    let mut fields = vec![("v", "1".to_owned()), ("type", kind.to_owned())];
    fields.extend(request_id.map(|request_id| ("requestId", request_id.to_owned())));
    if kind != "PRICE_UPDATE" && kind != "TRADE" {
        fields.push(("userId", USER.to_owned()));
    }
    fields.push(("timestamp", id.ms.to_string()));
    fields.push(("payload", payload.to_string()));
    Entry { id, fields: fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() }
}

fn price(at: &str, trade_id: u64, bid: &str, ask: &str) -> Entry {
    let payload = json!({"symbol": "BTCUSDT", "bidPriceInt": bid, "askPriceInt": ask,
        "tradeId": trade_id, "tradedAt": trade_id, "validForMs": 3_000});
    entry(at, "PRICE_UPDATE", None, &payload)
}

/// The order while it rests, and what a fill changes.
fn order(filled: Option<Value>) -> Value {
    let mut order = json!({"orderId": ORDER, "userId": USER, "sequence": 2, "clientOrderId": "my-1",
        "asset": "BTCUSDT", "side": "BUY", "kind": "LIMIT", "timeInForce": "GTC",
        "qtyInt": "1000000", "priceInt": "9100000000000", "leverage": 10,
        "reservedInt": "9100000000", "status": "NEW", "filledQtyInt": "0", "createdAt": 3,
        "updatedAt": 3});
    if let Some(Value::Object(more)) = filled {
        order.as_object_mut().unwrap().extend(more);
    }
    order
}

fn responses() -> Vec<Entry> {
    let registered = json!({"depositInt": "100000000000", "account":
        {"balanceInt": "100000000000", "usedMarginInt": "0", "sequence": 1}});
    let accepted = json!({"order": order(None), "account": {"balanceInt": "90900000000",
        "usedMarginInt": "0", "reservedInt": "9100000000", "sequence": 2}});
    let position = json!({"orderId": ORDER, "userId": USER, "asset": "BTCUSDT",
        "orderType": "LONG", "leverage": 10, "qtyInt": "1000000", "marginInt": "9100000000",
        "executionPriceInt": "9100000000000", "liquidationPriceInt": "8281000000000",
        "createdAt": 4});
    let filled = json!({"reservedInt": "0", "status": "FILLED", "filledQtyInt": "1000000",
        "averagePriceInt": "9100000000000", "updatedAt": 4});
    let fill = json!({"orderId": ORDER, "positionId": ORDER, "side": "BUY", "qtyInt": "1000000",
        "priceInt": "9100000000000", "realizedPnLInt": "0", "role": "MAKER", "tickId": "4-0"});
    let opened = json!({"order": position, "execution": {"order": order(Some(filled)),
        "fill": fill}, "account": {"balanceInt": "90900000000", "usedMarginInt": "9100000000",
        "sequence": 3}});
    vec![
        entry("1-0", "USER_REGISTERED", Some("r1"), &registered),
        entry("3-0", "ORDER_ACCEPTED", Some("r2"), &accepted),
        entry("4-0", "ORDER_OPENED", None, &opened),
    ]
}

/// The order's last state.
fn order_row() -> Value {
    json!({"order_id": ORDER, "user_id": USER, "client_order_id": "my-1", "asset": "BTCUSDT",
        "side": "BUY", "position_side": null, "position_id": null, "kind": "LIMIT",
        "time_in_force": "GTC", "qty": 1_000_000, "price": 9_100_000_000_000_i64,
        "trigger_price": null, "callback_bps": null, "trailing_stop_bps": null, "activated_at": null, "reduce_only": false,
        "close_position": false, "leverage": 10, "stop_loss": null, "take_profit": null,
        "price_limit": null, "max_slippage_bps": null, "expires_at": null, "reserved": 0,
        "status": "FILLED", "reason": null, "filled_qty": 1_000_000,
        "average_price": 9_100_000_000_000_i64, "created_at": 3, "updated_at": 4,
        "event_id": "4-0", "sequence": 2})
}

fn fill_row() -> Value {
    json!({"id": "4-0", "order_id": ORDER, "position_id": ORDER, "user_id": USER,
        "asset": "BTCUSDT", "side": "BUY", "qty": 1_000_000, "price": 9_100_000_000_000_i64,
        "realized_pnl": 0, "fee": 0, "role": "MAKER", "reason": null, "tick_id": "4-0",
        "executed_at": 4, "sequence": 3, "order_sequence": 2})
}

/// The deposit; an opening that costs nothing is no line.
fn income_row() -> Value {
    json!({"line": "1-0 TRANSFER", "id": "1-0", "kind": "TRANSFER", "user_id": USER,
        "amount": 100_000_000_000_i64, "asset": null, "order_id": null, "position_id": null,
        "time": 1, "sequence": 1})
}

fn snapshot(last_id: &str, open: u64, ledger: &Value) -> (String, Value) {
    let data = json!({"accounts": 1, "openPositions": open, "ledger": ledger,
        "lastStreamId": last_id});
    (last_id.to_owned(), data)
}

fn honest() -> History {
    let order = json!({"orderId": ORDER, "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10,
        "qtyInt": "1000000", "kind": "LIMIT", "priceInt": "9100000000000",
        "clientOrderId": "my-1"});
    let requests = vec![
        entry("1-0", "REGISTER_USER", Some("r1"), &json!({"depositInt": "100000000000"})),
        price("2-0", 1, "9223915735000", "9233144265000"),
        entry("3-0", "PLACE_ORDER", Some("r2"), &order),
        price("4-0", 2, "9085455000000", "9094545000000"),
    ];
    let resting = json!({"deposits": "100000000000", "balances": "90900000000", "locked": "0",
        "reserved": "9100000000", "house": "0", "shortfall": "0"});
    let filled = json!({"deposits": "100000000000", "balances": "90900000000",
        "locked": "9100000000", "house": "0", "shortfall": "0"});
    let trades = [(1, 9_228_530_000_000_i64), (2, 9_090_000_000_000)];
    let sent = trades.map(|(n, price)| {
        let payload = json!({"symbol": "BTCUSDT", "tradeId": n, "priceInt": price.to_string(),
            "qtyInt": "1", "timeUs": 1_000 * n});
        entry(&format!("{n}-0"), "TRADE", None, &payload)
    });
    let rows = trades.map(|(n, price)| {
        json!({"id": format!("BTCUSDT-{n}"), "symbol": "BTCUSDT", "priceInt": price, "qtyInt": 1,
            "timeUs": 1_000 * n})
    });
    History {
        shards: vec![ShardHistory {
            requests_added: requests.len() as u64,
            requests,
            responses: responses(),
            snapshots: vec![snapshot("3-0", 0, &resting), snapshot("4-0", 1, &filled)],
        }],
        order_rows: vec![order_row()],
        fill_rows: vec![fill_row()],
        income_rows: vec![income_row()],
        traded: sent.into(),
        trades: rows.into(),
        appended: vec![Appended { id: id("3-0"), request_id: "r2".to_owned() }],
        ..History::default()
    }
}

fn audited(tamper: impl FnOnce(&mut History)) -> Findings {
    let mut history = honest();
    tamper(&mut history);
    audit(&history)
}

/// Asserts that the auditor finds this discrepancy.
fn must_find(subject: Subject, kind: Kind, what: &str, tamper: impl FnOnce(&mut History)) {
    let findings = audited(tamper);
    let found = findings.discrepancies.iter().any(|discrepancy| {
        (discrepancy.subject, discrepancy.kind) == (subject, kind)
            && discrepancy.what.contains(what)
    });
    assert!(found, "{subject}, {kind:?}, {what} is not in {:#?}", findings.discrepancies);
}

/// Replaces a part of the payload of an event.
fn edit(history: &mut History, event: usize, from: &str, to: &str) {
    let payload = history.shards[0].responses[event].fields.get_mut("payload").unwrap();
    assert!(payload.contains(from), "{from} is not in {payload}");
    *payload = payload.replace(from, to);
}

#[test]
fn an_honest_history_of_a_resting_order_is_clean() {
    let findings = audited(|_| {});
    assert!(findings.is_clean(), "{:#?}", findings.discrepancies);
    assert_eq!(findings.tallies[&Subject::Events].checked, 3);
    assert_eq!(findings.tallies[&Subject::Appends].checked, 1);
    assert_eq!(findings.tallies[&Subject::OrderRows].checked, 1);
    assert_eq!(findings.tallies[&Subject::FillRows].checked, 1);
}

#[test]
fn a_wrong_field_of_an_order_or_a_fill_is_found() {
    let wrong = |what, event, from, to| {
        must_find(Subject::Events, Kind::Wrong, what, |history| edit(history, event, from, to));
    };
    wrong("3-0, payload.order.clientOrderId", 1, "my-1", "my-2");
    wrong("3-0, payload.account.reservedInt", 1, r#""reservedInt":"9100000000","seq"#, r#""seq"#);
    wrong("4-0, payload.execution.fill.role", 2, "MAKER", "TAKER");
    wrong("4-0, payload.execution.order.status", 2, "FILLED", "EXPIRED");
    must_find(Subject::Events, Kind::Wrong, "4-0, payload.execution", |history| {
        let payload = history.shards[0].responses[2].fields.get_mut("payload").unwrap();
        let mut event: Value = serde_json::from_str(payload).unwrap();
        event.as_object_mut().unwrap().remove("execution");
        *payload = event.to_string();
    });
}

#[test]
fn an_order_event_that_is_missing_or_doubled_is_found() {
    must_find(Subject::Events, Kind::Lost, "3-0", |history| {
        history.shards[0].responses.remove(1);
    });
    must_find(Subject::Events, Kind::Doubled, "3-1", |history| {
        let mut again = history.shards[0].responses[1].clone();
        again.id = id("3-1");
        history.shards[0].responses.insert(2, again);
    });
    let ended = |at: &str, kind| {
        entry(at, kind, None, &json!({"order": {"orderId": ORDER}, "account": {}}))
    };
    must_find(Subject::Events, Kind::Doubled, "6-0", |history| {
        history.shards[0].responses.push(ended("5-0", "ORDER_CANCELED"));
        history.shards[0].responses.push(ended("6-0", "ORDER_EXPIRED"));
    });
}

#[test]
fn a_row_of_an_order_that_is_missing_wrong_or_too_much_is_found() {
    let other = "01a20bc0-9a10-7313-9d4f-7a2effa3c790";
    must_find(Subject::OrderRows, Kind::Lost, ORDER, |history| history.order_rows.clear());
    must_find(Subject::OrderRows, Kind::Doubled, ORDER, |history| {
        history.order_rows.push(order_row());
    });
    must_find(Subject::OrderRows, Kind::Wrong, other, |history| {
        history.order_rows.push(order_row());
        history.order_rows[1]["order_id"] = other.into();
    });
    // An earlier state that has replaced the last one, whole or only in a column.
    must_find(Subject::OrderRows, Kind::Wrong, &format!("{ORDER}, event_id"), |history| {
        history.order_rows[0]["event_id"] = "3-0".into();
    });
    for (column, value) in order_row().as_object().unwrap() {
        let wrong = if value.is_string() { Value::Null } else { "?".into() };
        let kind = if column == "order_id" { Kind::Lost } else { Kind::Wrong };
        must_find(Subject::OrderRows, kind, ORDER, |history| {
            history.order_rows[0][column] = wrong;
        });
    }
}

#[test]
fn a_row_of_a_fill_that_is_missing_wrong_or_too_much_is_found() {
    must_find(Subject::FillRows, Kind::Lost, "4-0", |history| history.fill_rows.clear());
    must_find(Subject::FillRows, Kind::Doubled, "4-0", |history| {
        history.fill_rows.push(fill_row());
    });
    // The same fill once more, under an id of its own.
    must_find(Subject::FillRows, Kind::Wrong, "4-1", |history| {
        history.fill_rows.push(fill_row());
        history.fill_rows[1]["id"] = "4-1".into();
    });
    must_find(Subject::FillRows, Kind::Wrong, "4-0", |history| {
        history.fill_rows.insert(0, fill_row());
        history.fill_rows[0]["id"] = "5-0".into();
    });
    for (column, value) in fill_row().as_object().unwrap() {
        let wrong = if value.is_string() { Value::Null } else { "?".into() };
        let kind = if column == "id" { Kind::Lost } else { Kind::Wrong };
        must_find(Subject::FillRows, kind, "4-0", |history| {
            history.fill_rows[0][column] = wrong;
        });
    }
}

#[test]
fn a_wrong_reserve_in_a_snapshot_is_found() {
    must_find(Subject::Snapshots, Kind::Wrong, "3-0, ledger.reserved", |history| {
        history.shards[0].snapshots[0].1["ledger"]["reserved"] = "9100000001".into();
    });
}

#[test]
fn an_acknowledged_entry_that_is_gone_is_lost() {
    must_find(Subject::Appends, Kind::Lost, "r3", |history| {
        history.appended.push(Appended { id: id("3-1"), request_id: "r3".to_owned() });
    });
    must_find(Subject::Appends, Kind::Lost, "r2", |history| {
        history.appended[0].id = id("3-1");
    });
}

#[test]
fn a_statement_that_is_missing_a_line_or_has_a_wrong_one_is_found() {
    must_find(Subject::IncomeRows, Kind::Lost, "1-0 TRANSFER", |history| {
        history.income_rows.clear();
    });
    must_find(Subject::Statements, Kind::Wrong, USER, |history| history.income_rows.clear());
    must_find(Subject::IncomeRows, Kind::Wrong, "1-0 TRANSFER, amount", |history| {
        history.income_rows[0]["amount"] = 1.into();
    });
    must_find(Subject::IncomeRows, Kind::Doubled, "1-0 TRANSFER", |history| {
        history.income_rows.push(income_row());
    });
    must_find(Subject::IncomeRows, Kind::Wrong, "4-0 COMMISSION", |history| {
        history.income_rows.push(income_row());
        history.income_rows[1]["line"] = "4-0 COMMISSION".into();
    });
}
