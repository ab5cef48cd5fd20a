//! Compares the database and the accounts over HTTP with what they must contain.

use super::{Findings, History, Kind, ShardHistory, Subject, Totals, Truth};
use model::{Id, Record, view};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Compares the rows of `closed_orders` with the closed positions.
pub fn check_rows(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let closed = truth.closed();
    let row = |closed: &Record| (closed.position.order_id.clone(), view::closed_row(closed));
    let expected = closed.map(row).collect();
    compare_rows(Subject::Rows, "orderId", expected, &history.rows, findings);
}

/// Compares all rows of a table with the expected ones, by the column `key`. It is the table's key,
/// but the auditor does not rely on that.
pub fn compare_rows(
    subject: Subject,
    key: &str,
    expected: BTreeMap<String, Value>,
    found: &[Value],
    findings: &mut Findings,
) {
    let mut rows: BTreeMap<&str, &Value> = BTreeMap::new();
    for row in found {
        let id = row[key].as_str().unwrap_or_default();
        if rows.insert(id, row).is_some() {
            findings.add(subject, Kind::Doubled, id, "one row", row);
        }
    }
    for (id, expected) in expected {
        findings.checked(subject);
        match rows.remove(id.as_str()) {
            Some(row) => findings.compare(subject, id, &expected, row),
            None => findings.add(subject, Kind::Lost, id, expected, "no row"),
        }
    }
    for (id, row) in rows {
        findings.add(subject, Kind::Wrong, id, "no row", row);
    }
}

/// Checks every snapshot that was taken, not only the newest.
pub fn check_snapshots(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    for (shard, totals) in history.shards.iter().zip(&truth.totals) {
        check_snapshots_of(shard, totals, findings);
    }
}

fn check_snapshots_of(
    shard: &ShardHistory,
    totals: &BTreeMap<Id, Totals>,
    findings: &mut Findings,
) {
    for (last_id, data) in &shard.snapshots {
        findings.checked(Subject::Snapshots);
        let Some(totals) = Id::parse(last_id).and_then(|id| totals.get(&id)) else {
            findings.add(Subject::Snapshots, Kind::Wrong, last_id, "an entry", "none with this id");
            continue;
        };
        let expected = serde_json::json!({
            "accounts": totals.accounts,
            "openPositions": totals.open_positions,
            "ledger": totals.ledger,
            "lastStreamId": last_id,
        });
        let found = ["accounts", "openPositions", "ledger", "lastStreamId"];
        let found = found.into_iter().map(|name| (name.to_owned(), data[name].clone())).collect();
        findings.compare(Subject::Snapshots, last_id, &expected, &Value::Object(found));
    }
    let end = shard.requests.last().map(|entry| entry.id.to_string());
    let newest = shard.snapshots.last().map(|(last_id, _)| last_id.clone());
    if newest != end {
        let (end, newest) = (end.unwrap_or_default(), newest.unwrap_or_default());
        findings.add(Subject::Snapshots, Kind::Lost, "the newest snapshot", end, newest);
    }
}

/// Checks every account that was read over HTTP, and notes those that were not read.
pub fn check_accounts(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let mut closed: HashMap<&str, Vec<Value>> = HashMap::new();
    for order in truth.closed() {
        closed.entry(&order.position.user_id).or_default().push(view::closed_order(order));
    }
    for reading in &history.readings {
        findings.checked(Subject::Balances);
        let user_id = reading.user_id.as_str();
        let Some(model) = truth.model_of(user_id) else {
            findings.add(Subject::Balances, Kind::Wrong, user_id, "no account", &reading.balance);
            continue;
        };
        let balance = view::balance_sheet(model.balance_sheet(user_id));
        let open = view::open_orders(model, user_id);
        findings.compare(
            Subject::Balances,
            format!("balance of {user_id}"),
            &balance,
            &reading.balance,
        );
        check_orders("open", user_id, &open, &reading.open, findings);
        let records = closed.remove(user_id).unwrap_or_default();
        check_orders("closed", user_id, &records, &reading.closed, findings);
    }
    for (_, user_id) in truth.accounts() {
        if !history.readings.iter().any(|reading| reading.user_id == *user_id) {
            findings.note("accounts whose client was never told of them");
        }
    }
}

fn check_orders(
    what: &str,
    user_id: &str,
    expected: &[Value],
    found: &[Value],
    findings: &mut Findings,
) {
    let id = |order: &Value| order["orderId"].as_str().unwrap_or_default().to_owned();
    let mut by_id: HashMap<String, &Value> = HashMap::new();
    for order in found {
        if by_id.insert(id(order), order).is_some() {
            let about = format!("{what} order {} of {user_id}", id(order));
            findings.add(Subject::Balances, Kind::Doubled, about, "once", "again");
        }
    }
    for order in expected {
        let about = format!("{what} order {} of {user_id}", id(order));
        match by_id.remove(&id(order)) {
            Some(found) => findings.compare(Subject::Balances, about, order, found),
            None => findings.add(Subject::Balances, Kind::Lost, about, order, "nothing"),
        }
    }
    for order in by_id.into_values() {
        let about = format!("{what} order {} of {user_id}", id(order));
        findings.add(Subject::Balances, Kind::Wrong, about, "nothing", order);
    }
}

/// Checks that no entry that clients or services sent was put aside as unreadable, and that none
/// has left `request:stream`: the audit would be incomplete.
pub fn check_put_aside(history: &History, findings: &mut Findings) {
    for (stream, entry) in &history.put_aside {
        findings.add(
            Subject::PutAside,
            Kind::Wrong,
            entry.id,
            format!("no entry in {stream}"),
            entry.field("error"),
        );
    }
    for shard in &history.shards {
        let (there, added) = (shard.requests.len() as u64, shard.requests_added);
        if there != added {
            findings.add(Subject::Requests, Kind::Lost, "request:stream", added, there);
        }
    }
}
