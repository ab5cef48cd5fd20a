//! `velox adopt` after Redis was emptied or damaged, and the engine's start afterwards.

use crate::scene::{Said, tick, velox, velox_json};
use messages::{REQUEST_STREAM, RESPONSE_STREAM};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::stack::{Service, Stack, eventually};

/// A stack with a trader who has 995 free and 5 in a position, and a snapshot of this state.
async fn with_an_open_position() -> Stack {
    let mut stack = Stack::new(&[("STALE_PRICE_MS", "600000")]).await;
    for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    tick(&stack, "99.9", "100").await;
    let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 0.5});
    assert_eq!(trader.open(body).await.0, StatusCode::CREATED);
    stop_all(&mut stack);
    stack
}

/// Stops the services in this order: the engine takes a last snapshot.
fn stop_all(stack: &mut Stack) {
    for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
        assert!(stack.stop(service));
    }
}

fn redis(stack: &Stack, arguments: &[&str]) -> String {
    let output = std::process::Command::new("redis-cli")
        .args(["-u", &stack.redis.url()])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

async fn refuses(stack: &mut Stack, why: &str) {
    stack.spawn(Service::Engine);
    assert!(!stack.ended(Service::Engine).await, "the engine refuses");
    let status = redis(stack, &["get", "engine:status"]);
    assert!(status.contains(why), "{status}");
}

fn adopt(stack: &Stack) -> Said {
    let asked = velox(stack, &["adopt"]).ends_with(2).complains_of("nothing was changed");
    assert!(asked.error.contains("Type yes"), "{}", asked.error);
    velox(stack, &["adopt", "--yes"]).ends_with(0).shows("Next:");
    asked
}

async fn trades_again(stack: &mut Stack, balance: &str) {
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    stack.start(Service::DbWorker).await;
    let account = velox_json(stack, &["account", "show", "trader1@example.com"]);
    assert_eq!(account["source"], "the engine");
    assert_eq!(account["balance"]["balance"], balance, "{account}");
    velox(stack, &["status", "--services", "engine"]).shows("READY");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_redis_was_emptied_the_engine_goes_on_from_the_snapshot() {
    let mut stack = with_an_open_position().await;
    velox(&stack, &["adopt"]).ends_with(0).shows("nothing is wrong");
    redis(&stack, &["flushall"]);
    // The feed has already started again.
    tick(&stack, "99.9", "100").await;
    refuses(&mut stack, "velox adopt").await;
    adopt(&stack).shows("request:stream does not hold entry").shows("1 entries");
    trades_again(&mut stack, "995").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_deleted_is_given_up_only_when_somebody_says_so() {
    let mut stack = with_an_open_position().await;
    let lost = tick(&stack, "99.9", "100").await;
    tick(&stack, "99.9", "100").await;
    redis(&stack, &["xdel", REQUEST_STREAM, &lost.to_string()]);
    refuses(&mut stack, "deleted by hand").await;
    adopt(&stack).shows(&format!("entry {lost} of request:stream was deleted by hand"));
    trades_again(&mut stack, "995").await;
    assert_ne!(redis(&stack, &["keys", "request:stream:replaced:*"]).trim(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_of_the_future_is_taken_out_and_closes_are_recorded_again() {
    let mut stack = with_an_open_position().await;
    redis(&stack, &["xadd", RESPONSE_STREAM, "9999999999999-0", "a", "b"]);
    // The worker has read it, so no lower id is delivered to it any more.
    stack.start(Service::DbWorker).await;
    eventually("it is put aside", async || stack.stream_len("response:stream:dead").await == 1)
        .await;
    assert!(stack.stop(Service::DbWorker));
    refuses(&mut stack, "is far above every output").await;
    adopt(&stack).shows("No order is lost");
    trades_again(&mut stack, "995").await;
    tick(&stack, "50", "50.1").await;
    eventually("the close is recorded", async || stack.closed_order_count().await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_the_future_are_left_out() {
    let mut stack = with_an_open_position().await;
    redis(&stack, &["xadd", REQUEST_STREAM, "9999999999999-0", "a", "b"]);
    stack.start(Service::Engine).await;
    let said = velox(&stack, &["status"]).ends_with(1);
    assert!(said.text.contains("ahead of the clock"), "{}", said.text);
    let ahead =
        async || stack.tell(Service::Engine, "/readyz").await.contains("ahead of the clock");
    eventually("the engine says so", ahead).await;
    kill_all(&mut stack, &[Service::Engine]).await;
    adopt(&stack).shows("request:stream has id 9999999999999-0").shows("1 entries with ids in");
    trades_again(&mut stack, "995").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_orders_that_adopting_loses_are_named_and_can_be_recorded_again() {
    let mut stack = with_an_open_position().await;
    redis(&stack, &["xadd", REQUEST_STREAM, "9999999999999-0", "a", "b"]);
    stack.start(Service::Engine).await;
    stack.start(Service::DbWorker).await;
    tick(&stack, "50", "50.1").await;
    eventually("the close is recorded", async || stack.closed_order_count().await == 1).await;
    let closed: String = sqlx::query_scalar(r#"select "orderId"::text from closed_orders"#)
        .fetch_one(&stack.pool)
        .await
        .unwrap();
    kill_all(&mut stack, &[Service::Engine, Service::DbWorker]).await;
    assert_eq!(written(&stack).await, (1, 2, 2));
    adopt(&stack)
        .shows("closed orders that are lost")
        .shows(&closed)
        .shows("fills that are lost")
        .shows("lines of statements that are lost");
    assert_eq!(stack.closed_order_count().await, 0);
    assert_eq!(written(&stack).await, (1, 1, 1), "the order had been filled before");
    trades_again(&mut stack, "995").await;
    tick(&stack, "50", "50.1").await;
    eventually("the close is recorded", async || stack.closed_order_count().await == 1).await;
    assert_eq!(written(&stack).await, (1, 2, 2));
    assert_eq!(stack.stream_len("response:stream:dead").await, 0);
}

/// The numbers of rows in `orders`, `fills` and `income`.
async fn written(stack: &Stack) -> (i64, i64, i64) {
    let counts = "select (select count(*) from orders), (select count(*) from fills),
        (select count(*) from income)";
    sqlx::query_as(counts).fetch_one(&stack.pool).await.unwrap()
}

/// Kills services, so that no snapshot is taken, and waits until Redis has forgotten them.
async fn kill_all(stack: &mut Stack, services: &[Service]) {
    for service in services {
        stack.kill(*service);
    }
    redis(stack, &["del", "engine:lease"]);
    eventually("the services are forgotten", async || {
        redis(stack, &["keys", "service:*"]).trim().is_empty()
    })
    .await;
    redis(stack, &["del", "engine:status"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anything_left_everybody_begins_anew_only_when_somebody_says_so() {
    let mut stack = with_an_open_position().await;
    redis(&stack, &["flushall"]);
    sqlx::query("delete from snapshots").execute(&stack.pool).await.unwrap();
    refuses(&mut stack, "would begin anew").await;
    velox(&stack, &["adopt", "--yes"]).ends_with(1).complains_of("no sound snapshot");
    velox(&stack, &["adopt", "--afresh"]).ends_with(2).complains_of("nothing was changed");
    velox(&stack, &["adopt", "--afresh", "--yes"]).ends_with(0).shows("begins anew");
    stack.start(Service::Engine).await;
    // An account is created when its owner signs in.
    let account = velox_json(&stack, &["account", "show", "trader1@example.com"]);
    assert_eq!((&account["source"], &account["balance"]), (&"the engine".into(), &Value::Null));
    velox(&stack, &["status", "--services", "engine"]).shows("READY");
}
