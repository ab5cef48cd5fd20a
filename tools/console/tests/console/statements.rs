//! `velox account verify`, on a stack of real services.

use crate::scene::{Said, tick, velox, velox_json};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

const EMAIL: &str = "trader1@example.com";

/// A stack with an account that has a deposit, a loss, an open position and a resting order, all of
/// it in its statement.
struct Scene {
    stack: Stack,
    trader: Trader,
    open: String,
}

impl Scene {
    async fn new() -> Self {
        let own = [
            ("STALE_PRICE_MS", "600000"),
            ("SNAPSHOT_INTERVAL_MS", "200"),
            ("SNAPSHOT_DELAY_MS", "100"),
        ];
        let mut stack = Stack::new(&own).await;
        for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
            stack.start(service).await;
        }
        tick(&stack, "99.9", "100").await;
        let trader = stack.trader(1).await;
        let lost = open(&trader).await;
        close(&trader, &lost).await;
        let open = open(&trader).await;
        let resting = json!({
            "asset": "BTCUSDT", "side": "BUY", "type": "LIMIT", "qty": "1", "price": "50",
            "leverage": 10,
        });
        let (status, body) = trader.request(Method::POST, "/orders", Some(resting)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let scene = Self { stack, trader, open };
        eventually("the statement is written", async || scene.lines().await == 2).await;
        scene
    }

    async fn lines(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from income");
        count.fetch_one(&self.stack.pool).await.unwrap()
    }

    async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.stack.pool).await.unwrap();
    }

    fn verify(&self, arguments: &[&str]) -> Said {
        velox(&self.stack, &[&["account", "verify"], arguments].concat())
    }
}

async fn open(trader: &Trader) -> String {
    let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.5"});
    let (status, body) = trader.open(body).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["order"]["orderId"].as_str().unwrap().to_owned()
}

async fn close(trader: &Trader, order_id: &str) {
    let path = format!("/order/close/{order_id}");
    let (status, body) = trader.request(Method::POST, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_missing_or_wrong_are_found() {
    let scene = Scene::new().await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    velox(&scene.stack, &["account", "verify", nobody]).ends_with(1).complains_of("no account");
    let user_id = &scene.trader.user_id;
    scene.verify(&["--all"]).ends_with(0).shows("1 of 1 statements add up");
    scene.verify(&["Trader1@Example.com"]).ends_with(0).shows("1 of 1 statements add up");
    scene.verify(&[user_id]).ends_with(0).shows("1 of 1 statements add up");
    scene.verify(&["nobody@example.com"]).ends_with(1).complains_of("no user has the email");
    scene.verify(&[]).ends_with(2).complains_of("required");

    scene.sql("update income set amount = amount + 1 where kind = 'REALIZED_PNL'").await;
    let sentence = format!(
        "{user_id}: its lines add up to 999.95000001, and it holds 999.95; the difference is \
         -0.00000001"
    );
    scene.verify(&["--all"]).ends_with(1).shows(&sentence).shows("0 of 1 statements add up");
    // It has a first line, so nothing is carried over.
    scene.verify(&["--all", "--carry-over"]).ends_with(1).shows(&sentence);
    assert_eq!(scene.lines().await, 2);
    let said = velox(&scene.stack, &["account", "verify", EMAIL, "--json"]).ends_with(1);
    let report: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(report["differences"][0]["linesInt"], "99995000001");
    assert_eq!(report["differences"][0]["heldInt"], "99995000000");
    assert_eq!(report["differences"][0]["beginsLate"], false);

    scene.sql("delete from income where kind = 'REALIZED_PNL'").await;
    scene.verify(&[EMAIL]).ends_with(1).shows("add up to 1000, and it holds 999.95;");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_not_written_yet_count() {
    let mut scene = Scene::new().await;
    assert!(scene.stack.stop(Service::DbWorker));
    close(&scene.trader, &scene.open).await;
    let report = velox_json(&scene.stack, &["account", "verify", "--all"]);
    assert_eq!((&report["accounts"], &report["differences"]), (&json!(1), &json!([])));
    assert_eq!(report["unwrittenLines"], 1, "{report}");
    // A member that took them and died has not written them either.
    let group = streams::GroupConfig {
        confirmed: false,
        group: "db-worker".to_owned(),
        consumer: "dead".to_owned(),
        claim_idle: std::time::Duration::from_mins(1),
    };
    let joined = streams::Group::join(&scene.stack.streams, messages::RESPONSE_STREAM, group);
    let taken = joined.await.unwrap().next(100, std::time::Duration::from_millis(100)).await;
    assert!(!taken.unwrap().is_empty());
    scene.verify(&["--all"]).ends_with(0).shows("1 lines are not written yet");
    // Nor has an engine that does not run.
    scene.stack.kill(Service::Engine);
    // The resting order is filled and its position liquidated.
    tick(&scene.stack, "20", "20.1").await;
    scene.verify(&["--all"]).ends_with(0).shows("2 lines are not written yet");

    scene.stack.start(Service::Engine).await;
    scene.stack.start(Service::DbWorker).await;
    eventually("all is written", async || {
        velox_json(&scene.stack, &["account", "verify", "--all"])["unwrittenLines"] == 0
    })
    .await;
    scene.verify(&["--all"]).ends_with(0).shows("0 lines are not written yet");
    assert_eq!(scene.lines().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_held_before_its_statement_is_carried_over_once() {
    let scene = Scene::new().await;
    // The account of an earlier version: of its past, only the fills are known.
    scene.sql("delete from income where kind = 'TRANSFER'").await;
    scene
        .verify(&["--all"])
        .ends_with(1)
        .shows("the account is older than its statement")
        .shows("add up to -0.05, and it holds 999.95; 1000 is from before");
    assert_eq!(scene.lines().await, 1, "nothing is written without being asked for");
    for _ in 0..2 {
        let said = scene.verify(&["--all", "--carry-over"]).ends_with(0);
        said.shows("1 of 1 statements add up");
        assert_eq!(scene.lines().await, 2);
    }
    let (status, body) = scene.trader.request(Method::GET, "/income", None).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["income"][1]["kind"], "TRANSFER", "{body}");
    assert_eq!(body["income"][1]["amount"], "1000", "{body}");

    // Without any line as well.
    scene.sql("delete from income").await;
    let said = scene.verify(&[EMAIL, "--carry-over"]).ends_with(0);
    said.shows("add up to 0, and it holds 999.95; 999.95 is its first line now");
    scene.verify(&["--all"]).ends_with(0).shows("1 of 1 statements add up");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_among_the_dead_letters_are_named() {
    let scene = Scene::new().await;
    scene
        .sql("alter table income add constraint whim check (kind <> 'ADJUSTMENT') not valid")
        .await;
    let adjust = ["adjust-balance", EMAIL, "5", "--by", "mia", "--reason", "a test"];
    velox(&scene.stack, &adjust).ends_with(0);
    let dead = "response:stream:dead";
    eventually("it is put aside", async || scene.stack.stream_len(dead).await == 1).await;
    scene.sql("delete from income").await;
    scene
        .verify(&["--all", "--carry-over"])
        .ends_with(1)
        .shows("events are among the dead letters: ");
    assert_eq!(scene.lines().await, 0, "what is missing may be in them");
}
