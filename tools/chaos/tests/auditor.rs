//! The auditor finds every planted error. The clean history is written by hand with the figures of
//! the README's first trade, which also tests the auditor's formulas.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chaos::audit::{Findings, History, Kind, Reading, ShardHistory, Subject, audit};
use chaos::journal::{Answer, Attempt, Deed};
use model::{Entry, Id};
use serde_json::{Value, json};

const USER: &str = "01a20bc0-9a10-7313-9d4f-7a2effa3c781";
/// Opened at 10x and closed by its owner.
const FIRST: &str = "0853d9e4-965f-518c-9cd8-65029e3511e3";
/// Opened at 100x and closed beyond its margin.
const SECOND: &str = "01a20bc0-9a10-7313-9d4f-7a2effa3c790";

#[expect(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]
fn entry(id: &str, kind: &str, request_id: Option<&str>, user: bool, payload: Value) -> Entry {
    let id = Id::parse(id).unwrap();
    let mut fields = vec![("v", "1".to_owned()), ("type", kind.to_owned())];
    fields.extend(request_id.map(|request_id| ("requestId", request_id.to_owned())));
    fields.extend(user.then(|| ("userId", USER.to_owned())));
    fields.push(("timestamp", id.ms.to_string()));
    fields.push(("payload", payload.to_string()));
    Entry { id, fields: fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() }
}

/// The time of a trade: the millisecond in which its price enters the stream.
const fn traded_at_ms(trade_id: u64) -> u64 {
    2 * trade_id
}

fn price(id: &str, trade_id: u64, bid: &str, ask: &str) -> Entry {
    let payload = json!({"symbol": "BTCUSDT", "bidPriceInt": bid, "askPriceInt": ask,
        "tradeId": trade_id, "tradedAt": traded_at_ms(trade_id), "validForMs": 3_000});
    entry(id, "PRICE_UPDATE", None, false, payload)
}

fn place(id: &str, request_id: &str, order_id: &str, leverage: u32) -> Entry {
    let payload = json!({"orderId": order_id, "asset": "BTCUSDT", "orderType": "LONG",
        "leverage": leverage, "qtyInt": "1000000"});
    entry(id, "PLACE_ORDER", Some(request_id), true, payload)
}

fn order(order_id: &str, leverage: u32, margin: &str, liquidation: &str, at: u64) -> Value {
    json!({"orderId": order_id, "userId": USER, "asset": "BTCUSDT", "orderType": "LONG",
        "leverage": leverage, "qtyInt": "1000000", "marginInt": margin,
        "executionPriceInt": "9233144265000", "liquidationPriceInt": liquidation, "createdAt": at})
}

fn first_order() -> Value {
    order(FIRST, 10, "9233144265", "8402161281150", 3)
}

fn second_order() -> Value {
    order(SECOND, 100, "923314427", "9150045966615", 3)
}

fn account(balance: &str, used_margin: &str, sequence: u64) -> Value {
    json!({"balanceInt": balance, "usedMarginInt": used_margin, "sequence": sequence})
}

fn requests() -> Vec<Entry> {
    let deposit = json!({"depositInt": "100000000000"});
    vec![
        entry("1-0", "REGISTER_USER", Some("r1"), true, deposit),
        price("2-0", 1, "9223915735000", "9233144265000"),
        place("3-0", "r2", FIRST, 10),
        place("3-1", "r3", SECOND, 100),
        price("4-0", 2, "9212241575000", "9221458425000"),
        entry("5-0", "CLOSE_ORDER", Some("r4"), true, json!({"orderId": FIRST})),
        // Repeated after its answer was lost.
        place("5-1", "r5", FIRST, 10),
        price("6-0", 3, "9100000000000", "9109104552278"),
    ]
}

