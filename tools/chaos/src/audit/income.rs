//! Checks the rows of `income`: the lines of each event, and that all lines of an account add up to
//! what it holds.

use super::{Findings, History, Kind, Subject, Truth, fills, records::compare_rows};
use model::amount::read;
use model::{Event, Id};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

pub fn check(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let lines = truth.events.iter().flat_map(|(id, event)| rows(*id, event));
    let expected = lines.map(|row| (row["line"].as_str().unwrap_or_default().to_owned(), row));
    let expected: BTreeMap<_, _> = expected.collect();
    compare_rows(Subject::IncomeRows, "line", expected, &history.income_rows, findings);

    let mut sums: HashMap<&str, i128> = HashMap::new();
    for row in &history.income_rows {
        let (user_id, amount) = (row["user_id"].as_str(), row["amount"].as_i64());
        *sums.entry(user_id.unwrap_or_default()).or_default() += i128::from(amount.unwrap_or(0));
    }
    for (model, user_id) in truth.accounts() {
        findings.checked(Subject::Statements);
        let sheet = model.balance_sheet(user_id);
        let held = sheet.balance + sheet.used_margin + sheet.reserved;
        let sum = sums.get(user_id.as_str()).copied().unwrap_or_default();
        if sum != held {
            findings.add(Subject::Statements, Kind::Wrong, user_id, held, sum);
        }
    }
}

/// The rows of an event's lines, as `row_to_json` shows them with the time in Unix ms.
fn rows(id: Id, event: &Event) -> Vec<Value> {
    let payload = &event.payload;
    let amount = |object: &Value, name: &str| read(object, name).unwrap_or_default();
    let mut lines = Vec::new();
    let (mut asset, mut order_id, mut position_id) = (Value::Null, Value::Null, Value::Null);
    match event.kind {
        "USER_REGISTERED" => lines.push(("TRANSFER", amount(payload, "depositInt"))),
        "BALANCE_ADJUSTED" => lines.push(("ADJUSTMENT", amount(payload, "amountInt"))),
        "ACCOUNT_RESET" => {
            let difference = amount(payload, "balanceInt") - amount(payload, "previousInt");
            lines.push(("TRANSFER", difference));
        }
        "FUNDING_SETTLED" => {
            asset = payload["order"]["asset"].clone();
            position_id = payload["order"]["orderId"].clone();
            lines.push(("FUNDING_FEE", amount(payload, "amountInt")));
        }
        _ => {}
    }
    if let Some(fill) = fills::fill(event) {
        let told = &payload["order"];
        let position = if event.kind == "ORDER_CLOSED" { &told["order"] } else { told };
        asset = position["asset"].clone();
        (order_id, position_id) = (fill["orderId"].clone(), fill["positionId"].clone());
        lines.push(("REALIZED_PNL", amount(&fill, "realizedPnLInt")));
        lines.push(("COMMISSION", -amount(&fill, "feeInt")));
        lines.push(("LIQUIDATION_FEE", -amount(told, "liquidationFeeInt")));
    }
    lines.retain(|(_, amount)| *amount != 0);
    let row = |(kind, amount): (&str, i128)| {
        json!({
            "line": format!("{id} {kind}"),
            "id": id.to_string(),
            "kind": kind,
            "user_id": event.user_id,
            "amount": i64::try_from(amount).ok(),
            "asset": asset,
            "order_id": order_id,
            "position_id": position_id,
            "time": id.ms,
            "sequence": event.account.sequence,
        })
    };
    lines.into_iter().map(row).collect()
}
