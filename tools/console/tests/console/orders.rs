//! Orders of every kind and the positions that they change, from the stream alone: no service runs.

use crate::scene::{tick, velox, velox_json};
use messages::{
    AmendOrder, ClosePosition, EntryId, OrderId, OrderKind, OrderRef, PlaceOrder, REQUEST_STREAM,
    RegisterUser, Request, RequestEntry, RequestId, Side, StreamMessage as _, UserId,
};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};
use testkit::stack::Stack;
use testkit::symbols::BTC;
use uuid::Uuid;

const USER: UserId = UserId(Uuid::from_u128(1));
const EMAIL: &str = "you@example.com";
/// Opens the position.
const ENTRY: OrderId = OrderId(Uuid::from_u128(0xa));
/// Takes profit of a half.
const EXIT: OrderId = OrderId(Uuid::from_u128(0xb));
/// Would close the rest, and is canceled.
const STOP: OrderId = OrderId(Uuid::from_u128(0xc));

/// A stack whose history has a limit order that was amended and filled, a reducing one that was
/// filled, and one that was canceled; and the ticks that filled the first two.
async fn scene() -> (Stack, EntryId, EntryId) {
    let stack = Stack::new(&[]).await;
    sqlx::query("insert into users (id, email, phone, password) values ($1, $2, 15550100000, '')")
        .bind(USER.0)
        .bind(EMAIL)
        .execute(&stack.pool)
        .await
        .unwrap();
    let deposit = Usd::from_scaled(100_000_000_000);
    send(&stack, Request::RegisterUser(USER, RegisterUser { deposit })).await;
    tick(&stack, "99.9", "100").await;
    let market = |id, side, leverage| {
        PlaceOrder::market(id, BTC.to_string(), side, leverage, Qty::from_scaled(100_000_000))
    };
    let entry = PlaceOrder {
        kind: Some(OrderKind::Limit),
        price: Some(price("95")),
        client_order_id: Some("my-entry".to_owned()),
        ..market(ENTRY, Side::Long, 5)
    };
    send(&stack, Request::PlaceOrder(USER, entry)).await;
    let by_client_id = OrderRef::called("my-entry");
    let amendment = AmendOrder {
        order: by_client_id,
        qty: None,
        price: Some(price("96")),
        trigger_price: None,
        callback_bps: None,
    };
    send(&stack, Request::AmendOrder(USER, amendment)).await;
    let entered = tick(&stack, "95.9", "96").await;
    let reducing = |id, kind| PlaceOrder {
        kind: Some(kind),
        reduce_only: true,
        position_id: Some(ENTRY),
        ..market(id, Side::Short, 0)
    };
    let stop = PlaceOrder {
        trigger_price: Some(price("90")),
        close_position: true,
        qty: Qty::from_scaled(0),
        ..reducing(STOP, OrderKind::StopMarket)
    };
    send(&stack, Request::PlaceOrder(USER, stop)).await;
    let exit = PlaceOrder {
        price: Some(price("110")),
        qty: Qty::from_scaled(50_000_000),
        ..reducing(EXIT, OrderKind::Limit)
    };
    send(&stack, Request::PlaceOrder(USER, exit)).await;
    let left = tick(&stack, "110", "110.1").await;
    (stack, entered, left)
}

