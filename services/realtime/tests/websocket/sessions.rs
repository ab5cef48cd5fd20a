//! A connection lasts no longer than its session.

use crate::desk::{Desk, price, user};
use serde_json::json;
use std::time::Duration;
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_connections_of_that_session_alone() {
    let desk = Desk::open(&[]).await;
    let (phone, laptop) = (desk.session(user(1), 60).await, desk.session(user(1), 60).await);
    let mut of_phone = [desk.trader_with(&phone, "a").await, desk.trader_with(&phone, "b").await];
    let mut of_laptop = desk.trader_with(&laptop, "c").await;
    let mut other = desk.trader(user(2), "a").await;
    desk.sessions.end(user(1), phone.id).await.unwrap();
    for client in &mut of_phone {
        assert_eq!(client.close_code().await, 4004);
    }
    desk.publish(&price(1, "92000.5", 60)).await;
    of_laptop.expect("price_update").await;

    desk.sessions.end_all(user(1), 1, Duration::from_mins(1)).await.unwrap();
    assert_eq!(of_laptop.close_code().await, 4004);
    desk.publish(&price(2, "92001.5", 61)).await;
    other.expect("price_update").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_session_that_was_ended_opens_nothing() {
    let desk = Desk::open(&[]).await;
    let session = desk.session(user(1), 60).await;
    desk.sessions.end(user(1), session.id).await.unwrap();
    let mut client = desk.connect().await;
    let token = desk.token(&session);
    client.say(&json!({ "type": "auth", "clientId": "c", "token": token })).await;
    assert_eq!(client.close_code().await, 4002);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_the_time_of_its_session() {
    let desk = Desk::open(&[]).await;
    let session = desk.session(user(1), 2).await;
    let mut client = desk.trader_with(&session, "c").await;
    assert_eq!(client.close_code().await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_while_redis_was_away_is_found_out_afterwards() {
    let mut desk = Desk::open(&[]).await;
    let (ended, open) = (desk.session(user(1), 60).await, desk.session(user(1), 60).await);
    let mut client = desk.trader_with(&ended, "a").await;
    let mut stays = desk.trader_with(&open, "b").await;
    // Nothing is published, as if the server had missed the message.
    let mut batch = desk.streams.batch();
    batch.hash_remove(&format!("session:{}", user(1)), &ended.id.0.to_string());
    batch.send().await.unwrap();
    tokio::task::block_in_place(|| desk.redis.restart().unwrap());
    assert_eq!(client.close_code().await, 4004);
    eventually("prices are heard again", async || desk.health.not_ready_reason().is_none()).await;
    desk.publish(&price(1, "92000.5", 60)).await;
    stays.expect("price_update").await;
}
