//! The rows of `orders` and `fills` that events give.

use crate::office::{Office, SEQUENCE, closed, event};
use messages::{
    AdjustBalance, Attribution, CloseReason, ClosedPosition, EntryId, Event, EventKind, Execution,
    ExpiryReason, Fill, FillRole, LeverageChanged, Order, OrderId, OrderKind, OrderSide,
    OrderStatus, Position, PositionChange, PositionChanged, PositionMode, RESPONSE_STREAM, Side,
    TimeInForce, UserId,
};
use price::Usd;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use streams::{Group, GroupConfig};
use testkit::stack::eventually;
use testkit::symbols::ETH;
use uuid::Uuid;

const ACCEPTED_MS: u64 = 1_703_001_234_567;

/// A resting limit order with the id `n`.
fn resting(n: u128) -> Order {
    Order {
        order_id: OrderId(Uuid::from_u128(n)),
        user_id: UserId(Uuid::from_u128(7)),
        sequence: 3,
        client_order_id: Some("bot:1".to_owned()),
        asset: ETH,
        side: OrderSide::Sell,
        position_side: Some(Side::Short),
        position_id: Some(OrderId(Uuid::from_u128(99))),
        kind: OrderKind::Stop,
        time_in_force: TimeInForce::Gtd,
        qty: "0.5".parse().unwrap(),
        price: Some("3100".parse().unwrap()),
        trigger_price: Some("3101".parse().unwrap()),
        callback_bps: Some(10),
        activated_at_ms: None,
        reduce_only: true,
        close_position: false,
        leverage: 20,
        stop_loss: Some("3200".parse().unwrap()),
        take_profit: Some("3000".parse().unwrap()),
        trailing_stop_bps: Some(40),
        price_limit: Some("3050".parse().unwrap()),
        max_slippage_bps: Some(30),
        expires_at_ms: Some(ACCEPTED_MS + 60_000),
        awaits_quote: false,
        reserved: "77.5".parse().unwrap(),
        status: OrderStatus::New,
        reason: None,
        filled_qty: "0".parse().unwrap(),
        average_price: None,
        created_at_ms: ACCEPTED_MS,
        updated_at_ms: ACCEPTED_MS,
    }
}

fn ended(order: Order, status: OrderStatus) -> Order {
    Order { status, reserved: Usd::ZERO, updated_at_ms: ACCEPTED_MS + 1_000, ..order }
}

/// The order `n` after its fill on the position `position_id`.
pub fn execution(n: u128, position_id: u128, realized_pnl: &str) -> Box<Execution> {
    let order = ended(resting(n), OrderStatus::Filled);
    let price = "3100".parse().unwrap();
    let order = Order { filled_qty: order.qty, average_price: Some(price), ..order };
    let fill = Fill {
        order_id: order.order_id,
        position_id: OrderId(Uuid::from_u128(position_id)),
        side: order.side,
        qty: "0.25".parse().unwrap(),
        price,
        realized_pnl: realized_pnl.parse().unwrap(),
        fee: "0".parse().unwrap(),
        role: FillRole::Maker,
        tick_id: EntryId::new(1_703_001_299_001, 3),
    };
    Box::new(Execution { order: Some(order), fill })
}

pub fn changed(change: PositionChange) -> EventKind {
    let changed = PositionChanged { order: closed(2).order, change, realized_pnl: None };
    EventKind::PositionChanged(Box::new(changed))
}

impl Office {
    /// The rows of `orders`, by their ids.
    async fn orders(&self) -> Vec<Value> {
        let rows = sqlx::query_scalar("select to_jsonb(o) from orders o order by order_id");
        rows.fetch_all(&self.pool).await.unwrap()
    }

    /// The rows of `fills`, oldest first.
    async fn fills(&self) -> Vec<Value> {
        let rows = sqlx::query_scalar("select to_jsonb(f) from fills f order by executed_at, id");
        rows.fetch_all(&self.pool).await.unwrap()
    }

    /// Appends an event, has it stored, and returns the rows of `orders` and `fills`.
    async fn stores(&self, event: &Event) -> (Vec<Value>, Vec<Value>) {
        self.append(event).await;
        self.store_all().await;
        (self.orders().await, self.fills().await)
    }
}

/// Joins a group; the entries delivered to this member stay unacknowledged.
pub async fn member_of(group: &str, office: &Office) -> Group {
    let config = GroupConfig {
        confirmed: false,
        group: group.to_owned(),
        consumer: "dead".to_owned(),
        claim_idle: Duration::from_mins(1),
    };
    Group::join(&office.streams, RESPONSE_STREAM, config).await.unwrap()
}

pub fn id(n: u128) -> Value {
    json!(Uuid::from_u128(n).to_string())
}

