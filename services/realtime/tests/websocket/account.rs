//! Account messages, which go to one user alone.

use crate::desk::{Client, Desk, price, user};
use futures_util::SinkExt as _;
use messages::{
    AccountState, CloseReason, ClosedPosition, EntryId, Event, EventKind, Notification, OrderId,
    Position, RequestId, Side, UserId, user_channel,
};
use serde_json::{Value, json};
use testkit::symbols::ETH;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

fn opened(user_id: UserId, sequence: u64) -> Notification {
    let order = Position {
        order_id: OrderId(Uuid::from_u128(5)),
        user_id,
        asset: ETH,
        side: Side::Short,
        leverage: 20,
        qty: "0.5".parse().unwrap(),
        margin: "77.5".parse().unwrap(),
        entry_price: "3100".parse().unwrap(),
        liquidation_price: "3239.5".parse().unwrap(),
        stop_loss: None,
        take_profit: Some("3000".parse().unwrap()),
        created_at_ms: 1_703_001_234_567,
        commission: "0".parse().unwrap(),
        funding: "0".parse().unwrap(),
    };
    let account = AccountState {
        balance: "922.5".parse().unwrap(),
        used_margin: "77.5".parse().unwrap(),
        reserved: "0".parse().unwrap(),
        sequence,
    };
    let request_id = Some(RequestId(Uuid::from_u128(9)));
    let timestamp_ms = 1_703_001_234_567;
    let kind = EventKind::PositionOpened(order);
    let event = Event { request_id, user_id, timestamp_ms, account, kind, execution: None };
    Notification { id: EntryId::new(timestamp_ms, 0), event }
}

impl Desk {
    async fn notify(&self, notifications: &[Notification]) {
        let mut batch = self.streams.batch();
        for notification in notifications {
            batch.publish(&user_channel(notification.event.user_id), &notification.to_json());
        }
        batch.send().await.unwrap();
    }
}

