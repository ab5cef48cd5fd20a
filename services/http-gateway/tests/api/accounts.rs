//! Signing up, signing in and signing out.

use crate::counter::{Answer, Counter, credentials};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_with_its_deposit_and_signed_in() {
    let counter = Counter::open().await;
    let answer = counter.post("", "/user/signup", &credentials(1)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.body["user"]["email"], "user1@example.com");
    assert_eq!(answer.body["user"]["phone"], "15550000001");
    let balance = json!({
        "balance": "1000", "balanceInt": "100000000000", "sequence": 1, "usedMargin": "0",
        "usedMarginInt": "0",
    });
    assert_eq!(answer.body["balance"], balance);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let (token, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(token, format!("velox_session={}", answer.body["token"].as_str().unwrap()));
    assert_eq!(attributes, "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");

    let stored: String = sqlx::query_scalar("select password from users where phone = 15550000001")
        .fetch_one(&counter.stack.pool)
        .await
        .unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_the_account_is_made_and_the_balance_follows() {
    let counter = Counter::closed().await;
    let answer = counter.post("", "/user/signup", &credentials(1)).await;
    assert_eq!((answer.status, &answer.body["balance"]), (StatusCode::CREATED, &Value::Null));
    assert!(answer.body["notice"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_in_another_case_and_a_known_phone_number_are_taken() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let mut same_email = credentials(2);
    same_email["email"] = json!("User1@Example.COM");
    let refused = counter.post("", "/user/signup", &same_email).await;
    assert_eq!(refused.refusal(), (409, "EMAIL_TAKEN"));
    let mut same_phone = credentials(2);
    same_phone["phone"] = json!(15_550_000_001_i64);
    let refused = counter.post("", "/user/signup", &same_phone).await;
    assert_eq!(refused.refusal(), (409, "PHONE_TAKEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_of_few_accounts() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let sign_up = async |n: u32| {
        let mut body = credentials(n);
        body["email"] = json!("user1@example.com");
        counter.post("", "/user/signup", &body).await
    };
    let mut told = 0;
    let refused = loop {
        let refused = sign_up(2 + told).await;
        if refused.status != StatusCode::CONFLICT {
            break refused;
        }
        told += 1;
        assert!(told <= 15, "and so on");
    };
    assert_eq!(refused.refusal(), (429, "TOO_MANY_ATTEMPTS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_found_however_its_domain_is_written() {
    let counter = Counter::closed().await;
    let mut body = credentials(1);
    body["email"] = json!("you@B\u{fc}cher.example");
    let made = counter.post("", "/user/signup", &body).await;
    assert_eq!(made.body["user"]["email"], "you@xn--bcher-kva.example");
    for email in ["you@b\u{fc}cher.example", "YOU@xn--bcher-kva.example"] {
        let body = json!({ "email": email, "password": credentials(1)["password"] });
        assert_eq!(counter.post("", "/user/signin", &body).await.status, StatusCode::OK, "{email}");
    }
    for phone in [json!(15_550_100.5), json!(-15_550_100), json!("030 1234567")] {
        let mut body = credentials(2);
        body["phone"] = phone;
        let refused = counter.post("", "/user/signup", &body).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_with_a_new_password_where_that_is_asked_for() {
    let counter = Counter::closed().await;
    let mut session = counter.sign_up(1).await;
    let (_, key) = counter.api_key(&session, "READ").await;
    let password = ["correct horse battery", "another good password", "yet another good one"];
    for (n, ends_keys) in [(0, false), (1, true)] {
        let mut change = json!({ "password": password[n], "newPassword": password[n + 1] });
        if ends_keys {
            change["endApiKeys"] = json!(true);
        }
        let body = Some(change.to_string());
        let changed = counter.send(Method::PATCH, &session, "/user/me", body, &[]).await;
        assert_eq!(changed.body["apiKeys"], u32::from(!ends_keys), "{}", changed.body);
        changed.body["token"].as_str().unwrap().clone_into(&mut session);
        testkit::stack::eventually("the key is as it should be", async || {
            let refused = counter.get(&key, "/user/me").await.status == StatusCode::UNAUTHORIZED;
            refused == ends_keys
        })
        .await;
    }
    let body = Some(json!({ "endApiKeys": true, "phone": "15550100" }).to_string());
    let refused = counter.send(Method::PATCH, &session, "/user/me", body, &[]).await;
    assert_eq!(refused.body["fields"], json!({ "endApiKeys": "requires newPassword" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_sign_up_is_said_at_once() {
    let counter = Counter::closed().await;
    let body = json!({ "email": "nobody", "phone": "12 34 x", "password": "short" });
    let refused = counter.post("", "/user/signup", &body).await;
    assert_eq!(refused.refusal(), (400, "VALIDATION"));
    assert_eq!(
        refused.body["fields"],
        json!({
            "email": "must be a valid email address",
            "phone": "must be a phone number of 7 to 15 digits",
            "password": "must have 8 to 128 characters",
        })
    );
    let long = json!({ "email": "a@example.com", "phone": "5551234", "password": "x".repeat(129) });
    let refused = counter.post("", "/user/signup", &long).await;
    assert_eq!(refused.body["fields"], json!({ "password": "must have 8 to 128 characters" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_takes_the_right_password_and_says_no_more_than_that() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let sign_in = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        counter.post("", "/user/signin", &body).await
    };
    let answer = sign_in("USER1@example.com", "correct horse battery").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let token = answer.body["token"].as_str().unwrap();
    let me = counter.get(token, "/user/me").await;
    assert_eq!(me.body["user"], answer.body["user"]);

    let wrong = sign_in("user1@example.com", "wrong horse battery").await;
    let unknown = sign_in("user2@example.com", "correct horse battery").await;
    for refused in [&wrong, &unknown] {
        assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS"));
    }
    assert_eq!(wrong.body["error"], unknown.body["error"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_the_cookie_away() {
    let counter = Counter::closed().await;
    let answer = counter.send(Method::POST, "", "/user/signout", None, &[]).await;
    let cleared = |answer: &Answer| {
        let cookies = answer.headers.get_all("set-cookie").iter();
        cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let own = "velox_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";
    let former = "token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";
    assert_eq!(cleared(&answer), [own, former]);

    let token = counter.sign_up(1).await;
    let sign_out = async |cookies: &str| {
        let headers = [("cookie", cookies), ("content-type", "application/json")];
        counter.send(Method::POST, "", "/user/signout", None, &headers).await
    };
    let neighbours = sign_out(&format!("velox_session={token}; token=a.b.c")).await;
    assert_eq!(cleared(&neighbours), [own], "another program's cookie is left alone");
    let token = counter.sign_in(1).await;
    assert_eq!(cleared(&sign_out(&format!("token={token}")).await), [own, former]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_accounts_wait_and_say_so() {
    let mut counter = Counter::closed().await;
    counter.stack.postgres.kill_hard().unwrap();
    let refused = counter.post("", "/user/signup", &credentials(1)).await;
    assert_eq!(refused.refusal(), (503, "DATABASE_UNAVAILABLE"));
    assert_eq!(refused.headers["retry-after"], "1");
}
