//! The accounts of a user: opened, named, listed, and kept apart.

mod closing;
mod resetting;
mod settling;
mod trading;

use crate::counter::{Answer, Counter};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A user with two accounts.
struct Person<'a> {
    counter: &'a Counter,
    token: String,
    /// The id of the user, which is that of the first account as well.
    first: String,
    second: String,
}

impl<'a> Person<'a> {
    async fn with_two_accounts(counter: &'a Counter) -> Self {
        let token = counter.sign_up(1).await;
        let me = counter.get(&token, "/user/me").await;
        let first = text(&me.body["user"]["userId"]);
        let second = open(counter, &token, &json!({ "name": "Second", "balance": 5_000 })).await;
        Self { counter, token, first, second }
    }

    /// Sends a request about an account.
    async fn send(&self, account: &str, method: Method, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then(|| body.to_string());
        let headers = [("x-account", account)];
        self.counter.send(method, &self.token, path, body, &headers).await
    }

    async fn get(&self, account: &str, path: &str) -> Answer {
        let answer = self.send(account, Method::GET, path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer
    }

    async fn post(&self, account: &str, path: &str, body: Value) -> Answer {
        self.send(account, Method::POST, path, body).await
    }

    async fn close(&self, account: &str) -> Answer {
        let path = format!("/accounts/{account}");
        self.counter.send(Method::DELETE, &self.token, &path, None, &[]).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn open(counter: &Counter, token: &str, body: &Value) -> String {
    let opened = counter.post(token, "/accounts", body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    text(&opened.body["account"]["accountId"])
}

async fn change(counter: &Counter, token: &str, id: &str, body: &Value) -> Answer {
    let path = format!("/accounts/{id}");
    counter.send(Method::PATCH, token, &path, Some(body.to_string()), &[]).await
}

/// Calls every operation on accounts, in every way to succeed.
pub async fn call_everything(counter: &Counter, token: &str) {
    let body = Some(json!({ "name": "Everything" }).to_string());
    let key = [("idempotency-key", "an account")];
    let mut id = String::new();
    for status in [201, 200] {
        let opened = counter.send(Method::POST, token, "/accounts", body.clone(), &key).await;
        assert_eq!(opened.status, status, "{}", opened.body);
        id = text(&opened.body["account"]["accountId"]);
    }
    assert_eq!(counter.get(token, "/accounts").await.status, StatusCode::OK);
    let changed = change(counter, token, &id, &json!({ "onLeaderboard": true })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    counter.post(token, &format!("/accounts/{id}/reset"), &json!({ "balance": 100 })).await;
    let closed = counter.send(Method::DELETE, token, &format!("/accounts/{id}"), None, &[]).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_a_first_account_and_opens_others() {
    let counter = Counter::open().await;
    let token = counter.sign_up(1).await;
    let me = counter.get(&token, "/user/me").await.body["user"]["userId"].clone();
    let bot = json!({ "name": "Grid bot", "balance": "5000.5", "mode": "hedge" });
    let opened = counter.post(&token, "/accounts", &bot).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let account = &opened.body["account"];
    assert_ne!(account["accountId"], me);
    let figures = json!({
        "balance": "5000.5", "balanceInt": "500050000000", "usedMargin": "0", "usedMarginInt": "0",
        "unrealizedPnL": "0", "unrealizedPnLInt": "0", "equity": "5000.5",
        "equityInt": "500050000000",
    });
    assert_eq!(account["balance"], figures);
    assert_eq!((&account["first"], &account["mode"]), (&json!(false), &json!("hedge")));
    assert_eq!(account["startingBalanceInt"], "500050000000");
    let plain = open(&counter, &token, &json!({ "name": "Plain" })).await;

    let listed = counter.get(&token, "/accounts").await;
    let listed = listed.body["accounts"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!((&listed[0]["accountId"], &listed[0]["name"]), (&me, &json!("Main")));
    assert_eq!((&listed[0]["first"], &listed[0]["mode"]), (&json!(true), &json!("separate")));
    assert_eq!(listed[0]["startingBalance"], "1000");
    assert_eq!(listed[1], *account);
    assert_eq!(listed[2]["accountId"], plain);
    assert_eq!(listed[2]["balance"]["balance"], "1000", "what a sign-up gives");
    let others = counter.sign_up(2).await;
    let theirs = counter.get(&others, "/accounts").await;
    assert_eq!(theirs.body["accounts"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_for_each_user_in_any_case() {
    let counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let bot = open(&counter, &token, &json!({ "name": "Grid bot" })).await;
    for taken in ["grid BOT", "MAIN"] {
        let refused = counter.post(&token, "/accounts", &json!({ "name": taken })).await;
        assert_eq!(refused.refusal(), (409, "ACCOUNT_NAME_TAKEN"), "{taken}");
    }
    open(&counter, &other, &json!({ "name": "Grid bot" })).await;
    let refused = change(&counter, &token, &bot, &json!({ "name": "main" })).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_NAME_TAKEN"));
    for (name, taken) in [("GRID BOT", false), ("Löwe 🦁", false), ("Main", true)] {
        let changed = change(&counter, &token, &bot, &json!({ "name": name })).await;
        assert_eq!(changed.status == StatusCode::CONFLICT, taken, "{}", changed.body);
        assert!(taken || changed.body["account"]["name"] == name, "{}", changed.body);
    }
    let me = counter.get(&token, "/user/me").await;
    let first = text(&me.body["user"]["userId"]);
    let changed = change(&counter, &token, &first, &json!({ "onLeaderboard": true })).await;
    assert_eq!(changed.body["account"]["onLeaderboard"], true, "{}", changed.body);
    assert_eq!(changed.body["account"]["name"], "Main", "{}", changed.body);
    // Each of two changes at once stays.
    for n in 0..10 {
        let (name, flag) = (format!("Name {n}"), n % 2 == 0);
        let (named, flagged) = (json!({ "name": name }), json!({ "onLeaderboard": flag }));
        tokio::join!(
            change(&counter, &token, &first, &named),
            change(&counter, &token, &first, &flagged)
        );
        let listed = counter.get(&token, "/accounts").await;
        let main = &listed.body["accounts"][0];
        assert_eq!((&main["name"], &main["onLeaderboard"]), (&json!(name), &json!(flag)));
    }
    change(&counter, &token, &first, &json!({ "onLeaderboard": true })).await;
    let renamed = change(&counter, &token, &first, &json!({ "name": "Alpha" })).await;
    assert_eq!(renamed.body["account"]["onLeaderboard"], true, "{}", renamed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_account_is_said() {
    let counter = Counter::closed().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let long = "x".repeat(41);
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "name": " padded" }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "name": "a\u{85}b" }), "name"),
        (json!({ "name": "\u{200b}" }), "name"),
        (json!({ "name": "\u{202e}evil" }), "name"),
        (json!({ "name": "wide\u{3000}" }), "name"),
        (json!({ "name": "a", "balance": "99.99999999" }), "balance"),
        (json!({ "name": "a", "balance": "1000000.00000001" }), "balance"),
        (json!({ "name": "a", "balance": 100.123_456_789 }), "balance"),
        (json!({ "name": "a", "mode": "both" }), "mode"),
        (json!({ "name": "a", "accountId": 1 }), "accountId"),
    ] {
        let refused = counter.post(&token, "/accounts", &body).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"), "{body}");
        assert!(refused.body["fields"][field].is_string(), "{body}: {}", refused.body);
    }
    let theirs = open(&counter, &other, &json!({ "name": "Theirs" })).await;
    for (id, status, code) in [
        (theirs.as_str(), 404, "ACCOUNT_NOT_FOUND"),
        ("0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11", 404, "ACCOUNT_NOT_FOUND"),
        ("main", 400, "VALIDATION"),
    ] {
        let refused = change(&counter, &token, id, &json!({ "name": "Mine" })).await;
        assert_eq!(refused.refusal(), (status, code), "{id}");
        let path = format!("/accounts/{id}");
        let refused = counter.send(Method::DELETE, &token, &path, None, &[]).await;
        assert_eq!(refused.refusal(), (status, code), "{id}");
        let path = format!("/accounts/{id}/reset");
        let refused = counter.post(&token, &path, &json!({ "balance": 100 })).await;
        assert_eq!(refused.refusal(), (status, code), "{id}");
    }
    let refused = change(&counter, &token, &theirs, &json!({})).await;
    assert_eq!(refused.body["fields"]["name"], "or onLeaderboard is required");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_with_one_name_one_opens_an_account() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let body = json!({ "name": "Race" });
    let open = || counter.post(&token, "/accounts", &body);
    let (one, two, three) = tokio::join!(open(), open(), open());
    let mut statuses = [one.status, two.status, three.status].map(|status| status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409]);
    let listed = counter.get(&token, "/accounts").await;
    assert_eq!(listed.body["accounts"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_no_more_accounts_than_the_setting_allows() {
    let counter = Counter::closed_with(&["--max-accounts", "3"]).await;
    let token = counter.sign_up(1).await;
    let bodies: Vec<_> = (0..16).map(|n| json!({ "name": n.to_string() })).collect();
    let opened = bodies.iter().map(|body| counter.post(&token, "/accounts", body));
    let answers = join_all(opened).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 409).collect();
    assert_eq!(refused.len(), 14, "the first one and two others are open");
    for refused in refused {
        assert_eq!(refused.refusal(), (409, "TOO_MANY_ACCOUNTS"));
    }
    // Accounts that are closed make room, up to a limit of their own.
    sqlx::query(
        "insert into accounts (account_id, user_id, name, closed_at)
         select gen_random_uuid(), id, 'closed ' || n, now() from users, generate_series(1, 28) n",
    )
    .execute(&counter.stack.pool)
    .await
    .unwrap();
    sqlx::query("update accounts set closed_at = now() where account_id <> user_id")
        .execute(&counter.stack.pool)
        .await
        .unwrap();
    let refused = counter.post(&token, "/accounts", &json!({ "name": "last" })).await;
    assert_eq!(refused.refusal(), (409, "TOO_MANY_ACCOUNTS"));
    let sentence = text(&refused.body["error"]);
    assert!(sentence.contains("30 accounts, closed ones included"), "{sentence}");
}

/// Two requests count the accounts one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_opened_when_its_user_has_a_turn() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let mut other = counter.stack.pool.begin().await.unwrap();
    // Like a request that opens an account, and unlike those that only refer to the user.
    sqlx::query("select id from users for no key update").execute(&mut *other).await.unwrap();
    let body = json!({ "name": "Waits" });
    let mut opening = std::pin::pin!(counter.post(&token, "/accounts", &body));
    let early = tokio::time::timeout(Duration::from_millis(500), &mut opening).await;
    assert!(early.is_err(), "it has not waited");
    other.commit().await.unwrap();
    assert_eq!(opening.await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_one_account() {
    let counter = Counter::open().await;
    let (token, other) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let send = async |token: &str, body: &Value| {
        let body = Some(body.to_string());
        counter.send(Method::POST, token, "/accounts", body, &[("idempotency-key", "once")]).await
    };
    let body = json!({ "name": "Once", "balance": 200 });
    let (one, two) = tokio::join!(send(&token, &body), send(&token, &body));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(one.body["account"]["accountId"], two.body["account"]["accountId"]);
    let id = text(&one.body["account"]["accountId"]);
    // A change of the account since does not make it another request.
    change(&counter, &token, &id, &json!({ "name": "Renamed" })).await;
    let again = send(&token, &body).await;
    assert_eq!((again.status, &again.body["repeated"]), (StatusCode::OK, &json!(true)));
    assert_eq!(again.body["account"]["name"], "Renamed");
    for different in [
        json!({ "name": "Once" }),
        json!({ "name": "Twice", "balance": 200 }),
        json!({ "name": "Once", "balance": 200, "mode": "hedge" }),
    ] {
        let refused = send(&token, &different).await;
        assert_eq!(refused.refusal(), (409, "IDEMPOTENCY_KEY_REUSED"), "{different}");
    }
    assert_eq!(send(&other, &body).await.status, StatusCode::CREATED, "keys are one's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_a_user_whom_an_earlier_gateway_signed_up() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let forget = async || {
        sqlx::query("delete from accounts").execute(&counter.stack.pool).await.unwrap();
    };
    forget().await;
    let listed = counter.get(&token, "/accounts").await;
    assert_eq!(listed.body["accounts"][0]["name"], "Main", "{}", listed.body);
    let first = text(&listed.body["accounts"][0]["accountId"]);
    forget().await;
    let changed = change(&counter, &token, &first, &json!({ "name": "Alpha" })).await;
    assert_eq!(changed.body["account"]["name"], "Alpha", "{}", changed.body);
    forget().await;
    let refused = counter.post(&token, "/accounts", &json!({ "name": "main" })).await;
    assert_eq!(refused.refusal(), (409, "ACCOUNT_NAME_TAKEN"));
    let key = counter.api_key(&token, "READ").await;
    let keys = counter.get(&token, "/user/api-keys").await;
    assert_eq!(keys.body["apiKeys"][0]["keyId"], key.0);
    assert_eq!(keys.body["apiKeys"][0]["accountId"], first);
}
