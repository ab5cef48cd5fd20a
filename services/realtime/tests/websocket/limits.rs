//! Limits on clients.

use crate::desk::{Desk, price, user};
use futures_util::SinkExt as _;
use serde_json::json;
use testkit::stack::eventually;
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_limited_by_address_by_user_and_in_all() {
    let desk = Desk::open(&["--ws-connections-per-address-max", "3"]).await;
    let mut held = Vec::new();
    for n in 0..3 {
        held.push(desk.visitor(&n.to_string()).await);
    }
    let status = |refused| match refused {
        Err(Error::Http(response)) => response.status().as_u16(),
        _ => 0,
    };
    assert_eq!(status(desk.connect_with("/", &[]).await), 429);
    held.pop();
    eventually("the place is free", async || desk.connect_with("/", &[]).await.is_ok()).await;

    let desk =
        Desk::open(&["--ws-connections-max", "2", "--ws-connections-per-user-max", "1"]).await;
    let _first = desk.trader(user(1), "a").await;
    let mut second = desk.connect().await;
    let token = desk.token(&desk.session(user(1), 60).await);
    second.say(&json!({ "type": "auth", "clientId": "b", "token": token })).await;
    assert_eq!(second.close_code().await, 4003);
    drop(second);
    // The connection that finds the place free keeps it: a place is not free at once after a
    // disconnect.
    let mut other = None;
    eventually("the place is free", async || {
        other = desk.connect_with("/", &[]).await.ok();
        other.is_some()
    })
    .await;
    let session = desk.session(user(2), 60).await;
    let _other = desk.authenticated(other.unwrap(), &session, "a").await;
    assert_eq!(status(desk.connect_with("/", &[]).await), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_each_client_has_its_own_address() {
    let settings = ["--ws-connections-per-address-max", "1", "--trusted-proxies", "127.0.0.1"];
    let desk = Desk::open(&settings).await;
    let connect = async |address| desk.connect_with("/", &[("x-forwarded-for", address)]).await;
    let _one = connect("192.0.2.1").await.unwrap();
    let _other = connect("192.0.2.2").await.unwrap();
    assert!(connect("192.0.2.1").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_stay_out() {
    let desk =
        Desk::open(&["--ws-allowed-origins", "https://velox.example,https://b.example"]).await;
    for (origin, is_allowed) in [
        ("https://velox.example", true),
        ("https://b.example", true),
        ("https://VELOX.example:443", true),
        // A page of the host that serves the socket, on any port.
        ("http://127.0.0.1:3000", true),
        ("http://127.0.0.2:3000", false),
        ("http://velox.example", false),
        ("https://velox.example.evil.example", false),
        ("null", false),
    ] {
        let outcome = desk.connect_with("/", &[("origin", origin)]).await;
        assert_eq!(outcome.is_ok(), is_allowed, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_small_text_and_not_too_many() {
    let desk = Desk::open(&[]).await;
    let mut binary = desk.visitor("binary").await;
    binary.socket.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(binary.close_code().await, 1003);

    let mut flood = desk.visitor("flood").await;
    for _ in 0..60 {
        flood.socket.feed(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    }
    flood.socket.flush().await.unwrap();
    assert_eq!(flood.close_code().await, 1008);

    let mut large = desk.visitor("large").await;
    let _ = large.socket.send(Message::text("x".repeat(9_000))).await;
    assert_eq!(large.close_code().await, 1009);
    let mut larger = desk.connect().await;
    let _ = larger.socket.send(Message::text("x".repeat(100_000))).await;
    assert_eq!(larger.close_code().await, 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_answer_pings_is_dropped_and_one_that_does_stays() {
    let settings = ["--ws-ping-interval-ms", "50", "--ws-connections-per-address-max", "2"];
    let desk = Desk::open(&settings).await;
    // The client is never polled, so it never answers.
    let _silent = desk.visitor("silent").await;
    let mut alive = desk.visitor("alive").await;
    let answering = tokio::spawn(async move {
        let update = alive.expect("price_update").await;
        (update, alive)
    });
    let mut taken = None;
    eventually("its place is free", async || {
        taken = desk.connect_with("/", &[]).await.ok();
        taken.is_some()
    })
    .await;
    desk.publish(&price(1, "92000.5", 60)).await;
    answering.await.unwrap();
}