fn starts(value: &Value, time: &str) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(time))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_an_order_holds_what_its_last_event_said() {
    let office = Office::new().await;
    let expired = Order {
        activated_at_ms: Some(ACCEPTED_MS + 500),
        reason: Some(ExpiryReason::WouldTake),
        ..ended(resting(1), OrderStatus::Expired)
    };
    office.append(&event(EventKind::OrderAccepted(Arc::new(resting(1))))).await;
    let last = event(EventKind::OrderExpired(Arc::new(expired)));
    let event_id = office.append(&last).await;
    office.store_all().await;
    let rows = office.orders().await;
    let row = &rows[0];
    let expected = json!({
        "order_id": id(1),
        "user_id": id(7),
        "client_order_id": "bot:1",
        "asset": "ETHUSDT",
        "side": "SELL",
        "position_side": "SHORT",
        "position_id": id(99),
        "kind": "STOP",
        "time_in_force": "GTD",
        "qty": 50_000_000,
        "price": 310_000_000_000_i64,
        "trigger_price": 310_100_000_000_i64,
        "callback_bps": 10,
        "activated_at": row["activated_at"],
        "reduce_only": true,
        "close_position": false,
        "leverage": 20,
        "stop_loss": 320_000_000_000_i64,
        "take_profit": 300_000_000_000_i64,
        "trailing_stop_bps": 40,
        "price_limit": 305_000_000_000_i64,
        "max_slippage_bps": 30,
        "expires_at": row["expires_at"],
        "reserved": 0,
        "status": "EXPIRED",
        "reason": "WOULD_TAKE",
        "filled_qty": 0,
        "average_price": null,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "event_id": event_id.to_string(),
        "sequence": 3,
    });
    assert_eq!(rows, [expected]);
    assert!(starts(&row["activated_at"], "2023-12-19T15:53:55.067"), "{row}");
    assert!(starts(&row["expires_at"], "2023-12-19T15:54:54.567"), "{row}");
    assert!(starts(&row["created_at"], "2023-12-19T15:53:54.567"), "{row}");
    assert!(starts(&row["updated_at"], "2023-12-19T15:53:55.567"), "{row}");
    assert!(office.fills().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_market_order_is_a_filled_order_with_a_fill_of_its_own() {
    let office = Office::new().await;
    let position = closed(1).order;
    let event_id = office.append(&event(EventKind::PositionOpened(position))).await;
    office.store_all().await;
    let (order, fill) = (office.orders().await, office.fills().await);
    let expected = json!({
        "order_id": id(1),
        "user_id": id(7),
        "client_order_id": null,
        "asset": "ETHUSDT",
        "side": "SELL",
        "position_side": null,
        "position_id": null,
        "kind": "MARKET",
        "time_in_force": "GTC",
        "qty": 50_000_000,
        "price": null,
        "trigger_price": null,
        "callback_bps": null,
        "activated_at": null,
        "reduce_only": false,
        "close_position": false,
        "leverage": 20,
        "stop_loss": null,
        "take_profit": 300_000_000_001_i64,
        "trailing_stop_bps": null,
        "price_limit": null,
        "max_slippage_bps": null,
        "expires_at": null,
        "reserved": 0,
        "status": "FILLED",
        "reason": null,
        "filled_qty": 50_000_000,
        "average_price": 310_000_000_000_i64,
        "created_at": order[0]["created_at"],
        "updated_at": order[0]["created_at"],
        "event_id": event_id.to_string(),
        "sequence": SEQUENCE,
    });
    assert_eq!(order, [expected]);
    assert!(starts(&order[0]["created_at"], "2023-12-19T15:53:54.567"), "{order:?}");
    let expected = json!({
        "id": event_id.to_string(),
        "order_id": id(1),
        "position_id": id(1),
        "user_id": id(7),
        "asset": "ETHUSDT",
        "side": "SELL",
        "qty": 50_000_000,
        "price": 310_000_000_000_i64,
        "realized_pnl": 0,
        "fee": 0,
        "role": "TAKER",
        "reason": null,
        "tick_id": null,
        "executed_at": fill[0]["executed_at"],
        "sequence": SEQUENCE,
        "order_sequence": SEQUENCE,
    });
    assert_eq!(fill, [expected]);
    let id_ms: i64 =
        sqlx::query_scalar("select (extract(epoch from executed_at) * 1000)::bigint from fills")
            .fetch_one(&office.pool)
            .await
            .unwrap();
    assert_eq!(u64::try_from(id_ms).unwrap(), event_id.ms, "the time of the event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_without_an_order_is_a_fill_of_the_position_with_the_reason() {
    for (reason, text) in [
        (CloseReason::Liquidation, "MARGIN_CALL"),
        (CloseReason::StopLoss, "STOP_LOSS"),
        (CloseReason::TakeProfit, "TAKE_PROFIT"),
        (CloseReason::Manual, "MANUAL"),
    ] {
        let office = Office::new().await;
        let event =
            event(EventKind::PositionClosed(ClosedPosition { close_reason: reason, ..closed(1) }));
        let (orders, fills) = office.stores(&event).await;
        assert!(orders.is_empty(), "{orders:?}");
        let expected = json!({
            "id": fills[0]["id"],
            "order_id": id(1),
            "position_id": id(1),
            "user_id": id(7),
            "asset": "ETHUSDT",
            "side": "BUY",
            "qty": 50_000_000,
            "price": 299_950_000_000_i64,
            "realized_pnl": 5_025_000_000_i64,
            "fee": 0,
            "role": "TAKER",
            "reason": text,
            "tick_id": "1703001299001-3",
            "executed_at": fills[0]["executed_at"],
            "sequence": SEQUENCE,
            "order_sequence": SEQUENCE,
        });
        assert_eq!(fills, [expected]);
        assert_eq!(office.count().await, 1, "the closed position is recorded as well");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_traded_gives_its_fill_whatever_became_of_the_position() {
    for (kind, realized_pnl, closed_orders) in [
        (EventKind::PositionOpened(Position { side: Side::Long, ..closed(5).order }), "0", 0),
        (changed(PositionChange::Increased), "0", 0),
        (changed(PositionChange::Reduced), "-12.5", 0),
        (EventKind::PositionClosed(closed(2)), "25", 1),
    ] {
        let office = Office::new().await;
        let pnl: Usd = realized_pnl.parse().unwrap();
        let event = Event { execution: Some(execution(5, 2, realized_pnl)), ..event(kind) };
        let (orders, fills) = office.stores(&event).await;
        assert_eq!(orders.len(), 1);
        let order = ["order_id", "kind", "status", "filled_qty", "average_price", "price_limit"];
        assert_eq!(
            order.map(|column| orders[0][column].clone()),
            [
                id(5),
                json!("STOP"),
                json!("FILLED"),
                json!(50_000_000),
                json!(310_000_000_000_i64),
                json!(305_000_000_000_i64)
            ]
        );
        let expected = json!({
            "id": orders[0]["event_id"],
            "order_id": id(5),
            "position_id": id(2),
            "user_id": id(7),
            "asset": "ETHUSDT",
            "side": "SELL",
            "qty": 25_000_000,
            "price": 310_000_000_000_i64,
            "realized_pnl": pnl.to_i64().unwrap(),
            "fee": 0,
            "role": "MAKER",
            "reason": null,
            "tick_id": "1703001299001-3",
            "executed_at": fills[0]["executed_at"],
            "sequence": SEQUENCE,
            "order_sequence": 3,
        });
        assert_eq!(fills, [expected], "{event:?}");
        assert_eq!(office.count().await, closed_orders);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_an_order_gives_its_state_and_no_other_event_does() {
    let office = Office::new().await;
    let states = [
        (1, "NEW", EventKind::OrderAccepted(Arc::new(resting(1)))),
        (2, "NEW", EventKind::OrderAmended(Arc::new(resting(2)))),
        (3, "NEW", EventKind::OrderActivated(Arc::new(resting(3)))),
        (
            4,
            "CANCELED",
            EventKind::OrderCanceled(Arc::new(ended(resting(4), OrderStatus::Canceled))),
        ),
        (5, "EXPIRED", EventKind::OrderExpired(Arc::new(ended(resting(5), OrderStatus::Expired)))),
    ];
    let attribution = Attribution { by: "mia".to_owned(), reason: "paid twice".to_owned() };
    let amount = "25".parse().unwrap();
    let others = [
        EventKind::PositionModified(closed(6).order),
        EventKind::BalanceAdjusted(AdjustBalance { amount, attribution }),
        changed(PositionChange::Margin),
        changed(PositionChange::Leverage),
        EventKind::PositionModeChanged(PositionMode::OneWay),
        EventKind::LeverageChanged(LeverageChanged { asset: ETH, leverage: 5 }),
    ];
    for kind in states.iter().map(|(_, _, kind)| kind).chain(&others) {
        office.append(&event(kind.clone())).await;
    }
    office.store_all().await;
    let rows = office.orders().await;
    let rows: Vec<_> = rows.iter().map(|row| (&row["order_id"], &row["status"])).collect();
    let expected = states.map(|(n, status, _)| (id(n), json!(status)));
    assert_eq!(rows, expected.iter().map(|(id, status)| (id, status)).collect::<Vec<_>>());
    assert!(office.fills().await.is_empty());
    assert!(office.dead_letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_is_one_order_with_two_fills() {
    let office = Office::new().await;
    let closes = EventKind::PositionClosed(closed(2));
    office.append(&Event { execution: Some(execution(5, 2, "25")), ..event(closes) }).await;
    let opens = EventKind::PositionOpened(closed(5).order);
    let (orders, fills) =
        office.stores(&Event { execution: Some(execution(5, 5, "0")), ..event(opens) }).await;
    assert_eq!((orders.len(), fills.len()), (1, 2));
    assert_eq!(orders[0]["event_id"], fills[1]["id"]);
    let parts = fills.iter().map(|fill| (&fill["order_id"], &fill["position_id"]));
    assert_eq!(parts.collect::<Vec<_>>(), [(&id(5), &id(2)), (&id(5), &id(5))]);
}

/// The record of the position has the figures of its life, the fill those of the last part.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_closed_in_parts_has_a_fill_of_its_last_part() {
    let office = Office::new().await;
    let Execution { fill, .. } = *execution(2, 2, "-12.5");
    let last = Some(Box::new(Execution { order: None, fill }));
    let closes = event(EventKind::PositionClosed(closed(2)));
    let (orders, fills) = office.stores(&Event { execution: last, ..closes }).await;
    assert_eq!((orders.len(), fills.len(), office.count().await), (0, 1, 1));
    let columns = ["order_id", "position_id", "qty", "realized_pnl", "reason"];
    let reason = json!(closed(2).close_reason);
    let expected = [id(2), id(2), json!(25_000_000), json!(-1_250_000_000), reason];
    assert_eq!(columns.map(|column| fills[0][column].clone()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_stored_late_or_twice_changes_nothing() {
    let office = Office::new().await;
    // Entries stay in the stream until all groups have acknowledged them.
    let _auditor = member_of("auditor", &office).await;
    office.append(&event(EventKind::OrderAccepted(Arc::new(resting(1))))).await;
    office.append(&event(EventKind::PositionOpened(closed(2).order))).await;
    // A member dies with the first events in its hands; another one claims them after it has stored
    // what followed.
    let mut dead = member_of("db-worker", &office).await;
    assert_eq!(dead.next(10, Duration::from_millis(100)).await.unwrap().len(), 2);
    drop(dead);
    let opened = event(EventKind::PositionOpened(closed(5).order));
    office.append(&Event { execution: Some(execution(1, 5, "0")), ..opened }).await;
    office.store_all().await;
    let (orders, fills) = (office.orders().await, office.fills().await);
    assert_eq!((orders.len(), fills.len()), (2, 2));
    assert_eq!((&orders[0]["status"], &orders[1]["status"]), (&json!("FILLED"), &json!("FILLED")));
    assert_eq!(orders[0]["event_id"], fills[1]["id"], "the newest event of the order");

    office.store_all_again().await;
    assert_eq!((office.orders().await, office.fills().await), (orders, fills));
    assert!(office.dead_letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_put_aside_leaves_none_of_its_rows() {
    let office = Office::new().await;
    let traded = |change: fn(&mut Execution)| {
        let mut execution = execution(5, 2, "25");
        change(&mut execution);
        Event { execution: Some(execution), ..event(EventKind::PositionClosed(closed(2))) }
    };
    let too_much = "1e20".parse().unwrap();
    let too_large = Order { reserved: too_much, ..resting(1) };
    office.append(&event(EventKind::OrderAccepted(Arc::new(too_large)))).await;
    let unreserved = Order { status: OrderStatus::Canceled, ..resting(1) };
    office.append(&event(EventKind::OrderCanceled(Arc::new(unreserved)))).await;
    office.append(&traded(|execution| execution.fill.qty = "0".parse().unwrap())).await;
    office.append(&traded(|execution| execution.fill.price = "1e20".parse().unwrap())).await;
    office.append(&event(EventKind::OrderAccepted(Arc::new(resting(9))))).await;
    let worker = office.worker("one");
    eventually("four are put aside", async || office.dead_letters().await.len() == 4).await;
    let reasons = office.reasons().await;
    for (reason, count) in [("out of range", 2), ("orders_reserved", 1), ("fills_positive", 1)] {
        let found = reasons.iter().filter(|found| found.contains(reason)).count();
        assert_eq!(found, count, "{reason}: {reasons:?}");
    }
    eventually("the good one is stored", async || !office.orders().await.is_empty()).await;
    worker.stop().await;
    let orders = office.orders().await;
    assert_eq!(orders.iter().map(|row| &row["order_id"]).collect::<Vec<_>>(), [&id(9)]);
    assert!(office.fills().await.is_empty());
    assert_eq!(office.count().await, 0);
}