fn responses() -> Vec<Entry> {
    let closed = |order, reason, price, pnl, shortfall, tick, at: u64| {
        json!({"order": order, "closeReason": reason, "closePriceInt": price, "finalPnLInt": pnl,
            "shortfallInt": shortfall, "tickId": tick, "closedAt": at})
    };
    let manual = closed(first_order(), "MANUAL", "9212241575000", "-209026900", "0", "4-0", 5);
    let called =
        closed(second_order(), "MARGIN_CALL", "9100000000000", "-923314427", "408128223", "6-0", 6);
    let registered =
        json!({"account": account("100000000000", "0", 1), "depositInt": "100000000000"});
    let opened = |account, order| json!({"account": account, "order": order});
    let first = opened(account("90766855735", "9233144265", 2), first_order());
    let second = opened(account("89843541308", "10156458692", 3), second_order());
    vec![
        entry("1-0", "USER_REGISTERED", Some("r1"), true, registered),
        entry("3-0", "ORDER_OPENED", Some("r2"), true, first),
        entry("3-4294967296", "ORDER_OPENED", Some("r3"), true, second),
        entry(
            "5-0",
            "ORDER_CLOSED",
            Some("r4"),
            true,
            opened(account("98867658673", "923314427", 4), manual),
        ),
        entry("6-0", "ORDER_CLOSED", None, true, opened(account("98867658673", "0", 5), called)),
    ]
}

fn terms(margin: [&str; 2], liquidation: [&str; 2], order_id: &str, leverage: u32) -> Value {
    json!({"orderId": order_id, "asset": "BTCUSDT", "orderType": "LONG", "leverage": leverage,
        "qty": "0.01", "qtyInt": "1000000", "margin": margin[0], "marginInt": margin[1],
        "executionPrice": "92331.44265", "executionPriceInt": "9233144265000",
        "liquidationPrice": liquidation[0], "liquidationPriceInt": liquidation[1],
        "stopLoss": null, "stopLossInt": null, "takeProfit": null, "takeProfitInt": null,
        "createdAt": 3})
}

fn with(mut value: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    value.as_object_mut().unwrap().extend(more);
    value
}

fn first_terms() -> Value {
    terms(["92.33144265", "9233144265"], ["84021.6128115", "8402161281150"], FIRST, 10)
}

fn first_open() -> Value {
    let value = json!({"status": "OPEN", "markPrice": "92239.15735",
        "markPriceInt": "9223915735000", "unrealizedPnL": "-0.922853",
        "unrealizedPnLInt": "-92285300"});
    with(first_terms(), value)
}

fn first_closed() -> Value {
    let record = json!({"status": "CLOSED", "closeReason": "MANUAL", "closePrice": "92122.41575",
        "closePriceInt": "9212241575000", "finalPnL": "-2.090269", "finalPnLInt": "-209026900",
        "shortfall": "0", "shortfallInt": "0", "tickId": "4-0", "closedAt": 5});
    with(first_terms(), record)
}

fn second_closed() -> Value {
    let liquidation = ["91500.45966615", "9150045966615"];
    let terms = terms(["9.23314427", "923314427"], liquidation, SECOND, 100);
    let record = json!({"status": "CLOSED", "closeReason": "MARGIN_CALL", "closePrice": "91000",
        "closePriceInt": "9100000000000", "finalPnL": "-9.23314427", "finalPnLInt": "-923314427",
        "shortfall": "4.08128223", "shortfallInt": "408128223", "tickId": "6-0", "closedAt": 6});
    with(terms, record)
}

fn rows() -> Vec<Value> {
    let row = |order: Value, record: Value| {
        let mut row = with(order, record);
        for (name, value) in row.as_object_mut().unwrap() {
            if let (true, Some(text)) = (name.ends_with("Int"), value.as_str()) {
                *value = text.parse::<i64>().unwrap().into();
            }
        }
        let none = json!({"stopLossInt": null, "takeProfitInt": null, "commissionInt": 0,
            "fundingInt": 0, "liquidationFeeInt": 0});
        with(row, none)
    };
    let manual = json!({"closePriceInt": 9_212_241_575_000_i64, "finalPnLInt": -209_026_900,
        "shortfallInt": 0, "closeReason": "MANUAL", "tickId": "4-0", "closedAt": 5});
    let called = json!({"closePriceInt": 9_100_000_000_000_i64, "finalPnLInt": -923_314_427,
        "shortfallInt": 408_128_223, "closeReason": "MARGIN_CALL", "tickId": "6-0", "closedAt": 6});
    vec![row(first_order(), manual), row(second_order(), called)]
}

