//! Accounts of one user, by their ids.

use crate::scene::{tick, velox, velox_json};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::stack::{Service, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_of_a_user_are_listed_and_named_by_their_ids() {
    let mut stack = Stack::new(&[("STALE_PRICE_MS", "600000")]).await;
    for service in [Service::Engine, Service::HttpGateway] {
        stack.start(service).await;
    }
    tick(&stack, "99.9", "100").await;
    let trader = stack.trader(1).await;
    let body = json!({ "name": "Grid bot", "balance": 5_000 });
    let (status, body) = trader.request(Method::POST, "/accounts", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let second = body["account"]["accountId"].as_str().unwrap();

    let listed = velox_json(&stack, &["account", "list", "trader1@example.com"]);
    let accounts = listed["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[0]["accountId"], listed["userId"]);
    assert_eq!((&accounts[0]["name"], &accounts[1]["name"]), (&json!("Main"), &json!("Grid bot")));
    assert_eq!(accounts[1]["startingBalanceInt"], "500000000000");
    assert_eq!(velox_json(&stack, &["account", "list", second]), listed);
    velox(&stack, &["account", "list", second]).ends_with(0).shows("Accounts: 2").shows("Grid bot");

    let shown = velox_json(&stack, &["account", "show", second]);
    assert_eq!(shown["account"], accounts[1]);
    assert_eq!(shown["user"]["email"], "trader1@example.com");
    assert_eq!(shown["balance"]["balance"], "5000");
    let first = velox_json(&stack, &["account", "show", "trader1@example.com"]);
    assert_eq!((&first["account"], &first["balance"]["balance"]), (&accounts[0], &json!("1000")));
    let who = ["--by", "mia", "--reason", "a test"];
    velox(&stack, &[&["adjust-balance", second, "12.5"], &who[..]].concat())
        .ends_with(0)
        .shows(&format!("the balance of {second} is now 5012.5 USD"));
    let first = velox_json(&stack, &["account", "show", "trader1@example.com"]);
    assert_eq!(first["balance"]["balance"], "1000", "the other account is as it was");
    assert_eq!(velox_json(&stack, &["orders", second])["accountId"], second);
    let unknown = "0853d9e4-965f-518c-9cd8-65029e3511e3";
    for command in [&["account", "show"], &["account", "list"], &["orders"] as &[&str]] {
        velox(&stack, &[command, &[unknown]].concat())
            .ends_with(1)
            .complains_of("no account has the id");
    }
    // A user of an earlier version, whose account has no row yet.
    sqlx::query("delete from accounts").execute(&stack.pool).await.unwrap();
    velox(&stack, &["account", "show", "trader1@example.com"]).ends_with(0).shows("1000");
    let id = listed["userId"].as_str().unwrap();
    velox(&stack, &["account", "show", id]).ends_with(0).shows("trader1@example.com");
}
