//! Sums and CSV files of any number of closed orders.

use crate::counter::Counter;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// More orders than a page has, and than two pieces of a file.
const ORDERS: i64 = 2_345;

/// Inserts this many closed orders of one user, a millisecond apart, with P&L of both signs that
/// floats can't add up exactly.
async fn trade_a_lot(counter: &Counter, user_id: Uuid, orders: i64) {
    sqlx::query(
        r"insert into closed_orders
           select gen_random_uuid(), $1, 'BTCUSDT', case when n % 2 = 0 then 'LONG' else 'SHORT' end, 10,
               9007199254740993, 9200000000000, 9200000000001, 1000000, 8400000000000,
               case when n % 3 = 0 then 9100000000000 end, null,
               (n % 7 - 3) * 9007199254740993 / 3 + n, 0, 'MANUAL', '1-0',
               to_timestamp(1700000000 + n), to_timestamp(1700000100 + n / 1000.0)
           from generate_series(1, $2) as n",
    )
    .bind(user_id)
    .bind(orders)
    .execute(&counter.stack.pool)
    .await
    .unwrap();
}

async fn user_id(counter: &Counter, token: &str) -> Uuid {
    let me = counter.get(token, "/user/me").await.body;
    me["user"]["userId"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_thousand_closed_orders_are_summed_up_and_written_down() {
    let counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let user_id = user_id(&counter, &token).await;
    trade_a_lot(&counter, user_id, ORDERS).await;
    trade_a_lot(&counter, Uuid::new_v4(), 5).await;

    let (sum, ids): (String, Vec<Uuid>) = sqlx::query_as(
        r#"select sum("finalPnLInt")::text, array_agg("orderId") from closed_orders
           where "userId" = $1"#,
    )
    .bind(user_id)
    .fetch_one(&counter.stack.pool)
    .await
    .unwrap();
    let realized = counter.get(&token, "/order/user/realized-pnl").await.body["realized"].clone();
    assert_eq!(realized["realizedPnLInt"], sum);
    assert_eq!(realized["orders"], ORDERS);
    let nothing = counter.get(&other, "/order/user/realized-pnl").await.body["realized"].clone();
    let mut zeros = json!({ "orders": 0, "won": 0 });
    for name in ["realizedPnL", "commission", "funding", "liquidationFee", "netPnL"] {
        zeros[name] = "0".into();
        zeros[format!("{name}Int")] = "0".into();
    }
    assert_eq!(nothing, zeros);

    // A page and the sum of the orders after it add up to the whole.
    let page = counter.get(&token, "/order/user/orders?status=CLOSED&limit=100").await.body;
    let cursor = page["nextCursor"].as_str().unwrap();
    let path = format!("/order/user/realized-pnl?cursor={cursor}");
    let behind = counter.get(&token, &path).await.body["realized"].clone();
    assert_eq!(behind["orders"], ORDERS - 100);
    let int = |text: &serde_json::Value| text.as_str().unwrap().parse::<i128>().unwrap();
    let on_page = page["orders"].as_array().unwrap().iter().map(|o| int(&o["finalPnLInt"]));
    assert_eq!(on_page.sum::<i128>() + int(&behind["realizedPnLInt"]), sum.parse().unwrap());
    let refused = counter.get(&token, "/order/user/realized-pnl?cursor=1").await;
    assert_eq!(refused.refusal(), (400, "VALIDATION"));

    let file = counter.get(&token, "/order/user/closed-orders.csv").await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let lines: Vec<_> = file.text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
    let columns: Vec<_> = lines[0].split(',').collect();
    let cells: Vec<Vec<_>> = lines[1..].iter().map(|line| line.split(',').collect()).collect();
    assert!(cells.iter().all(|row| row.len() == columns.len()), "a row has other columns");
    let column = |name| columns.iter().position(|column| *column == name).unwrap();
    let written: BTreeSet<Uuid> =
        cells.iter().map(|row| row[column("order id")].parse().unwrap()).collect();
    assert_eq!(cells.len(), ids.len());
    assert_eq!(written, ids.into_iter().collect());
    let pnl = cells.iter().map(|row| row[column("realized P&L")].parse::<price::Usd>().unwrap());
    assert_eq!(pnl.map(price::Usd::scaled).sum::<i128>(), sum.parse().unwrap());
    let closed_at: Vec<_> = cells.iter().map(|row| row[column("closed at")]).collect();
    assert_eq!(closed_at[0], "2023-11-14T22:15:02.345Z");
    assert!(closed_at.is_sorted_by(|a, b| a >= b), "not newest first");

    assert_eq!(counter.get("", "/order/user/closed-orders.csv").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_closed_nothing_gets_a_file_with_a_header_alone() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let file = counter.get(&token, "/order/user/closed-orders.csv").await;
    assert!(file.text.starts_with("order id,asset,side,"), "{}", file.text);
    assert_eq!(file.text.matches("\r\n").count(), 1);
    let refused = counter.raw(Method::POST, "/api/v1/order/user/closed-orders.csv");
    assert_eq!(refused.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}
