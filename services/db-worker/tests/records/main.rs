//! The worker on a real Redis and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod income;
mod office;
mod trades;

use messages::{
    AccountReset, AdjustBalance, Attribution, ClosedPosition, Event, EventKind, RESPONSE_STREAM,
    UserId,
};
use office::{Office, closed, event};
use testkit::stack::eventually;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_holds_what_the_event_said() {
    let office = Office::new().await;
    office.append(&event(EventKind::PositionOpened(closed(1).order))).await;
    let mut costly = closed(1);
    costly.order.commission = "1.25".parse().unwrap();
    costly.order.funding = "-0.5".parse().unwrap();
    costly.liquidation_fee = "0.75".parse().unwrap();
    office.append(&event(EventKind::PositionClosed(costly))).await;
    let worker = office.worker("one");
    eventually("the order is stored", async || office.count().await == 1).await;
    let row: serde_json::Value = sqlx::query_scalar("select to_jsonb(c) from closed_orders c")
        .fetch_one(&office.pool)
        .await
        .unwrap();
    let expected = serde_json::json!({
        "orderId": "00000000-0000-0000-0000-000000000001",
        "userId": "00000000-0000-0000-0000-000000000007",
        "asset": "ETHUSDT",
        "orderType": "SHORT",
        "leverage": 20,
        "marginInt": 7_750_000_000_i64,
        "executionPriceInt": 310_000_000_000_i64,
        "closePriceInt": 299_950_000_000_i64,
        "qtyInt": 50_000_000,
        "liquidationPriceInt": 323_950_000_000_i64,
        "stopLossInt": null,
        "takeProfitInt": 300_000_000_001_i64,
        "finalPnLInt": 5_025_000_000_i64,
        "shortfallInt": 0,
        "closeReason": "TAKE_PROFIT",
        "tickId": "1703001299001-3",
        "createdAt": row["createdAt"],
        "closedAt": row["closedAt"],
        "commissionInt": 125_000_000,
        "fundingInt": -50_000_000,
        "liquidationFeeInt": 75_000_000,
    });
    assert_eq!(row, expected);
    assert!(row["createdAt"].as_str().unwrap().starts_with("2023-12-19T15:53:54.567"));
    assert!(row["closedAt"].as_str().unwrap().starts_with("2023-12-19T15:54:59.001"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_did_to_a_balance_is_kept_once() {
    let office = Office::new().await;
    let attribution = Attribution { by: "mia".to_owned(), reason: "paid twice".to_owned() };
    let amount = "-25.5".parse().unwrap();
    for _ in 0..2 {
        let attribution = attribution.clone();
        office
            .append(&event(EventKind::BalanceAdjusted(AdjustBalance { amount, attribution })))
            .await;
    }
    office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    let worker = office.worker("one");
    eventually("the order after it is stored", async || office.count().await == 1).await;
    let rows = async || -> Vec<serde_json::Value> {
        let rows = sqlx::query_scalar("select to_jsonb(a) from balance_adjustments a");
        rows.fetch_all(&office.pool).await.unwrap()
    };
    eventually("and so is the adjustment", async || !rows().await.is_empty()).await;
    let rows = rows().await;
    let expected = serde_json::json!({
        "userId": "00000000-0000-0000-0000-000000000007",
        "sequence": 1,
        "amountInt": -2_550_000_000_i64,
        "balanceInt": 100_000_000_000_i64,
        "adjustedBy": "mia",
        "reason": "paid twice",
        "requestId": null,
        "adjustedAt": rows[0]["adjustedAt"],
    });
    assert_eq!(rows, [expected]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_delivered_twice_is_one_row() {
    let office = Office::new().await;
    for _ in 0..3 {
        office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    }
    office.append(&event(EventKind::PositionClosed(closed(2)))).await;
    let worker = office.worker("one");
    eventually("both orders are stored", async || office.count().await == 2).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_stored_is_put_aside_with_the_reason_and_holds_up_nothing() {
    let office = Office::new().await;
    let mut unreadable = messages::Fields::default();
    unreadable.push("type", b"ORDER_CLOSED".to_vec());
    office.streams.append(RESPONSE_STREAM, &unreadable).await.unwrap();
    // The values fit the columns, but no position loses more than its margin: the table refuses it.
    let impossible = ClosedPosition { final_pnl: "-77.6".parse().unwrap(), ..closed(1) };
    office.append(&event(EventKind::PositionClosed(impossible))).await;
    let too_large = ClosedPosition { shortfall: "1e20".parse().unwrap(), ..closed(2) };
    office.append(&event(EventKind::PositionClosed(too_large))).await;
    for n in 3..=40 {
        office.append(&event(EventKind::PositionClosed(closed(n)))).await;
    }
    let worker = office.worker("one");
    eventually("the good ones are stored", async || office.count().await == 38).await;
    eventually("the bad ones are set aside", async || office.dead_letters().await.len() == 3).await;
    let errors = office.reasons().await;
    for reason in ["payload", "closed_orders_loss_within_margin", "out of range"] {
        assert!(errors.iter().any(|error| error.contains(reason)), "{reason}: {errors:?}");
    }
    assert_eq!(office.count().await, 38);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_order_with_a_stored_id_is_put_aside_with_the_difference() {
    let office = Office::new().await;
    office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    let mut other = closed(1);
    other.order.qty = "0.75".parse().unwrap();
    other.order.stop_loss = Some("3200".parse().unwrap());
    other.closed_at_ms += 86_400_000;
    // First in one batch with the original, then after the original was stored.
    office.append(&event(EventKind::PositionClosed(other.clone()))).await;
    office.append(&event(EventKind::PositionClosed(closed(2)))).await;
    let worker = office.worker("one");
    eventually("it is dead-lettered", async || office.dead_letters().await.len() == 1).await;
    office.append(&event(EventKind::PositionClosed(other))).await;
    office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    office.append(&event(EventKind::PositionClosed(closed(3)))).await;
    eventually("it is dead-lettered again", async || office.dead_letters().await.len() == 2).await;
    let expected = "order 00000000-0000-0000-0000-000000000001 is already stored with other \
        values: qtyInt is 75000000, stored is 50000000, stopLossInt is Some(320000000000), \
        stored is None, \
        closedAt is 2023-12-20 15:54:59.001 +00:00:00, stored is 2023-12-19 15:54:59.001 +00:00:00";
    assert_eq!(office.reasons().await, [expected, expected]);
    eventually("the others are stored", async || office.count().await == 3).await;
    let pending = async || office.streams.pending(RESPONSE_STREAM, "db-worker").await.unwrap();
    eventually("all is acknowledged", async || pending().await == 0).await;
    let closed_at: time::OffsetDateTime =
        sqlx::query_scalar(r#"select "closedAt" from closed_orders where "orderId" = $1"#)
            .bind(Uuid::from_u128(1))
            .fetch_one(&office.pool)
            .await
            .unwrap();
    assert_eq!(closed_at.unix_timestamp(), 1_703_001_299, "the first one stays as it is");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_adjustment_with_a_stored_number_is_put_aside_with_the_difference() {
    let office = Office::new().await;
    for amount in ["-25.5", "25.5", "-25.5"] {
        let (amount, by) = (amount.parse().unwrap(), "mia".to_owned());
        let attribution = Attribution { by, reason: "paid twice".to_owned() };
        office
            .append(&event(EventKind::BalanceAdjusted(AdjustBalance { amount, attribution })))
            .await;
    }
    let worker = office.worker("one");
    eventually("it is dead-lettered", async || office.dead_letters().await.len() == 1).await;
    let expected = "adjustment 1 of user 00000000-0000-0000-0000-000000000007 is already stored \
        with other values: amountInt is 2550000000, stored is -2550000000";
    assert_eq!(office.reasons().await, [expected]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_where_an_account_began_and_a_second_delivery_changes_nothing() {
    let office = Office::new().await;
    for user in [
        "insert into users (id, email, phone, password)
         values ('00000000-0000-0000-0000-000000000007', 'you@example.com', 15550100000, '')",
        "insert into accounts (account_id, user_id, name, starting_balance)
         select id, id, 'Main', 100000000000 from users",
        "insert into accounts (account_id, user_id, name, starting_balance)
         select '00000000-0000-0000-0000-000000000008', id, 'Other', 5 from users",
    ] {
        sqlx::query(user).execute(&office.pool).await.unwrap();
    }
    let reset = |balance: &str, timestamp_ms| {
        let (balance, previous) = (balance.parse().unwrap(), "1".parse().unwrap());
        let kind = EventKind::AccountReset(AccountReset { balance, previous });
        Event { timestamp_ms, ..event(kind) }
    };
    let balances = async || -> Vec<i64> {
        let rows = sqlx::query_scalar("select starting_balance from accounts order by account_id");
        rows.fetch_all(&office.pool).await.unwrap()
    };
    let began = 1_703_001_299_001;
    for reset in [reset("2000", began), reset("2500.5", began + 1)] {
        office.append(&reset).await;
    }
    let worker = office.worker("one");
    eventually("it is stored", async || balances().await == [250_050_000_000, 5]).await;
    office.append(&reset("2000", began)).await;
    office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    eventually("the event after it is stored", async || office.count().await == 1).await;
    assert_eq!(balances().await, [250_050_000_000, 5]);
    // An account without a row is one of a user who was deleted.
    let unknown = Event { user_id: UserId(Uuid::from_u128(9)), ..reset("2000", began) };
    office.append(&unknown).await;
    office.append(&reset("300", began + 2)).await;
    eventually("the last one is stored", async || balances().await[0] == 30_000_000_000).await;
    // Every event has a row, and the last one is stored in the same transaction.
    let resets: Vec<(i64, i64)> =
        sqlx::query_as("select previous, balance from account_resets order by length(id), id")
            .fetch_all(&office.pool)
            .await
            .unwrap();
    let began_with = [200_000_000_000, 250_050_000_000, 200_000_000_000, 200_000_000_000];
    let began_with = began_with.into_iter().chain([30_000_000_000]);
    assert_eq!(resets, began_with.map(|balance| (100_000_000, balance)).collect::<Vec<_>>());
    assert!(office.dead_letters().await.is_empty());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_waited_for_and_nothing_is_put_aside_meanwhile() {
    let mut office = Office::new().await;
    let worker = office.worker("one");
    office.append(&event(EventKind::PositionClosed(closed(1)))).await;
    eventually("the first order is stored", async || office.count().await == 1).await;
    office.postgres.kill_hard().unwrap();
    for n in 2..=20 {
        office.append(&event(EventKind::PositionClosed(closed(n)))).await;
    }
    office.postgres.restart().unwrap();
    eventually("all orders are stored", async || office.count().await == 20).await;
    assert!(office.dead_letters().await.is_empty());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_member_takes_over_what_a_dead_one_left() {
    let office = Office::new().await;
    for n in 1..=1_000 {
        office.append(&event(EventKind::PositionClosed(closed(n)))).await;
    }
    let first = office.worker("one");
    eventually("the first member is at work", async || office.count().await > 0).await;
    first.task.abort();
    let second = office.worker("two");
    eventually("all orders are stored", async || office.count().await == 1_000).await;
    second.stop().await;
}