/// The number of an event of the account.
fn sequence(event_id: &str) -> Value {
    let event = responses().into_iter().find(|entry| entry.id.to_string() == event_id).unwrap();
    event.payload().unwrap()["account"]["sequence"].clone()
}

/// The plain orders, each filled when it arrived.
fn order_rows() -> Vec<Value> {
    let row = |order_id: &str, leverage: u32, event_id: &str| {
        json!({"order_id": order_id, "user_id": USER, "client_order_id": null, "asset": "BTCUSDT",
            "side": "BUY", "position_side": null, "position_id": null, "kind": "MARKET", "price": null,
            "time_in_force": "GTC", "qty": 1_000_000, "trigger_price": null, "callback_bps": null,
            "trailing_stop_bps": null, "activated_at": null, "reduce_only": false, "expires_at": null,
            "close_position": false, "leverage": leverage, "stop_loss": null, "take_profit": null,
            "price_limit": null, "max_slippage_bps": null, "reserved": 0,
            "status": "FILLED", "reason": null, "filled_qty": 1_000_000, "created_at": 3, "updated_at": 3,
            "average_price": 9_233_144_265_000_i64, "event_id": event_id, "sequence": sequence(event_id)})
    };
    vec![row(FIRST, 10, "3-0"), row(SECOND, 100, "3-4294967296")]
}

/// Their fills, and those of the closes.
fn fill_rows() -> Vec<Value> {
    let row = |id: &str, order_id: &str, price: i64, at: u64, close: Value| {
        let fill = json!({"id": id, "order_id": order_id, "position_id": order_id,
            "user_id": USER, "asset": "BTCUSDT", "side": "BUY", "qty": 1_000_000, "price": price, "fee": 0,
            "realized_pnl": 0, "role": "TAKER", "reason": null, "tick_id": null, "executed_at": at,
            "sequence": sequence(id), "order_sequence": sequence(id)});
        with(fill, close)
    };
    let close = |pnl: i64, reason, tick| json!({"side": "SELL", "realized_pnl": pnl, "reason": reason, "tick_id": tick});
    vec![
        row("3-0", FIRST, 9_233_144_265_000, 3, json!({})),
        row("3-4294967296", SECOND, 9_233_144_265_000, 3, json!({})),
        row("5-0", FIRST, 9_212_241_575_000, 5, close(-209_026_900, "MANUAL", "4-0")),
        row("6-0", SECOND, 9_100_000_000_000, 6, close(-923_314_427, "MARGIN_CALL", "6-0")),
    ]
}

/// The deposit, and the losses.
fn income_rows() -> Vec<Value> {
    let row = |id: &str, kind: &str, amount: i64, asset: Value, order: Value, at: u64| {
        json!({"line": format!("{id} {kind}"), "id": id, "kind": kind, "user_id": USER, "time": at,
            "amount": amount, "asset": asset, "order_id": order, "position_id": order, "sequence": sequence(id)})
    };
    vec![
        row("1-0", "TRANSFER", 100_000_000_000, Value::Null, Value::Null, 1),
        row("5-0", "REALIZED_PNL", -209_026_900, "BTCUSDT".into(), FIRST.into(), 5),
        row("6-0", "REALIZED_PNL", -923_314_427, "BTCUSDT".into(), SECOND.into(), 6),
    ]
}

/// The trades from which the bids and asks are made, with a spread of 0.1 %.
fn traded() -> Vec<Entry> {
    let trade = |n: u64, price: &str| {
        let payload = json!({"symbol": "BTCUSDT", "tradeId": n, "priceInt": price,
            "qtyInt": "1000000", "timeUs": 1_000 * traded_at_ms(n)});
        entry(&format!("{n}-0"), "TRADE", None, false, payload)
    };
    vec![trade(1, "9228530000000"), trade(2, "9216850000000"), trade(3, "9104552276139")]
}

fn trade_row(entry: &Entry) -> Value {
    let trade = entry.payload().unwrap();
    let number = |name: &str| trade[name].as_str().unwrap().parse::<i64>().unwrap();
    json!({"id": format!("BTCUSDT-{}", trade["tradeId"]), "symbol": "BTCUSDT",
        "priceInt": number("priceInt"), "qtyInt": number("qtyInt"), "timeUs": trade["timeUs"]})
}