async fn send(stack: &Stack, request: Request) {
    let request_id = Some(RequestId(Uuid::now_v7()));
    let entry = RequestEntry { request_id, timestamp_ms: 1, reply_to: None, request };
    stack.streams.append(REQUEST_STREAM, &entry.encode()).await.unwrap();
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

/// What happened to an order: its requests, events and refusals.
fn life(order: &Value) -> Vec<&str> {
    let steps = order["life"].as_array().unwrap().iter();
    steps.map(|step| step["type"].as_str().or(step["code"].as_str()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_rest_are_listed() {
    let (stack, ..) = scene().await;
    let listed = velox_json(&stack, &["orders", "You@Example.com"]);
    assert!(listed["source"].as_str().unwrap().contains("the engine is not running"), "{listed}");
    assert_eq!(listed["userId"], USER.to_string());
    let orders = listed["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "{listed}");
    assert_eq!(orders[0]["orderId"], STOP.to_string());
    assert_eq!(orders[0]["positionId"], ENTRY.to_string());
    assert_eq!(orders[0]["triggerPriceInt"], "9000000000");
    velox(&stack, &["orders", EMAIL])
        .ends_with(0)
        .shows("Resting orders: 1")
        .shows("STOP_MARKET reduce only")
        .shows("all");
    velox(&stack, &["orders", EMAIL, "--asset", "ETHUSDT"]).ends_with(0).shows("orders: 0");
    velox(&stack, &["orders", "nobody@example.com"])
        .ends_with(1)
        .complains_of("no user has the email nobody@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_resting_order_is_shown() {
    let (stack, entered, left) = scene().await;
    for _ in 0..2 {
        send(&stack, Request::CancelOrder(USER, STOP.into())).await;
    }
    let entry = velox_json(&stack, &["order", "show", &ENTRY.to_string()]);
    assert_eq!((&entry["status"], &entry["position"]), (&json!("FILLED"), &json!("OPEN")));
    assert_eq!(entry["missing"], json!([]));
    let expected = [
        "PLACE_ORDER",
        "ORDER_ACCEPTED",
        "AMEND_ORDER",
        "ORDER_AMENDED",
        "ORDER_OPENED",
        "POSITION_CHANGED",
    ];
    assert_eq!(life(&entry), expected);
    assert_eq!(entry["life"][3]["order"]["priceInt"], "9600000000");
    assert_eq!(entry["life"][4]["execution"]["fill"]["role"], "MAKER");
    assert_eq!(entry["life"][4]["tick"]["id"], entered.to_string());

    let exit = velox_json(&stack, &["order", "show", &EXIT.to_string()]);
    assert_eq!((&exit["status"], &exit["position"]), (&json!("FILLED"), &Value::Null));
    assert_eq!(life(&exit), ["PLACE_ORDER", "ORDER_ACCEPTED", "POSITION_CHANGED"]);
    assert_eq!(exit["life"][2]["change"], "REDUCED");
    assert_eq!(exit["life"][2]["tick"]["id"], left.to_string());

    let stop = velox_json(&stack, &["order", "show", &STOP.to_string()]);
    assert_eq!(stop["status"], "CANCELED");
    let expected = [
        "PLACE_ORDER",
        "ORDER_ACCEPTED",
        "CANCEL_ORDER",
        "ORDER_CANCELED",
        "CANCEL_ORDER",
        "ORDER_ALREADY_DONE",
    ];
    assert_eq!(life(&stop), expected);
    velox(&stack, &["order", "show", &ENTRY.to_string()])
        .ends_with(0)
        .shows("FILLED; the position that it opened: OPEN")
        .shows("reserved 19.2")
        .shows(&format!("fill SELL 0.5 at 110 P&L 7 MAKER by order {EXIT} (LIMIT)"))
        .shows(&format!("filled by tick {entered}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_shown_with_its_orders_and_fills() {
    let (stack, entered, left) = scene().await;
    let shown = velox_json(&stack, &["position", &ENTRY.to_string()]);
    assert_eq!((&shown["status"], &shown["missing"]), (&json!("OPEN"), &json!([])));
    assert_eq!(shown["position"]["qty"], "0.5");
    let of = |list: &str, name: &str| -> Vec<Value> {
        shown[list].as_array().unwrap().iter().map(|each| each[name].clone()).collect()
    };
    assert_eq!(of("orders", "orderId"), [json!(ENTRY), json!(STOP), json!(EXIT)]);
    assert_eq!(of("orders", "status"), ["FILLED", "NEW", "FILLED"]);
    assert_eq!(of("fills", "orderId"), [json!(ENTRY), json!(EXIT)]);
    assert_eq!(of("fills", "tickId"), [json!(entered), json!(left)]);
    assert_eq!(of("fills", "realizedPnLInt"), ["0", "700000000"]);

    let closing = tick(&stack, "89", "89.1").await;
    let shown = velox_json(&stack, &["position", &ENTRY.to_string()]);
    assert_eq!(
        (&shown["status"], &shown["position"]["closeReason"]),
        (&json!("CLOSED"), &json!("STOP_LOSS"))
    );
    let types: Vec<_> =
        shown["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    let expected = [
        "ORDER_ACCEPTED",
        "ORDER_AMENDED",
        "ORDER_OPENED",
        "ORDER_ACCEPTED",
        "ORDER_ACCEPTED",
        "POSITION_CHANGED",
        "ORDER_CLOSED",
    ];
    assert_eq!(types, expected);
    velox(&stack, &["position", &ENTRY.to_string()])
        .ends_with(0)
        .shows("CLOSED")
        .shows("Orders: 3")
        .shows("Fills: 3")
        .shows(&format!("by tick {closing}"));
    velox(&stack, &["position", &STOP.to_string()]).ends_with(1).complains_of("no position");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trailing_stop_is_shown_with_its_activation_and_the_tick_that_filled_it() {
    let (stack, ..) = scene().await;
    let id = OrderId(Uuid::from_u128(0xe));
    let trailing = PlaceOrder {
        kind: Some(OrderKind::TrailingStopMarket),
        trigger_price: Some(price("120")),
        callback_bps: Some(100),
        reduce_only: true,
        position_id: Some(ENTRY),
        ..PlaceOrder::market(id, BTC.to_string(), Side::Short, 0, Qty::from_scaled(50_000_000))
    };
    send(&stack, Request::PlaceOrder(USER, trailing)).await;
    for (bid, ask) in [("121", "121.1"), ("125", "125.1"), ("124", "124.1")] {
        tick(&stack, bid, ask).await;
    }
    let reached = tick(&stack, "123.7", "123.8").await;
    let shown = velox_json(&stack, &["order", "show", &id.to_string()]);
    assert_eq!(life(&shown), ["PLACE_ORDER", "ORDER_ACCEPTED", "ORDER_ACTIVATED", "ORDER_CLOSED"]);
    assert_eq!(shown["life"][3]["tick"]["id"], reached.to_string());
    velox(&stack, &["order", "show", &id.to_string()])
        .ends_with(0)
        .shows("callback 100 bps")
        .shows(&format!("filled by tick {reached}: bid 123.7 ask 123.8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_market_order_and_its_fill_are_shown() {
    let (stack, ..) = scene().await;
    let plain = OrderId(Uuid::from_u128(0xd));
    let qty = Qty::from_scaled(10_000_000);
    let order = PlaceOrder::market(plain, BTC.to_string(), Side::Long, 5, qty);
    send(&stack, Request::PlaceOrder(USER, order)).await;
    let closing = ClosePosition { order_id: plain, price_limit: None };
    send(&stack, Request::ClosePosition(USER, closing)).await;
    let shown = velox_json(&stack, &["position", &plain.to_string()]);
    assert_eq!(shown["orders"][0]["orderId"], json!(plain), "{shown}");
    let fills = shown["fills"].as_array().unwrap().iter();
    let sides: Vec<_> = fills.map(|fill| &fill["side"]).collect();
    assert_eq!(sides, ["BUY", "SELL"]);
    velox(&stack, &["position", &plain.to_string()])
        .ends_with(0)
        .shows("Orders: 1")
        .shows("Fills: 2");
}
