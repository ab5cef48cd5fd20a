use crate::scene::{tick, velox, velox_json};
use serde_json::Value;
use testkit::stack::{Service, Stack, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_listed_shown_and_verified() {
    let settings = [("SNAPSHOT_INTERVAL_MS", "200"), ("SNAPSHOT_DELAY_MS", "100")];
    let mut stack = Stack::new(&settings).await;
    velox(&stack, &["snapshots", "list"]).ends_with(0).shows("there is no snapshot yet");
    velox(&stack, &["snapshots", "verify"]).ends_with(1).complains_of("there is no snapshot yet");
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    let trader = stack.trader(1).await;
    let last = tick(&stack, "99.9", "100").await.to_string();
    let newest = async || velox_json(&stack, &["snapshots", "list"])[0].clone();
    eventually("the tick is in a snapshot", async || newest().await["lastStreamId"] == last).await;

    let newest = newest().await;
    assert_eq!(newest["data"]["accounts"], 1);
    let id = newest["id"].to_string();
    velox(&stack, &["snapshots", "list"]).ends_with(0).shows(&last);
    velox(&stack, &["snapshots", "show", &id]).ends_with(0).shows(&last).shows("\"ledger\"");
    velox(&stack, &["snapshots", "show", "999"]).ends_with(1).complains_of("no snapshot 999");

    let verified = velox_json(&stack, &["snapshots", "verify"]);
    assert_eq!(verified["sound"], true);
    assert_eq!(verified["stateHash"], newest["data"]["stateHash"]);
    assert_eq!(verified["summary"]["ledger"]["deposits"], "100000000000");
    velox(&stack, &["snapshots", "verify", &id])
        .ends_with(0)
        .shows("is sound")
        .shows(verified["stateHash"].as_str().unwrap());

    // First a byte of the state is damaged, then a figure of the summary.
    assert!(stack.stop(Service::Engine));
    let damage = "update snapshots set state = set_byte(state, 20, get_byte(state, 20) # 255)";
    sqlx::query(damage).execute(&stack.pool).await.unwrap();
    let said = velox(&stack, &["snapshots", "verify", "--json"]).ends_with(1);
    let verified: Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(verified["sound"], false);
    velox(&stack, &["snapshots", "verify"]).ends_with(1).shows("is damaged");
    sqlx::query(damage).execute(&stack.pool).await.unwrap();
    velox(&stack, &["snapshots", "verify"]).ends_with(0);
    let lie = "update snapshots set data = jsonb_set(data, '{accounts}', '2')";
    sqlx::query(lie).execute(&stack.pool).await.unwrap();
    velox(&stack, &["snapshots", "verify"]).ends_with(1).shows("describes another state");
    drop(trader);
}