fn attempt(request_id: &str, deed: Deed, key: Option<&str>, status: u16, body: Value) -> Attempt {
    let answer = Some(Answer { status, body });
    let (user_id, key) = (Some(USER.to_owned()), key.map(str::to_owned));
    Attempt { user_id, deed, request_id: request_id.to_owned(), key, answer }
}

fn journal() -> Vec<Attempt> {
    let balance = |balance: [&str; 2], used: [&str; 2], sequence: u64| {
        json!({"balance": balance[0], "balanceInt": balance[1], "usedMargin": used[0],
            "usedMarginInt": used[1], "sequence": sequence})
    };
    let signed_up = json!({"user": {"userId": USER},
        "balance": balance(["1000", "100000000000"], ["0", "0"], 1)});
    let opened = json!({"order": first_open(),
        "balance": balance(["907.66855735", "90766855735"], ["92.33144265", "9233144265"], 2)});
    let after = || balance(["988.67658673", "98867658673"], ["9.23314427", "923314427"], 4);
    let closed = json!({"order": first_closed(), "balance": after()});
    let again = json!({"order": first_closed(), "balance": after(), "repeated": true});
    let close = Deed::Close { order_id: FIRST.to_owned() };
    let email = "you@example.com".to_owned();
    vec![
        attempt("r0", Deed::SignUp { email }, None, 201, signed_up),
        attempt("r2", Deed::Open { ticket: json!({}) }, Some("key"), 201, opened),
        attempt("r4", close, None, 200, closed),
        attempt("r5", Deed::Open { ticket: json!({}) }, Some("key"), 200, again),
    ]
}

fn shard(snapshot: Value) -> ShardHistory {
    let snapshots = vec![("6-0".to_owned(), snapshot)];
    ShardHistory { requests: requests(), requests_added: 8, responses: responses(), snapshots }
}

fn honest() -> History {
    let ledger = json!({"deposits": "100000000000", "balances": "98867658673", "locked": "0",
        "house": "1132341327", "shortfall": "408128223"});
    let snapshot = json!({"version": 1, "lastStreamId": "6-0", "accounts": 1, "openPositions": 0,
        "closedOrders": 2, "ledger": ledger, "stateHash": "…"});
    let balance = json!({"balance": "988.67658673", "balanceInt": "98867658673", "usedMargin": "0",
        "usedMarginInt": "0", "unrealizedPnL": "0", "unrealizedPnLInt": "0",
        "equity": "988.67658673", "equityInt": "98867658673"});
    let closed = vec![second_closed(), first_closed()];
    History {
        shards: vec![shard(snapshot)],
        rows: rows(),
        order_rows: order_rows(),
        fill_rows: fill_rows(),
        income_rows: income_rows(),
        users: vec![("you@example.com".to_owned(), USER.to_owned())],
        readings: vec![Reading { user_id: USER.to_owned(), balance, open: Vec::new(), closed }],
        traded: traded(),
        trades: traded().iter().map(trade_row).collect(),
        mails: vec![entry("7-0", "MAGIC_LINK", None, false, json!({}))],
        letters: vec!["20261125T140501Z-.eml".to_owned()],
        journal: journal(),
        ..History::default()
    }
}

/// Audits the clean history after `tamper` has changed it.
fn audited(tamper: impl FnOnce(&mut History)) -> Findings {
    let mut history = honest();
    tamper(&mut history);
    audit(&history)
}

/// Asserts that the auditor finds exactly this discrepancy.
fn must_find(subject: Subject, kind: Kind, what: &str, tamper: impl FnOnce(&mut History)) {
    let findings = audited(tamper);
    let found = findings.discrepancies.iter().any(|discrepancy| {
        (discrepancy.subject, discrepancy.kind) == (subject, kind)
            && discrepancy.what.contains(what)
    });
    assert!(found, "{subject}, {kind:?}, {what} is not in {:#?}", findings.discrepancies);
    assert!(!findings.is_clean());
}

