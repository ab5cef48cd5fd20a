//! The end of a period that ends now.

use super::{Account, HOUR_MS, monday_ms, picked};
use crate::counter::{Counter, ticket};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::stack::eventually;
use uuid::Uuid;

const FIGURES: [&str; 4] = ["equity", "netDeposits", "pnl", "return"];

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_ends_now_ends_with_what_the_account_is_worth() {
    let counter = Counter::open().await;
    let account = Account::new(&counter, 1).await;
    // One bitcoin at 100.
    let opened = counter.post(&account.token, "/order/open", &ticket()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    counter.tick("109.9", "110").await;
    eventually("the price rises", async || {
        let answer = counter.get(&account.token, "/order/user/balance").await;
        answer.body["balance"]["equity"] == "1009.9"
    })
    .await;

    // As long as the statement lacks the deposit, it would count as a gain.
    let behind = account.performance("").await;
    assert_eq!(behind["valuedAt"], Value::Null);
    assert_eq!(picked(&behind["performance"], &FIGURES), ["0", "0", "0", "0"]);

    account.income(1, "TRANSFER", "1000").await;
    let found = account.performance("").await;
    assert!(found["valuedAt"].as_u64().unwrap() > monday_ms() + HOUR_MS, "{found}");
    assert_eq!(picked(&found["performance"], &FIGURES), ["1009.9", "1000", "9.9", "0.0099"]);
    let last = |list: &str| found[list].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last("curve")["time"], found["valuedAt"]);
    assert_eq!(picked(&last("days"), &["equity", "pnl"]), ["1009.9", "9.9"]);

    // A row includes the lines up to its entry.
    account.worth(2, "1000", "5").await;
    account.income_of(("BTCUSDT", Uuid::nil()), 2, "COMMISSION", "-1").await;
    let recorded = account.performance("").await;
    assert!(recorded["valuedAt"].is_u64(), "{recorded}");
    assert_eq!(picked(&recorded["performance"], &FIGURES), ["1009.9", "1000", "9.9", "0.0099"]);
    let until = monday_ms() + 3 * HOUR_MS;
    let past = account.performance(&format!("?to={until}")).await;
    assert_eq!(past["valuedAt"], Value::Null);
    assert_eq!(picked(&past["performance"], &FIGURES), ["1005", "1000", "5", "0.005"]);

    // Lines that the engine has not told of are not believed either.
    account.income(3, "TRANSFER", "7").await;
    let ahead = account.performance("").await;
    assert_eq!(ahead["valuedAt"], json!(null));
    assert_eq!(picked(&ahead["performance"], &FIGURES)[..2], ["1012", "1007"]);
}