async fn sequences(client: &mut Client, len: usize) -> Vec<u64> {
    let mut heard = Vec::new();
    while heard.len() < len {
        heard.push(client.expect("balance_update").await["sequence"].as_u64().unwrap());
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_comes_to_every_connection_of_its_user_and_to_nobody_else() {
    let desk = Desk::open(&[]).await;
    let mut mine = [desk.trader(user(1), "a").await, desk.trader(user(1), "b").await];
    let mut others = [desk.trader(user(2), "a").await, desk.visitor("a").await];
    desk.notify(&[opened(user(1), 4), opened(user(2), 9)]).await;
    for client in &mut mine {
        let order = client.expect("order_update").await;
        assert_eq!((&order["sequence"], &order["event"]), (&json!(4), &json!("ORDER_OPENED")));
        assert_eq!(order["order"]["executionPriceInt"], "310000000000");
        assert_eq!(order["order"]["takeProfit"], "3000");
        assert_eq!(order["requestId"], "00000000-0000-0000-0000-000000000009");
        let balance = client.expect("balance_update").await;
        assert_eq!(balance["sequence"], 4);
        assert_eq!(
            (&balance["data"]["balance"], &balance["data"]["usedMarginInt"]),
            (&json!("922.5"), &json!("7750000000"))
        );
    }
    assert_eq!(sequences(&mut others[0], 1).await, [9]);
    desk.publish(&price(1, "92000.5", 60)).await;
    loop {
        let message: Value = serde_json::from_str(&others[1].text().await).unwrap();
        assert!(!message["type"].as_str().unwrap().ends_with("order_update"), "{message}");
        assert_ne!(message["type"], "balance_update");
        if message["type"] == "price_update" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_the_statement_come_with_the_change_and_only_if_there_are_any() {
    let desk = Desk::open(&[]).await;
    let mut mine = desk.trader(user(1), "a").await;
    let Notification { id, event: opening } = opened(user(1), 4);
    let EventKind::PositionOpened(order) = opening.kind.clone() else { unreachable!() };
    let closed = ClosedPosition {
        order,
        close_reason: CloseReason::Liquidation,
        close_price: "3250".parse().unwrap(),
        final_pnl: "-75".parse().unwrap(),
        shortfall: "0".parse().unwrap(),
        liquidation_fee: "2.5".parse().unwrap(),
        tick_id: EntryId::new(1_703_001_234_999, 0),
        closed_at_ms: 1_703_001_234_999,
    };
    let account = AccountState { sequence: 5, ..opening.account };
    let closing = Event { kind: EventKind::PositionClosed(closed), account, ..opening.clone() };
    let later = EntryId::new(1_703_001_234_999, 0);
    desk.notify(&[Notification { id, event: opening }, Notification { id: later, event: closing }])
        .await;
    // The opening costs nothing, so the first lines are those of the close.
    let income = mine.expect("income").await;
    assert_eq!((&income["sequence"], &income["event"]), (&json!(5), &json!("INCOME")));
    let about = json!("00000000-0000-0000-0000-000000000005");
    let line = |kind: &str, amount: &str, int: &str| {
        json!({
            "incomeId": format!("1703001234999-0.{kind}"), "kind": kind, "amount": amount,
            "amountInt": int, "asset": "ETHUSDT", "orderId": about, "positionId": about,
            "time": 1_703_001_234_999_u64,
        })
    };
    let expected =
        [line("REALIZED_PNL", "-75", "-7500000000"), line("LIQUIDATION_FEE", "-2.5", "-250000000")];
    assert_eq!(income["income"], json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_hears_of_the_account_of_its_ticket_and_ends_with_its_session() {
    let desk = Desk::open(&["--ws-connections-per-user-max", "3"]).await;
    let (session, other) = (desk.session(user(1), 60).await, desk.session(user(1), 60).await);
    let second = user(11);
    let mut of_first = desk.trader_for(session, user(1), "a").await;
    let mut of_second = desk.trader_for(session, second, "b").await;
    let mut elsewhere = desk.trader_for(other, second, "c").await;
    desk.notify(&[opened(user(1), 4), opened(second, 9), opened(user(1), 5)]).await;
    assert_eq!(sequences(&mut of_first, 2).await, [4, 5]);
    assert_eq!(sequences(&mut of_second, 1).await, [9]);
    assert_eq!(sequences(&mut elsewhere, 1).await, [9]);
    // The limit is the person's, whatever the accounts are.
    let mut one_too_many = desk.connect().await;
    let token = desk.token(&session);
    one_too_many.say(&json!({ "type": "auth", "clientId": "d", "token": token })).await;
    assert_eq!(one_too_many.close_code().await, 4003);

    desk.sessions.end(user(1), session.id).await.unwrap();
    assert_eq!(of_first.close_code().await, 4004);
    assert_eq!(of_second.close_code().await, 4004);
    desk.notify(&[opened(second, 10)]).await;
    assert_eq!(sequences(&mut elsewhere, 1).await, [10]);
    // A new connection of the same client takes the place of the old one, for another account as well.
    let mut of_first = desk.trader_for(other, user(1), "c").await;
    assert_eq!(elsewhere.close_code().await, 1000);
    desk.notify(&[opened(second, 11), opened(user(1), 6)]).await;
    assert_eq!(sequences(&mut of_first, 1).await, [6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_closed_and_holds_up_nobody() {
    let desk = Desk::open(&["--ws-ping-interval-ms", "600000"]).await;
    let mut stalled = desk.trader(user(1), "stalled").await;
    let mut awake = desk.trader(user(1), "awake").await;
    // More than the kernel's buffers and the queue hold together; the client that reads gets every
    // message.
    for start in (1..=20_000).step_by(100) {
        let sent: Vec<u64> = (start..start + 100).collect();
        let part: Vec<_> = sent.iter().map(|n| opened(user(1), *n)).collect();
        desk.notify(&part).await;
        assert_eq!(sequences(&mut awake, 100).await, sent);
    }
    // The slow client was disconnected: its data ends, with the close frame if there was room for
    // it.
    let mut last = None;
    while let Some(Ok(message)) = stalled.message().await {
        last = Some(message);
    }
    if let Some(Message::Close(Some(frame))) = last {
        assert_eq!(u16::from(frame.code), 4008);
    }
    assert!(stalled.socket.send(Message::text("{}")).await.is_err());
}