#[test]
fn an_honest_history_is_clean() {
    let findings = audited(|_| {});
    assert!(findings.is_clean(), "{:#?}", findings.discrepancies);
    let checked = |subject| findings.tallies[&subject].checked;
    assert_eq!(checked(Subject::Requests), 8);
    assert_eq!(checked(Subject::Events), 5);
    assert_eq!([Subject::Orders, Subject::Rows, Subject::OrderRows].map(checked), [2; 3]);
    assert_eq!(checked(Subject::FillRows), 4);
    assert_eq!(checked(Subject::IncomeRows), 3);
    let once = [Subject::Closes, Subject::Statements, Subject::Registrations];
    assert_eq!(once.map(checked), [1; 3]);
}

#[test]
fn an_acknowledged_order_that_is_not_in_the_stream_is_lost() {
    must_find(Subject::Orders, Kind::Lost, "r2", |history| {
        let is_kept = |entry: &Entry| !["r2", "r5"].contains(&entry.field("requestId"));
        history.shards[0].requests.retain(is_kept);
    });
    must_find(Subject::Requests, Kind::Lost, "request:stream", |history| {
        history.shards[0].requests.remove(3);
    });
}

#[test]
fn an_order_that_is_applied_twice_is_doubled() {
    // The second time under another id, as if the key were unknown.
    must_find(Subject::Orders, Kind::Doubled, "r2", |history| {
        let again = place("3-2", "r2", "01a20bc0-9a10-7313-9d4f-7a2effa3c7ff", 10);
        history.shards[0].requests.insert(4, again);
    });
    must_find(Subject::Orders, Kind::Doubled, "key", |history| {
        history.journal[3].answer.as_mut().unwrap().body["order"]["orderId"] = SECOND.into();
    });
}

#[test]
fn an_output_that_is_missing_doubled_edited_or_made_up_is_found() {
    must_find(Subject::Events, Kind::Lost, "3-4294967296", |history| {
        history.shards[0].responses.remove(2);
    });
    must_find(Subject::Events, Kind::Doubled, "3-4294967297", |history| {
        let mut again = history.shards[0].responses[2].clone();
        again.id = Id::parse("3-4294967297").unwrap();
        history.shards[0].responses.insert(3, again);
    });
    must_find(Subject::Events, Kind::Wrong, "5-0, payload.order.finalPnLInt", |history| {
        let payload = history.shards[0].responses[3].fields.get_mut("payload").unwrap();
        *payload = payload.replace("-209026900", "-209026901");
    });
    must_find(Subject::Events, Kind::Wrong, "7-0", |history| {
        let mut made_up = history.shards[0].responses[4].clone();
        made_up.id = Id::parse("7-0").unwrap();
        history.shards[0].responses.push(made_up);
    });
}

#[test]
fn a_wrong_digit_in_an_answer_is_found() {
    must_find(Subject::Orders, Kind::Wrong, "r2, marginInt", |history| {
        let order = &mut history.journal[1].answer.as_mut().unwrap().body["order"];
        order["marginInt"] = "9233144266".into();
    });
    must_find(Subject::Closes, Kind::Wrong, "usedMargin", |history| {
        let balance = &mut history.journal[2].answer.as_mut().unwrap().body["balance"];
        balance["usedMargin"] = "9.23314428".into();
    });
    must_find(Subject::Registrations, Kind::Lost, USER, |history| history.users.clear());
}

#[test]
fn a_refusal_of_what_was_done_is_wrong() {
    let refusal = json!({"code": "INSUFFICIENT_BALANCE"});
    must_find(Subject::Refusals, Kind::Wrong, "r2", |history| {
        history.journal[1].answer = Some(Answer { status: 422, body: refusal.clone() });
    });
    // The last answer for a key is a refusal, but an earlier attempt succeeded and its answer was
    // lost.
    must_find(Subject::Refusals, Kind::Wrong, "key", |history| {
        history.journal[1].answer = None;
        history.journal[3].answer = Some(Answer { status: 422, body: refusal.clone() });
    });
    // "Not taken" must be as true as any other refusal.
    must_find(Subject::Refusals, Kind::Wrong, "r2", |history| {
        let body = json!({"code": "ENGINE_NOT_READY"});
        history.journal[1].answer = Some(Answer { status: 503, body });
    });
}

