//! Lists of orders, fills and closed positions: filters, totals and files.

use crate::counter::{Answer, Counter};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::stack::Service;
use uuid::Uuid;

/// 2023-12-19 15:54:59.001.
const NOON_MS: i64 = 1_703_001_299_001;

async fn user_id(counter: &Counter, token: &str) -> Uuid {
    let me = counter.get(token, "/user/me").await.body;
    me["user"]["userId"].as_str().unwrap().parse().unwrap()
}

/// The last digit of each id in a list.
fn digits(answer: &Answer, list: &str, id: &str) -> Vec<u32> {
    let entries = answer.body[list].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    let ending = |entry: &Value| entry[id].as_str().unwrap().chars().last().unwrap();
    entries.iter().map(|entry| ending(entry).to_digit(10).unwrap()).collect()
}

/// The lines of a file, without its header.
fn lines(file: &Answer) -> Vec<String> {
    assert_eq!(file.status, 200, "{}", file.text);
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    let names = file.text.split("\r\n").next().unwrap().split(',').count();
    let lines: Vec<_> = file.text.split_terminator("\r\n").skip(1).map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.split(',').count() == names), "{}", file.text);
    lines
}

/// Inserts orders that have ended, a second apart: the last digit of the id, asset, side, kind, status,
/// quantity and price.
async fn orders(counter: &Counter, owner: Uuid) {
    for (n, asset, side, kind, status, qty, price) in [
        (1, "BTCUSDT", "BUY", "MARKET", "FILLED", 333_333_333_i64, 9_200_000_000_001_i64),
        (2, "BTCUSDT", "SELL", "LIMIT", "FILLED", 1, 9_300_000_000_001),
        (3, "ETHUSDT", "BUY", "LIMIT", "CANCELED", 500_000_000, 300_000_000_000),
        (4, "ETHUSDT", "SELL", "STOP_MARKET", "EXPIRED", 500_000_000, 300_000_000_000),
        (5, "BTCUSDT", "BUY", "STOP", "NEW", 500_000_000, 300_000_000_000),
    ] {
        let filled = status == "FILLED";
        sqlx::query(
            r"insert into orders (
                   order_id, user_id, client_order_id, asset, side, kind, time_in_force, qty, price,
                   reduce_only, close_position, leverage, reserved, status, reason, filled_qty,
                   average_price, created_at, updated_at, event_id, sequence
               ) values (
                   $1, $2, $3, $4, $5, $6, 'GTC', $7, $8, false, false, 10, 0, $9,
                   case when $9 = 'EXPIRED' then 'TIME' end, $10, $11,
                   to_timestamp($12::bigint / 1000.0), to_timestamp($12::bigint / 1000.0), '1-0', $13
               )",
        )
        .bind(Uuid::from_u128(owner.as_u128() & !0xff | n))
        .bind(owner)
        .bind((n == 2).then_some("grid-2"))
        .bind(asset)
        .bind(side)
        .bind(kind)
        .bind(qty)
        .bind((kind != "MARKET").then_some(price))
        .bind(status)
        .bind(if filled { qty } else { 0 })
        .bind(filled.then_some(price))
        .bind(NOON_MS + i64::try_from(n).unwrap() * 1_000)
        .bind(i64::try_from(n).unwrap())
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_orders_are_filtered_summed_up_and_written_down() {
    let counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    orders(&counter, user_id(&counter, &token).await).await;
    orders(&counter, user_id(&counter, &other).await).await;
    let ended = "status=FILLED,CANCELED,EXPIRED";
    let (second, fourth) = (NOON_MS + 2_000, NOON_MS + 4_000);
    for (query, expected) in [
        (ended.to_owned(), vec![4, 3, 2, 1]),
        ("status=FILLED".to_owned(), vec![2, 1]),
        (format!("{ended}&asset=eth"), vec![4, 3]),
        (format!("{ended}&side=BUY"), vec![3, 1]),
        (format!("{ended}&type=LIMIT"), vec![3, 2]),
        (format!("{ended}&type=LIMIT,STOP_MARKET&side=SELL"), vec![4, 2]),
        (format!("{ended}&from={second}&to={fourth}"), vec![3, 2]),
        (format!("{ended}&clientOrderId=grid-2"), vec![2]),
    ] {
        let found = counter.get(&token, &format!("/orders?{query}")).await;
        assert_eq!(digits(&found, "orders", "orderId"), expected, "{query}");
        let file = lines(&counter.get(&token, &format!("/orders?{query}&format=csv")).await);
        let written: Vec<u32> = file
            .iter()
            .rev()
            .map(|line| line.split(',').next().unwrap().chars().last().unwrap())
            .map(|digit| digit.to_digit(10).unwrap())
            .collect();
        assert_eq!(written, expected, "{query}");
        let totals = counter.get(&token, &format!("/orders/summary?{query}")).await.body;
        assert_eq!(totals["totals"]["orders"], expected.len(), "{query}");
    }
    let file = lines(&counter.get(&token, "/orders?status=FILLED&format=csv").await);
    assert!(
        file[1].ends_with(
            ",grid-2,BTCUSDT,SELL,LIMIT,GTC,0.00000001,93000.00000001,,,false,false,,10,FILLED,,\
             0.00000001,93000.00000001,2023-12-19T15:55:01.001Z,2023-12-19T15:55:01.001Z"
        ),
        "{}",
        file[1]
    );
    let totals = counter.get(&token, "/orders/summary").await.body["totals"].clone();
    // 3.33333333 × 92,000.00000001 + 0.00000001 × 93,000.00000001, all digits, then rounded down.
    let exact = 333_333_333_i128 * 9_200_000_000_001 + 9_300_000_000_001;
    let volume = price::Usd::from_scaled(exact / 100_000_000);
    let expected = json!({
        "orders": 4, "filled": 2, "canceled": 1, "expired": 1,
        "volume": volume.to_string(), "volumeInt": volume.scaled().to_string(),
    });
    assert_eq!(totals, expected);
    assert_eq!(counter.get("", "/orders/summary").await.refusal(), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resting_orders_and_positions_are_filtered_and_written_down() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let token = counter.sign_up(1).await;
    let place = async |body: Value| {
        let placed =
            counter.send(Method::POST, &token, "/orders", Some(body.to_string()), &[]).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
    };
    let order = |side: &str, kind: &str, name: &str, price: &str| {
        let at = if kind == "LIMIT" { "price" } else { "triggerPrice" };
        json!({
            "asset": "BTCUSDT", "side": side, "type": kind, "qty": "1", "leverage": 10,
            at: price, "clientOrderId": name,
        })
    };
    place(order("BUY", "LIMIT", "a1", "50")).await;
    place(order("SELL", "LIMIT", "a2", "150")).await;
    place(order("BUY", "STOP_MARKET", "a3", "150")).await;
    let market = json!({
        "asset": "BTCUSDT", "side": "BUY", "type": "MARKET", "qty": "1", "leverage": 10,
    });
    place(market).await;
    for (query, expected) in [
        ("", vec![3, 2, 1]),
        ("status=NEW&side=BUY", vec![3, 1]),
        ("type=LIMIT", vec![2, 1]),
        ("type=STOP_MARKET,STOP", vec![3]),
        ("to=1", vec![]),
        ("from=1&asset=BTC", vec![3, 2, 1]),
        ("asset=ETH", vec![]),
    ] {
        let found = counter.get(&token, &format!("/orders?{query}")).await;
        assert_eq!(digits(&found, "orders", "clientOrderId"), expected, "{query}");
        let file = lines(&counter.get(&token, &format!("/orders?{query}&format=csv")).await);
        assert_eq!(file.len(), expected.len(), "{query}");
    }
    for (query, count) in [("", 1), ("orderType=LONG", 1), ("orderType=SHORT", 0), ("asset=ETH", 0)]
    {
        let found = counter.get(&token, &format!("/positions?{query}")).await.body;
        assert_eq!(found["positions"].as_array().unwrap().len(), count, "{query}");
        let file = lines(&counter.get(&token, &format!("/positions?{query}&format=csv")).await);
        assert_eq!(file.len(), count, "{query}");
    }
    let legacy = counter.get(&token, "/order/user/orders?orderType=SHORT").await.body;
    assert_eq!(legacy["orders"], json!([]));
}

/// Inserts fills, a second apart: the last digit of the id, asset, side, quantity, price, realized P&L,
/// fee, role and reason.
async fn fills(counter: &Counter, owner: Uuid) {
    for (n, asset, side, qty, price, pnl, fee, role, reason) in [
        (1_i64, "BTCUSDT", "BUY", 1_i64, 150_000_000_i64, 0_i64, 3_i64, "TAKER", None),
        (2, "BTCUSDT", "SELL", 1, 150_000_000, -9_007_199_254_740_993, 4, "MAKER", None),
        (3, "ETHUSDT", "SELL", 2, 100_000_000, 5, 0, "TAKER", Some("STOP_LOSS")),
        (4, "ETHUSDT", "SELL", 2, 100_000_000, -5, 0, "TAKER", Some("MARGIN_CALL")),
    ] {
        let at = NOON_MS + n * 1_000;
        sqlx::query(
            r"insert into fills values (
                   $1, gen_random_uuid(), gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8, $9, $10, null,
                   to_timestamp($11::bigint / 1000.0)
               )",
        )
        .bind(format!("{at}-{n}"))
        .bind(owner)
        .bind(asset)
        .bind(side)
        .bind(qty)
        .bind(price)
        .bind(pnl)
        .bind(fee)
        .bind(role)
        .bind(reason)
        .bind(at)
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fills_are_filtered_summed_up_and_written_down() {
    let counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    fills(&counter, user_id(&counter, &token).await).await;
    let (second, fourth) = (NOON_MS + 2_000, NOON_MS + 4_000);
    for (query, expected) in [
        (String::new(), vec![4, 3, 2, 1]),
        ("side=BUY".to_owned(), vec![1]),
        ("role=MAKER".to_owned(), vec![2]),
        ("reason=MARGIN_CALL".to_owned(), vec![4]),
        ("asset=BTC&side=SELL".to_owned(), vec![2]),
        (format!("from={second}&to={fourth}"), vec![3, 2]),
    ] {
        let found = counter.get(&token, &format!("/fills?{query}")).await;
        assert_eq!(digits(&found, "fills", "fillId"), expected, "{query}");
        let file = lines(&counter.get(&token, &format!("/fills?{query}&format=csv")).await);
        assert_eq!(file.len(), expected.len(), "{query}");
        let totals = counter.get(&token, &format!("/fills/summary?{query}")).await.body;
        assert_eq!(totals["totals"]["fills"], expected.len(), "{query}");
    }
    let totals = counter.get(&token, "/fills/summary").await.body["totals"].clone();
    // 1.5 + 1.5 + 2 + 2 units of 10^-8: each product alone would lose a half.
    let expected = json!({
        "fills": 4, "volume": "0.00000007", "volumeInt": "7", "fees": "0.00000007", "feesInt": "7",
        "realizedPnL": "-90071992.54740993", "realizedPnLInt": "-9007199254740993",
        "netPnL": "-90071992.547410", "netPnLInt": "-9007199254741000",
    });
    let expected = {
        let mut expected = expected;
        expected["netPnL"] = price::Usd::from_scaled(-9_007_199_254_741_000).to_string().into();
        expected
    };
    assert_eq!(totals, expected);
    let none = counter.get(&other, "/fills/summary").await.body["totals"].clone();
    assert_eq!(
        (&none["fills"], &none["volume"], &none["netPnL"]),
        (&json!(0), &json!("0"), &json!("0"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_positions_are_filtered_summed_up_and_written_down() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let owner = user_id(&counter, &token).await;
    for (n, asset, side, pnl, reason) in [
        (1_i64, "BTCUSDT", "LONG", 100_i64, "MANUAL"),
        (2, "BTCUSDT", "SHORT", -30, "STOP_LOSS"),
        (3, "ETHUSDT", "LONG", -7, "MARGIN_CALL"),
    ] {
        sqlx::query(
            r"insert into closed_orders values (
                   $1, $2, $3, $4, 10, 1000, 1, 1, 1, 1, null, null, $5, 0, $6, '1-0',
                   to_timestamp($7::bigint / 1000.0), to_timestamp($7::bigint / 1000.0), $8, -$8, 1
               )",
        )
        .bind(Uuid::from_u128(u128::try_from(n).unwrap()))
        .bind(owner)
        .bind(asset)
        .bind(side)
        .bind(pnl)
        .bind(reason)
        .bind(NOON_MS + n * 1_000)
        .bind(n)
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    }
    let second = NOON_MS + 2_000;
    for (query, expected) in [
        (String::new(), vec![3, 2, 1]),
        ("orderType=LONG".to_owned(), vec![3, 1]),
        ("closeReason=STOP_LOSS".to_owned(), vec![2]),
        ("asset=eth".to_owned(), vec![3]),
        (format!("from={second}"), vec![3, 2]),
        (format!("to={second}&orderType=LONG"), vec![1]),
    ] {
        let found = counter.get(&token, &format!("/order/user/orders?status=CLOSED&{query}")).await;
        assert_eq!(digits(&found, "orders", "orderId"), expected, "{query}");
        let file =
            lines(&counter.get(&token, &format!("/order/user/closed-orders.csv?{query}")).await);
        assert_eq!(file.len(), expected.len(), "{query}");
        let sum = counter.get(&token, &format!("/order/user/realized-pnl?{query}")).await.body;
        assert_eq!(sum["realized"]["orders"], expected.len(), "{query}");
    }
    let realized = counter.get(&token, "/order/user/realized-pnl").await.body["realized"].clone();
    let of = |name: &str| realized[name].as_str().unwrap().to_owned();
    let sums = ["realizedPnLInt", "commissionInt", "fundingInt", "liquidationFeeInt", "netPnLInt"];
    assert_eq!(sums.map(of), ["63", "6", "-6", "3", "48"]);
    assert_eq!((&realized["orders"], &realized["won"]), (&json!(3), &json!(1)));
    // The rest after a page counts with the filter, too.
    let page = counter.get(&token, "/order/user/orders?status=CLOSED&limit=1&orderType=LONG").await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    let rest = format!("/order/user/realized-pnl?orderType=LONG&cursor={cursor}");
    let rest = counter.get(&token, &rest).await.body["realized"].clone();
    assert_eq!((&rest["orders"], &rest["realizedPnLInt"]), (&json!(1), &json!("100")));
    for (query, field) in [("orderType=BUY", "orderType"), ("closeReason=WHIM", "closeReason")] {
        let refused = counter.get(&token, &format!("/order/user/closed-orders.csv?{query}")).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{query}");
        assert!(refused.body["fields"][field].is_string(), "{}", refused.body);
    }
}
