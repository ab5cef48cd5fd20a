//! Messages about orders: by each of the names of an order, with its sequence and without, as before
//! orders had one.

use crate::examples::{closed_order, order, order_id, user};
use messages::*;
use price::{Price, Qty, Usd};
use std::sync::Arc;

pub fn requests() -> [Request; 4] {
    let amend = AmendOrder {
        order: OrderRef::numbered(6),
        qty: Some("0.02".parse().unwrap()),
        price: None,
        trigger_price: None,
        callback_bps: None,
    };
    [
        Request::CancelOrder(user(), OrderRef::from(order_id())),
        Request::CancelOrder(user(), OrderRef::called("my-entry")),
        Request::CancelOrder(user(), OrderRef::numbered(6)),
        Request::AmendOrder(user(), amend),
    ]
}

pub fn queries() -> [Query; 3] {
    let references =
        [OrderRef::from(order_id()), OrderRef::called("my-entry"), OrderRef::numbered(6)];
    references.map(Query::GetPlacedOrder)
}

pub fn kinds() -> [EventKind; 3] {
    let resting = |sequence| Order {
        kind: OrderKind::Limit,
        price: Some("90000".parse().unwrap()),
        status: OrderStatus::New,
        reserved: "90".parse().unwrap(),
        filled_qty: Qty::ZERO,
        average_price: None,
        client_order_id: Some("my-entry".to_owned()),
        ..Order::filled_plainly(&order(), sequence)
    };
    let canceled = Order {
        status: OrderStatus::Canceled,
        reserved: Usd::ZERO,
        updated_at_ms: 1_703_001_234_567,
        ..resting(6)
    };
    [
        EventKind::OrderAccepted(Arc::new(resting(0))),
        EventKind::OrderAccepted(Arc::new(resting(6))),
        EventKind::OrderCanceled(Arc::new(canceled)),
    ]
}

/// A fill of the order whose number is 6, and the event that tells of it.
pub fn execution() -> Execution {
    let price: Price = "92092.5".parse().unwrap();
    Execution {
        order: Some(Order {
            client_order_id: Some("my-entry".to_owned()),
            ..Order::filled_plainly(&order(), 6)
        }),
        fill: Fill {
            order_id: order_id(),
            position_id: order_id(),
            side: OrderSide::Buy,
            qty: "0.01".parse().unwrap(),
            price,
            realized_pnl: Usd::ZERO,
            fee: Usd::ZERO,
            role: FillRole::Taker,
            tick_id: EntryId::new(1_703_001_234_500, 0),
        },
    }
}

#[test]
fn orders_and_fills_have_the_sequence_of_their_events() {
    let event = |kind, execution: Option<Execution>| Event {
        request_id: None,
        user_id: user(),
        timestamp_ms: 1_703_001_234_567,
        account: AccountState {
            balance: Usd::ZERO,
            used_margin: Usd::ZERO,
            reserved: Usd::ZERO,
            sequence: 9,
        },
        kind,
        execution: execution.map(Box::new),
    };
    let id = EntryId::new(1_703_001_234_567, 0);
    let numbers = |event: &Event| {
        let fill = event.fill(id).unwrap();
        let order = event.order().map(|order| order.number());
        (fill.sequence, fill.order_sequence, order)
    };
    let opened = || EventKind::PositionOpened(order());
    assert_eq!(numbers(&event(opened(), None)), (9, 9, Some(9)));
    assert_eq!(numbers(&event(opened(), Some(execution()))), (9, 6, Some(6)));
    // Before orders had a sequence, their number was the time of their acceptance.
    let mut earlier = execution();
    earlier.order.as_mut().unwrap().sequence = 0;
    let created_at_ms = order().created_at_ms;
    let told = numbers(&event(opened(), Some(earlier)));
    assert_eq!(told, (9, created_at_ms, Some(created_at_ms)));
    let closed = || EventKind::PositionClosed(closed_order());
    let without_order = Execution { order: None, ..execution() };
    assert_eq!(numbers(&event(closed(), Some(without_order))), (9, 9, None));
    let closed = event(closed(), None);
    assert_eq!(numbers(&closed), (9, 9, None));
    let lines = closed.income(id);
    assert!(!lines.is_empty() && lines.iter().all(|line| line.sequence == 9), "{lines:?}");
}

#[test]
fn a_missing_sequence_is_none() {
    let [without, with, _] = kinds().map(|kind| match kind {
        EventKind::OrderAccepted(order) | EventKind::OrderCanceled(order) => order,
        other => panic!("{other:?}"),
    });
    let json = serde_json::to_string(&*without).unwrap();
    assert!(!json.contains("sequence"), "{json}");
    assert_eq!((without.sequence, without.number()), (0, without.created_at_ms));
    assert_eq!((with.sequence, with.number()), (6, 6));
}
