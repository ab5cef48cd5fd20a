//! Account events as an engine writes them, for the tests of listen keys.

use crate::desk::{Client, Desk, user};
use messages::{
    AccountState, CloseReason, ClosedPosition, EntryId, Event, EventKind, Execution, Fill,
    FillRole, Order, OrderId, OrderKind, OrderSide, OrderStatus, Position, RESPONSE_STREAM, Side,
    TimeInForce, UserId, user_channel,
};
use serde_json::Value;
use testkit::symbols::ETH;
use uuid::Uuid;

/// The time of the first event.
pub const START_MS: u64 = 1_703_001_234_567;

pub const API_KEY: Uuid = Uuid::from_u128(77);

/// The account of the tests, and its owner.
pub fn account() -> UserId {
    user(11)
}

pub fn owner() -> UserId {
    user(1)
}

pub fn order(n: u128, kind: OrderKind, side: OrderSide) -> Order {
    Order {
        time_in_force: TimeInForce::Gtc,
        status: OrderStatus::New,
        filled_qty: "0".parse().unwrap(),
        average_price: None,
        kind,
        side,
        order_id: OrderId(Uuid::from_u128(n)),
        client_order_id: Some(format!("x-{n}")),
        price: kind.has_price().then(|| "3000".parse().unwrap()),
        trigger_price: kind.has_trigger().then(|| "2900".parse().unwrap()),
        ..Order::filled_plainly(&position(1, "0.5"), 0)
    }
}

pub fn filled(order: &Order, price: &str, at_ms: u64) -> Order {
    Order {
        status: OrderStatus::Filled,
        filled_qty: order.qty,
        average_price: Some(price.parse().unwrap()),
        updated_at_ms: at_ms,
        ..order.clone()
    }
}

pub fn position(n: u128, qty: &str) -> Position {
    Position {
        order_id: OrderId(Uuid::from_u128(n)),
        user_id: account(),
        asset: ETH,
        side: Side::Long,
        leverage: 20,
        qty: qty.parse().unwrap(),
        margin: "75".parse().unwrap(),
        entry_price: "3000".parse().unwrap(),
        liquidation_price: "2865".parse().unwrap(),
        stop_loss: None,
        take_profit: None,
        created_at_ms: START_MS,
        commission: "0".parse().unwrap(),
        funding: "0".parse().unwrap(),
    }
}

pub fn execution(order: Order, price: &str, pnl: &str, role: FillRole) -> Box<Execution> {
    let fill = Fill {
        order_id: order.order_id,
        position_id: OrderId(Uuid::from_u128(1)),
        side: order.side,
        qty: order.qty,
        price: price.parse().unwrap(),
        realized_pnl: pnl.parse().unwrap(),
        fee: "0.6".parse().unwrap(),
        role,
        tick_id: EntryId::new(START_MS, 0),
    };
    Box::new(Execution { order: Some(order), fill })
}

pub fn closed(reason: CloseReason, price: &str, pnl: &str) -> EventKind {
    EventKind::PositionClosed(ClosedPosition {
        order: position(1, "0.5"),
        close_reason: reason,
        close_price: price.parse().unwrap(),
        final_pnl: pnl.parse().unwrap(),
        shortfall: "0".parse().unwrap(),
        liquidation_fee: "0".parse().unwrap(),
        tick_id: EntryId::new(START_MS, 0),
        closed_at_ms: START_MS,
    })
}

/// An event of an account, with this sequence number.
pub fn event(user_id: UserId, sequence: u64, kind: EventKind) -> Event {
    let account = AccountState {
        balance: "915.5".parse().unwrap(),
        used_margin: "75".parse().unwrap(),
        reserved: "9.5".parse().unwrap(),
        sequence,
    };
    let timestamp_ms = START_MS + sequence;
    Event { request_id: None, user_id, timestamp_ms, account, kind, execution: None }
}

/// A canceled order, as the plainest of events.
pub fn canceled(sequence: u64) -> Event {
    let mut order = order(sequence.into(), OrderKind::Limit, OrderSide::Buy);
    order.sequence = 1;
    order.status = OrderStatus::Canceled;
    event(account(), sequence, EventKind::OrderCanceled(order.into()))
}

impl Desk {
    /// Writes and publishes an event as the engine does.
    pub async fn tell(&self, event: &Event) -> EntryId {
        let last = self.streams.last_id(RESPONSE_STREAM).await.unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now_ms = u64::try_from(now.as_millis()).unwrap();
        let id = if last.ms >= now_ms {
            EntryId::new(last.ms, last.seq + 1)
        } else {
            EntryId::new(now_ms, 0)
        };
        let (fields, notification) = event.encode_for(id);
        let mut batch = self.streams.batch();
        batch.append_at(RESPONSE_STREAM, id, &fields);
        batch.publish(&user_channel(event.user_id), &notification);
        batch.send().await.unwrap();
        id
    }

    /// Writes events at once.
    pub async fn tell_all(&self, events: &[Event]) {
        let last = self.streams.last_id(RESPONSE_STREAM).await.unwrap();
        let mut batch = self.streams.batch();
        for (event, n) in events.iter().zip(1..) {
            let id = EntryId::new(last.ms.max(START_MS), last.seq + n);
            batch.append_at(RESPONSE_STREAM, id, &event.encode_for(id).0);
        }
        batch.send().await.unwrap();
    }

    /// The account's listen key.
    pub async fn listen_key(&self) -> String {
        let keys = session::ListenKeys::new(self.streams.clone());
        keys.open(account(), owner(), API_KEY, START_MS).await.unwrap()
    }

    /// A client that hears of a listen key.
    pub async fn listening(&self, key: &str) -> Client {
        let mut client = self.bot(&format!("/binance/ws/{key}")).await;
        client.ask(serde_json::json!({ "method": "LIST_SUBSCRIPTIONS", "id": 0 })).await;
        client
    }
}

impl Client {
    /// The client order ids of the next canceled orders.
    pub async fn canceled(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let event = self.event("ORDER_TRADE_UPDATE").await;
            let id = event["o"]["c"].as_str().unwrap().strip_prefix("x-").unwrap();
            ids.push(id.parse().unwrap());
        }
        ids
    }

    /// The next `count` events, without the short forms of trades.
    pub async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            let event = self.json().await;
            if event["e"] != "TRADE_LITE" {
                events.push(event);
            }
        }
        events
    }
}