#[test]
fn an_answer_that_never_came_is_no_fault() {
    let findings = audited(|history| {
        for attempt in &mut history.journal[1..] {
            attempt.answer = None;
        }
    });
    assert!(findings.is_clean(), "{:#?}", findings.discrepancies);
}

#[test]
fn a_row_that_is_missing_wrong_or_too_much_is_found() {
    must_find(Subject::Rows, Kind::Lost, FIRST, |history| {
        history.rows.remove(0);
    });
    must_find(Subject::Rows, Kind::Wrong, &format!("{SECOND}, shortfallInt"), |history| {
        history.rows[1]["shortfallInt"] = 408_128_222.into();
    });
    must_find(Subject::Rows, Kind::Doubled, FIRST, |history| {
        let row = history.rows[0].clone();
        history.rows.push(row);
    });
    must_find(Subject::Rows, Kind::Wrong, USER, |history| {
        let row = with(history.rows[0].clone(), json!({"orderId": USER}));
        history.rows.push(row);
    });
}

#[test]
fn a_row_of_a_plain_order_or_its_fills_that_is_not_as_it_should_be_is_found() {
    must_find(Subject::OrderRows, Kind::Lost, SECOND, |history| {
        history.order_rows.remove(1);
    });
    must_find(Subject::OrderRows, Kind::Wrong, &format!("{FIRST}, average_price"), |history| {
        history.order_rows[0]["average_price"] = 9_233_144_265_001_i64.into();
    });
    must_find(Subject::FillRows, Kind::Lost, "3-0", |history| {
        history.fill_rows.remove(0);
    });
    must_find(Subject::FillRows, Kind::Wrong, "5-0, side", |history| {
        history.fill_rows[2]["side"] = "BUY".into();
    });
    must_find(Subject::FillRows, Kind::Wrong, "6-0, reason", |history| {
        history.fill_rows[3]["reason"] = "STOP_LOSS".into();
    });
}

#[test]
fn a_wrong_digit_in_a_balance_is_found() {
    must_find(Subject::Balances, Kind::Wrong, "balanceInt", |history| {
        history.readings[0].balance["balanceInt"] = "98867658674".into();
    });
    must_find(Subject::Balances, Kind::Lost, SECOND, |history| {
        history.readings[0].closed.remove(0);
    });
    must_find(Subject::Balances, Kind::Wrong, FIRST, |history| {
        history.readings[0].open.push(first_open());
    });
}

#[test]
fn a_snapshot_that_does_not_add_up_is_found() {
    must_find(Subject::Snapshots, Kind::Wrong, "6-0, ledger.house", |history| {
        history.shards[0].snapshots[0].1["ledger"]["house"] = "1132341328".into();
    });
    must_find(Subject::Snapshots, Kind::Lost, "newest", |history| {
        history.shards[0].snapshots.clear();
    });
    must_find(Subject::Snapshots, Kind::Wrong, "6-1", |history| {
        history.shards[0].snapshots[0].0 = "6-1".to_owned();
    });
}

#[test]
fn a_trade_a_price_or_a_mail_that_is_not_as_it_should_be_is_found() {
    must_find(Subject::Trades, Kind::Lost, "BTCUSDT-2", |history| {
        history.trades.remove(1);
    });
    must_find(Subject::Trades, Kind::Wrong, "BTCUSDT-2, qtyInt", |history| {
        history.trades[1]["qtyInt"] = 1_000_001.into();
    });
    must_find(Subject::Prices, Kind::Wrong, "4-0, BTCUSDT-2, bidPriceInt", |history| {
        let payload = history.shards[0].requests[4].fields.get_mut("payload").unwrap();
        *payload = payload.replace("9212241575000", "9212241575001");
    });
    must_find(Subject::Mails, Kind::Lost, "", |history| history.letters.clear());
    must_find(Subject::Mails, Kind::Doubled, "", |history| {
        history.letters.push("20261125T140502Z-.eml".to_owned());
    });
}

#[test]
fn what_was_put_aside_is_found() {
    must_find(Subject::PutAside, Kind::Wrong, "6-0", |history| {
        let entry = history.shards[0].requests[7].clone();
        history.put_aside.push(("request:stream:dead".to_owned(), entry));
    });
}
