//! Resetting an account.

use super::{Person, text};
use crate::counter::{Counter, ticket};
use crate::order_entry::limit;
use messages::{
    AccountState, EngineState, EntryId, REQUEST_STREAM, Rejection, Reply, Request, RequestEntry,
    RequestId, ResetAccount, Response, StreamMessage as _,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::stack::{Service, eventually};

/// Waits for the next reset in the stream and replies to it as an engine does.
async fn reply(
    counter: &Counter,
    n: usize,
    outcome: Result<Response, Rejection>,
) -> (RequestId, String, ResetAccount) {
    let resets = async || {
        let entries = counter.stack.entries::<RequestEntry>(REQUEST_STREAM).await;
        let resets = entries.into_iter().filter_map(|(_, entry)| match entry.request {
            Request::ResetAccount(id, reset) => {
                Some((entry.request_id.unwrap(), id.to_string(), reset, entry.reply_to.unwrap()))
            }
            _ => None,
        });
        resets.collect::<Vec<_>>()
    };
    eventually("the reset is sent", async || resets().await.len() > n).await;
    let (request_id, id, reset, reply_to) = resets().await.swap_remove(n);
    let reply = Reply { request_id, outcome };
    counter.stack.streams.batch().publish(&reply_to, &reply.to_json()).send().await.unwrap();
    (request_id, id, reset)
}

fn account(balance: &str) -> Response {
    let zero = "0".parse().unwrap();
    let account = AccountState {
        balance: balance.parse().unwrap(),
        used_margin: zero,
        reserved: zero,
        sequence: 7,
    };
    Response::Account { account }
}

/// Checks the request that the gateway sends, and its answer by the engine's response.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_sent_once_for_a_key_and_answered_with_the_account() {
    let counter = Counter::closed().await;
    let person = Person::with_two_accounts(&counter).await;
    // No engine runs, but it says that it is there.
    counter.announce(EngineState::Ready).await;
    let path = format!("/accounts/{}/reset", person.second);
    let reset = async |balance: &str, key: &str| {
        let body = Some(json!({ "balance": balance }).to_string());
        let headers = [("idempotency-key", key)];
        counter.send(Method::POST, &person.token, &path, body, &headers).await
    };
    let (answer, (one, id, sent)) =
        tokio::join!(reset("2500.25", "a"), reply(&counter, 0, Ok(account("2500.25"))));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let state = json!({
        "balance": "2500.25", "balanceInt": "250025000000", "usedMargin": "0", "usedMarginInt": "0",
        "sequence": 7,
    });
    assert_eq!(answer.body["account"], state);
    assert_eq!(id, person.second);
    assert_eq!(sent, ResetAccount { balance: "2500.25".parse().unwrap() });
    let same = tokio::join!(reset("2500.25", "a"), reply(&counter, 1, Ok(account("1"))));
    assert_eq!(same.1.0, one, "the engine knows a key by the id of its request");
    let other = tokio::join!(reset("2500.25", "b"), reply(&counter, 2, Ok(account("1"))));
    assert_ne!(other.1.0, one);
    let refusal = Err(Rejection::InvalidResetBalance);
    let (refused, _) = tokio::join!(reset("100", "c"), reply(&counter, 3, refusal));
    assert_eq!(refused.refusal(), (400, "INVALID_RESET_BALANCE"));
    let too_old = Err(Rejection::StalePrice { age_ms: 12_000 });
    let (refused, _) = tokio::join!(reset("100", "d"), reply(&counter, 4, too_old));
    assert_eq!(refused.refusal(), (503, "STALE_PRICE"));
    for (balance, problem) in [
        (json!("99.99999999"), "must be from 100 to 1000000"),
        (json!(1_000_001), "must be from 100 to 1000000"),
        (json!(-5), "must be above zero"),
        (Value::Null, "is required"),
        (json!("all"), "is not a decimal number"),
    ] {
        let refused = counter.post(&person.token, &path, &json!({ "balance": balance })).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{balance}");
        assert_eq!(refused.body["fields"]["balance"], problem, "{balance}");
    }
    let (_, key) = counter.api_key(&person.token, "READ").await;
    let refused = counter.post(&key, &path, &json!({ "balance": 100 })).await;
    assert_eq!(refused.refusal(), (403, "READ_ONLY_KEY"));
    let entries =
        counter.stack.streams.read_range(REQUEST_STREAM, EntryId::MIN, 100).await.unwrap();
    let resets = entries.iter().filter(|entry| {
        RequestEntry::decode(&entry.fields)
            .is_ok_and(|entry| matches!(entry.request, Request::ResetAccount(..)))
    });
    assert_eq!(resets.count(), 5, "an invalid reset is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_account_begins_again() {
    let mut counter = Counter::open().await;
    counter.stack.start(Service::DbWorker).await;
    let person = Person::with_two_accounts(&counter).await;
    let second = person.second.as_str();
    let opened = person.post(second, "/order/open", ticket()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    person.post(second, "/orders", limit("a")).await;
    let first = person.post(&person.first, "/order/open", ticket()).await;
    let path = format!("/accounts/{second}/reset");
    let reset = counter.post(&person.token, &path, &json!({ "balance": 2_500 })).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.body);
    assert_eq!(reset.body["account"]["balance"], "2500", "{}", reset.body);
    assert_eq!(reset.body["account"]["usedMargin"], "0", "{}", reset.body);
    for (path, list) in [("/positions", "positions"), ("/orders", "orders")] {
        let left = person.get(second, path).await;
        assert_eq!(left.body[list], json!([]), "{path}");
    }
    let held = person.get(&person.first, "/positions").await;
    let position = text(&held.body["positions"][0]["positionId"]);
    assert_eq!(position, text(&first.body["order"]["orderId"]), "the other account is as it was");
    eventually("the new beginning is stored", async || {
        let listed = counter.get(&person.token, "/accounts").await;
        let account = &listed.body["accounts"][1];
        account["startingBalance"] == "2500" && account["resetAt"].is_u64()
    })
    .await;
}
