//! Checks the rows of `fills`: one for each event that opened, increased, reduced or closed a
//! position by a trade, in the order of the events.

use super::{Findings, History, Kind, Subject, Truth, records::compare_rows};
use model::amount::read;
use model::{Event, Id};
use serde_json::{Value, json};

pub fn check(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let expected = truth.events.iter();
    let expected = expected.filter_map(|(id, event)| Some((id.to_string(), row(*id, event)?)));
    compare_rows(Subject::FillRows, "id", expected.collect(), &history.fill_rows, findings);
    for pair in history.fill_rows.windows(2) {
        let [before, after] = [0, 1].map(|n| pair[n]["id"].as_str().and_then(Id::parse));
        if before > after {
            let [before, after] = [&pair[0]["id"], &pair[1]["id"]];
            findings.add(Subject::FillRows, Kind::Wrong, after, format!("before {before}"), after);
        }
    }
}

/// The row of an event's fill, as `row_to_json` shows it with the time in Unix ms.
fn row(id: Id, event: &Event) -> Option<Value> {
    let is_close = event.kind == "ORDER_CLOSED";
    let told = &event.payload["order"];
    let position = if is_close { &told["order"] } else { told };
    let fill = fill(event)?;
    let by_order = match event.payload.get("execution") {
        Some(execution) => !execution["order"].is_null() || event.kind == "ORDER_OPENED",
        None => !is_close,
    };
    let amount = |name| read(&fill, name).and_then(|amount| i64::try_from(amount).ok());
    Some(json!({
        "id": id.to_string(),
        "order_id": fill["orderId"],
        "position_id": fill["positionId"],
        "user_id": event.user_id,
        "asset": position["asset"],
        "side": fill["side"],
        "qty": amount("qtyInt"),
        "price": amount("priceInt"),
        "realized_pnl": amount("realizedPnLInt"),
        "fee": amount("feeInt").unwrap_or_default(),
        "role": fill["role"],
        "reason": if by_order { &Value::Null } else { &told["closeReason"] },
        "tick_id": fill["tickId"],
        "executed_at": id.ms,
        "sequence": event.account.sequence,
        "order_sequence": event.payload["execution"]["order"]["sequence"]
            .as_u64()
            .unwrap_or(event.account.sequence),
    }))
}

/// The fill that an event tells of, if it does.
pub fn fill(event: &Event) -> Option<Value> {
    let told = &event.payload["order"];
    match (event.payload.get("execution"), event.kind) {
        (Some(execution), _) => Some(execution["fill"].clone()),
        (None, "ORDER_CLOSED") => Some(close(told)),
        (None, "ORDER_OPENED") => Some(opening(told)),
        (None, _) => None,
    }
}

/// The fill of a plain market order, whose event does not name the tick.
fn opening(position: &Value) -> Value {
    json!({
        "orderId": position["orderId"],
        "positionId": position["orderId"],
        "side": if position["orderType"] == "LONG" { "BUY" } else { "SELL" },
        "qtyInt": position["qtyInt"],
        "priceInt": position["executionPriceInt"],
        "realizedPnLInt": "0",
        "role": "TAKER",
    })
}

/// The fill that closed a position without an order, which has the position's id instead.
fn close(closed: &Value) -> Value {
    let position = &closed["order"];
    json!({
        "orderId": position["orderId"],
        "positionId": position["orderId"],
        "side": if position["orderType"] == "LONG" { "SELL" } else { "BUY" },
        "qtyInt": position["qtyInt"],
        "priceInt": closed["closePriceInt"],
        "realizedPnLInt": closed["finalPnLInt"],
        "role": "TAKER",
        "tickId": closed["tickId"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Account;

    /// The event of a short's liquidation, after parts of it were closed before.
    fn liquidation(execution: Option<Value>) -> Event {
        let position = json!({"orderId": "p", "orderType": "SHORT", "asset": "BTCUSDT",
            "qtyInt": "500"});
        let mut payload = json!({"order": {"order": position, "closeReason": "MARGIN_CALL",
            "closePriceInt": "93", "finalPnLInt": "-70", "tickId": "7-0"}});
        if let Some(execution) = execution {
            payload["execution"] = execution;
        }
        let account = Account { sequence: 4, ..Account::default() };
        let (request_id, user_id) = (None, "u".to_owned());
        Event { kind: "ORDER_CLOSED", request_id, user_id, account, payload }
    }

    fn row_of(execution: Option<Value>) -> Value {
        row(Id { ms: 7, seq: 1 }, &liquidation(execution)).expect("a close is a fill")
    }

    #[test]
    fn the_fill_of_an_execution_comes_before_the_figures_of_the_close() {
        let whole = json!({"id": "7-1", "order_id": "p", "position_id": "p", "user_id": "u",
            "asset": "BTCUSDT", "side": "BUY", "qty": 500, "price": 93, "realized_pnl": -70,
            "fee": 0, "role": "TAKER", "reason": "MARGIN_CALL", "tick_id": "7-0",
            "executed_at": 7, "sequence": 4, "order_sequence": 4});
        assert_eq!(row_of(None), whole);

        let fill = json!({"orderId": "p", "positionId": "p", "side": "BUY", "qtyInt": "200",
            "priceInt": "94", "realizedPnLInt": "-50", "role": "TAKER", "tickId": "7-0"});
        let mut part = whole;
        for (name, value) in [("qty", 200), ("price", 94), ("realized_pnl", -50)] {
            part[name] = value.into();
        }
        assert_eq!(row_of(Some(json!({ "fill": fill }))), part);

        let order = json!({"orderId": "o", "sequence": 3});
        part["reason"] = Value::Null;
        part["order_sequence"] = 3.into();
        assert_eq!(row_of(Some(json!({ "order": order, "fill": fill }))), part);
    }
}
