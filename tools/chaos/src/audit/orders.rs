//! Checks the rows of `orders`: the model's last state of each order, under the event that brought
//! it.

use super::{Findings, History, Subject, Truth, records::compare_rows};
use model::amount::read;
use model::{Event, Id, Model, Order};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn check(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let expected = expected(&truth.models, &truth.events);
    compare_rows(Subject::OrderRows, "order_id", expected, &history.order_rows, findings);
}

/// The expected rows. The states are those that the models end with, and only the ids are of its
/// events: a row that follows an event is wrong if the event tells something else.
fn expected(models: &[Model], events: &[(Id, Event)]) -> BTreeMap<String, Value> {
    let mut states: BTreeMap<String, Value> = BTreeMap::new();
    let mut brought_by: BTreeMap<String, Id> = BTreeMap::new();
    for (id, event) in events {
        let plain = plain_order(event);
        let told = told_order(event).or(plain.as_ref());
        if let Some(order_id) = told.and_then(|order| order["orderId"].as_str()) {
            brought_by.insert(order_id.to_owned(), *id);
        }
        // The models keep no plain orders.
        states.extend(plain.map(|order| (text(&order, "orderId"), order)));
    }
    let kept = models.iter().flat_map(|model| model.ended.iter().chain(model.resting_orders()));
    states.extend(kept.map(|order: &Order| (order.order_id.clone(), order.message())));
    let row = |(order_id, state): (String, Value)| {
        let row = row(&state, brought_by.get(&order_id));
        (order_id, row)
    };
    states.into_iter().map(row).collect()
}

/// The order that an event carries, after the event.
fn told_order(event: &Event) -> Option<&Value> {
    let order = match event.kind {
        "ORDER_ACCEPTED" | "ORDER_AMENDED" | "ORDER_ACTIVATED" | "ORDER_CANCELED"
        | "ORDER_EXPIRED" => event.payload.get("order"),
        _ => event.payload.get("execution")?.get("order"),
    };
    order.filter(|order| !order.is_null())
}

/// The plain market order that opened a position: its event has no order. The order is filled
/// whole when it arrives; its worst acceptable price is in no event.
fn plain_order(event: &Event) -> Option<Value> {
    let has_order = event.payload["execution"].get("order").is_some();
    if event.kind != "ORDER_OPENED" || has_order {
        return None;
    }
    let position = &event.payload["order"];
    Some(json!({
        "orderId": position["orderId"],
        "userId": position["userId"],
        "sequence": event.account.sequence,
        "asset": position["asset"],
        "side": if position["orderType"] == "LONG" { "BUY" } else { "SELL" },
        "kind": "MARKET",
        "timeInForce": "GTC",
        "qtyInt": position["qtyInt"],
        "leverage": position["leverage"],
        "stopLossInt": position["stopLossInt"],
        "takeProfitInt": position["takeProfitInt"],
        "reservedInt": "0",
        "status": "FILLED",
        "filledQtyInt": position["qtyInt"],
        "averagePriceInt": position["executionPriceInt"],
        "createdAt": position["createdAt"],
        "updatedAt": position["createdAt"],
    }))
}

/// The row of an order, as `row_to_json` shows it with times in Unix ms.
fn row(order: &Value, event_id: Option<&Id>) -> Value {
    let amount = |name| read(order, name).and_then(|amount| i64::try_from(amount).ok());
    json!({
        "order_id": order["orderId"],
        "user_id": order["userId"],
        "client_order_id": order["clientOrderId"],
        "asset": order["asset"],
        "side": order["side"],
        "position_side": order["positionSide"],
        "position_id": order["positionId"],
        "kind": order["kind"],
        "time_in_force": order["timeInForce"],
        "qty": amount("qtyInt"),
        "price": amount("priceInt"),
        "trigger_price": amount("triggerPriceInt"),
        "callback_bps": order["callbackBps"],
        "trailing_stop_bps": order["trailingStopBps"],
        "activated_at": order["activatedAt"],
        "reduce_only": order["reduceOnly"] == true,
        "close_position": order["closePosition"] == true,
        "leverage": order["leverage"],
        "stop_loss": amount("stopLossInt"),
        "take_profit": amount("takeProfitInt"),
        "price_limit": amount("priceLimitInt"),
        "max_slippage_bps": order["maxSlippageBps"],
        "expires_at": order["expiresAt"],
        "reserved": amount("reservedInt"),
        "status": order["status"],
        "reason": order["reason"],
        "filled_qty": amount("filledQtyInt"),
        "average_price": amount("averagePriceInt"),
        "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "event_id": event_id.map(Id::to_string),
        "sequence": order["sequence"],
    })
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
