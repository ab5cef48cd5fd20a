//! The auditor checks accounts that are opened and reset, and fundings. The history is written by
//! hand: an account of 500 USD is opened, and reset to 700 USD.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chaos::audit::{History, Kind, ShardHistory, Subject, audit};
use chaos::journal::{Answer, Attempt, Deed};
use model::{Entry, Id};
use serde_json::{Value, json};

const USER: &str = "01a20bc0-9a10-7313-9d4f-7a2effa3c781";
const ACCOUNT: &str = "087d1798-8929-541d-9f24-5fca8db267e1";

fn entry(at: &str, kind: &str, request_id: &str, payload: &Value) -> Entry {
    let id = Id::parse(at).unwrap();
    let fields = [
        ("v", "1"),
        ("type", kind),
        ("requestId", request_id),
        ("userId", ACCOUNT),
        ("timestamp", &id.ms.to_string()),
        ("payload", &payload.to_string()),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    Entry { id, fields }
}

fn funding(at: &str) -> Entry {
    let payload = json!({"symbol": "BTCUSDT", "fundingTime": 5, "fundingRateInt": "10000",
        "markPriceInt": "9100000000000"});
    let mut funding = entry(at, "FUNDING", "", &payload);
    for name in ["requestId", "userId"] {
        funding.fields.remove(name);
    }
    funding
}

fn attempt(user_id: &str, deed: Deed, key: &str, body: Value) -> Attempt {
    let answer = Some(Answer { status: 200, body });
    let (user_id, key) = (Some(user_id.to_owned()), Some(key.to_owned()));
    Attempt { user_id, deed, request_id: "r2".to_owned(), key, answer }
}

fn honest() -> History {
    let account = |balance: &str, sequence: u64| json!({"balanceInt": balance, "usedMarginInt": "0", "sequence": sequence});
    let registered = json!({"account": account("50000000000", 1), "depositInt": "50000000000"});
    let reset = json!({"account": account("70000000000", 2), "balanceInt": "70000000000",
        "previousInt": "50000000000"});
    let line = |id: &str, amount: i64, time: u64| {
        // The deposit and the reset are the first events.
        json!({"line": format!("{id} TRANSFER"), "id": id, "kind": "TRANSFER", "user_id": ACCOUNT,
            "amount": amount, "asset": null, "order_id": null, "position_id": null, "time": time,
            "sequence": time})
    };
    let told = json!({"account": {"balance": "700", "balanceInt": "70000000000",
        "usedMargin": "0", "usedMarginInt": "0", "sequence": 2}});
    let opened = || json!({"account": {"accountId": ACCOUNT}});
    let open = || Deed::OpenAccount { balance: "500".to_owned() };
    let ledger = json!({"deposits": "70000000000", "balances": "70000000000", "locked": "0",
        "house": "0", "shortfall": "0"});
    let snapshot = json!({"accounts": 1, "openPositions": 0, "ledger": ledger,
        "lastStreamId": "6-0"});
    let mut settled = funding("6-0");
    settled.fields.insert("type".to_owned(), "SETTLE_FUNDING".to_owned());
    History {
        shards: vec![ShardHistory {
            requests: vec![
                entry("1-0", "REGISTER_USER", "r1", &json!({"depositInt": "50000000000"})),
                entry("2-0", "RESET_ACCOUNT", "r2", &json!({"balanceInt": "70000000000"})),
                settled,
            ],
            requests_added: 3,
            responses: vec![
                entry("1-0", "USER_REGISTERED", "r1", &registered),
                entry("2-0", "ACCOUNT_RESET", "r2", &reset),
            ],
            snapshots: vec![("6-0".to_owned(), snapshot)],
        }],
        income_rows: vec![line("1-0", 50_000_000_000, 1), line("2-0", 20_000_000_000, 2)],
        // The poller may send a funding twice.
        traded: vec![funding("5-0"), funding("5-1")],
        funding_rows: vec![
            json!({"name": "BTCUSDT 5", "rate": 10_000, "mark_price": 9_100_000_000_000_i64}),
        ],
        journal: vec![
            attempt(USER, open(), "a", opened()),
            attempt(USER, open(), "a", opened()),
            attempt(ACCOUNT, Deed::Reset, "b", told),
        ],
        ..History::default()
    }
}

fn must_find(subject: Subject, kind: Kind, tamper: impl FnOnce(&mut History)) {
    let mut history = honest();
    tamper(&mut history);
    let found = audit(&history).discrepancies;
    assert!(found.iter().any(|found| (found.subject, found.kind) == (subject, kind)), "{found:#?}");
}

fn body(history: &mut History, attempt: usize) -> &mut Value {
    &mut history.journal[attempt].answer.as_mut().unwrap().body["account"]
}

#[test]
fn an_honest_history_is_clean() {
    let findings = audit(&honest());
    assert!(findings.is_clean(), "{:#?}", findings.discrepancies);
    let checked = |subject| findings.tallies[&subject].checked;
    let subjects = [Subject::Accounts, Subject::Resets, Subject::Fundings];
    assert_eq!(subjects.map(checked), [2, 1, 1]);
}

#[test]
fn an_account_that_is_opened_twice_or_with_another_balance_is_found() {
    must_find(Subject::Accounts, Kind::Doubled, |history| {
        body(history, 1)["accountId"] = USER.into();
    });
    must_find(Subject::Accounts, Kind::Wrong, |history| {
        history.journal[0].deed = Deed::OpenAccount { balance: "501".to_owned() };
    });
}

#[test]
fn a_reset_that_is_lost_wrong_or_refused_although_it_was_done_is_found() {
    must_find(Subject::Resets, Kind::Wrong, |history| body(history, 2)["sequence"] = 1.into());
    must_find(Subject::Resets, Kind::Wrong, |history| {
        body(history, 2)["balanceInt"] = "70000000001".into();
    });
    must_find(Subject::Refusals, Kind::Wrong, |history| {
        let answer = history.journal[2].answer.as_mut().unwrap();
        (answer.status, answer.body) = (409, json!({"code": "STALE_PRICE"}));
    });
}

#[test]
fn a_funding_without_a_row_or_with_another_rate_is_found() {
    must_find(Subject::Fundings, Kind::Lost, |history| history.funding_rows.clear());
    must_find(Subject::Fundings, Kind::Wrong, |history| {
        history.funding_rows[0]["rate"] = 10_001.into();
    });
    must_find(Subject::Fundings, Kind::Wrong, |history| {
        for funding in &mut history.traded {
            let payload = funding.fields.get_mut("payload").unwrap();
            *payload = payload.replace("10000", "10001");
        }
        history.funding_rows[0]["rate"] = 10_001.into();
    });
}

/// The same history on two shards, of which the account is in the second: its events have other ids.
fn on_two_shards(history: &mut History) {
    history.shards.insert(0, ShardHistory::default());
    for event in &mut history.shards[1].responses {
        event.id = event.id.output(1 << 26);
    }
    for line in &mut history.income_rows {
        let id = format!("{}-67108864", line["sequence"]);
        (line["line"], line["id"]) = (format!("{id} TRANSFER").into(), id.into());
    }
}

#[test]
fn an_account_in_a_shard_has_events_of_that_shard_and_no_requests_elsewhere() {
    let mut history = honest();
    on_two_shards(&mut history);
    let findings = audit(&history);
    assert!(findings.is_clean(), "{:#?}", findings.discrepancies);
    must_find(Subject::Events, Kind::Lost, |history| {
        on_two_shards(history);
        let first = &mut history.shards[1].responses[0];
        first.id = Id { seq: 0, ..first.id };
    });
    must_find(Subject::Requests, Kind::Wrong, |history| {
        on_two_shards(history);
        history.shards.swap(0, 1);
    });
    must_find(Subject::Snapshots, Kind::Lost, |history| {
        on_two_shards(history);
        history.shards[1].snapshots.clear();
    });
    must_find(Subject::Requests, Kind::Lost, |history| {
        on_two_shards(history);
        history.shards[0].requests_added = 1;
    });
}
