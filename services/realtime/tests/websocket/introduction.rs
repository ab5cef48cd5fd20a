//! The first message, tickets and tokens.

use crate::desk::{Client, Desk, price, user};
use messages::ticket_key;
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const TICKET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

async fn issue_ticket(desk: &Desk) {
    let session = desk.session(user(7), 60).await;
    let json = serde_json::to_string(&session).unwrap();
    desk.streams.set_expiring(&ticket_key(TICKET), &json, Duration::from_secs(30)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_connection() {
    let desk = Desk::open(&[]).await;
    desk.publish(&price(1, "92000.5", 60)).await;
    let auth = json!({ "type": "auth", "clientId": "c", "ticket": TICKET });
    issue_ticket(&desk).await;
    let mut first = desk.connect().await;
    first.say(&auth).await;
    let connection = first.expect("connection").await;
    assert_eq!(
        connection,
        json!({
            "type": "connection", "status": "authenticated", "clientId": "c",
            "assets": ["BTCUSDT", "ETHUSDT", "SOLUSDT"],
            "userId": "00000000-0000-0000-0000-000000000007", "feed": "sim",
            "accountId": "00000000-0000-0000-0000-000000000007",
        })
    );
    let latest = first.expect("price_update").await;
    assert_eq!(latest["data"]["timestamp"], 60_000);
    let mut second = desk.connect().await;
    second.say(&auth).await;
    assert_eq!(second.close_code().await, 4002);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_may_come_with_the_request() {
    let desk = Desk::open(&[]).await;
    let by_protocol = [("sec-websocket-protocol", &*format!("velox, ticket.{TICKET}"))];
    let by_query = format!("/ws?clientId=c&ticket={TICKET}");
    for (path, headers) in [("/", &by_protocol[..]), (by_query.as_str(), &[])] {
        issue_ticket(&desk).await;
        let mut client = desk.connect_with(path, headers).await.unwrap();
        assert_eq!(client.expect("connection").await["userId"], user(7).to_string());
        let mut again = desk.connect_with(path, headers).await.unwrap();
        assert_eq!(again.close_code().await, 4002, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_introduction_is_closed_with_4002() {
    let desk = Desk::open(&[]).await;
    let token = desk.token(&desk.session(user(1), 60).await);
    let mut forged = token.clone();
    forged.replace_range(token.len() - 4.., "AAAA");
    let rows = [
        json!({ "type": "auth", "clientId": "c" }),
        json!({ "type": "auth", "clientId": "c", "ticket": TICKET }),
        json!({ "type": "auth", "clientId": "c", "ticket": "*" }),
        json!({ "type": "auth", "clientId": "c", "token": forged }),
        json!({ "type": "auth", "clientId": "", "token": token }),
        json!({ "type": "subscribe", "channels": ["price:BTCUSDT"] }),
        json!("hello"),
        json!({}),
    ];
    for row in rows {
        let mut client = desk.connect().await;
        client.say(&row).await;
        assert_eq!(client.close_code().await, 4002, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_closed_with_4001_and_strangers_stay_out_where_they_are_to() {
    let desk = Desk::open(&["--ws-auth-timeout-ms", "50", "--ws-public", "false"]).await;
    assert_eq!(desk.connect().await.close_code().await, 4001);
    let mut stranger = desk.connect().await;
    stranger.say(&json!({ "type": "hello", "clientId": "c" })).await;
    assert_eq!(stranger.close_code().await, 4002);
    desk.trader(user(1), "c").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_client_id_replaces_the_old_connection_of_the_same_user_alone() {
    let desk = Desk::open(&[]).await;
    let mut first = desk.trader(user(1), "phone").await;
    let mut other = desk.trader(user(2), "phone").await;
    let mut visitor = desk.visitor("phone").await;
    let mut second = desk.trader(user(1), "phone").await;
    assert_eq!(first.close_code().await, 1000);
    desk.publish(&price(1, "92000.5", 60)).await;
    let stay: [&mut Client; 3] = [&mut other, &mut visitor, &mut second];
    for client in stay {
        client.expect("price_update").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so() {
    let desk = Desk::open(&[]).await;
    let mut clients = [desk.visitor("a").await, desk.trader(user(1), "b").await];
    desk.stop();
    for client in &mut clients {
        assert_eq!(client.close_code().await, 1001);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_goodbye_is_answered() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.visitor("c").await;
    client.socket.close(None).await.unwrap();
    loop {
        match client.message().await {
            Some(Ok(Message::Close(_))) | None => break,
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("cut off: {error}"),
        }
    }
}
