//! Rate limits and lockouts.

use crate::counter::{Counter, credentials};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::stack::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_limited_by_user_by_key_and_by_address_at_all_gateways_together() {
    let settings = ["--rate-limit-reads", "5/3600s", "--rate-limit-address-reads", "20/3600s"];
    let counter = Counter::closed_with(&settings).await;
    let other = counter.another_gateway(&settings).await;
    let (one, two) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let (_, key) = counter.api_key(&one, "READ").await;
    for left in (0..5).rev() {
        let answer = if left % 2 == 0 {
            counter.get(&one, "/user/me").await.headers
        } else {
            let request = reqwest::Client::new().get(format!("{other}/api/v1/user/me"));
            request.bearer_auth(&one).send().await.unwrap().headers().clone()
        };
        assert_eq!(answer["ratelimit-limit"], "5");
        assert_eq!(answer["ratelimit-remaining"], left.to_string());
        assert_eq!(answer["ratelimit-policy"], "5;w=3600");
    }
    let refused = counter.get(&one, "/user/me").await;
    assert_eq!(refused.refusal(), (429, "TOO_MANY_REQUESTS"));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((700..=720).contains(&wait), "{wait}");
    assert_eq!(refused.headers["ratelimit-remaining"], "0");
    // Other users are not limited. A key counts separately and also for its user.
    assert_eq!(counter.get(&two, "/user/me").await.status, StatusCode::OK);
    assert_eq!(counter.get(&key, "/user/me").await.status, StatusCode::OK);
    assert_eq!(counter.get(&key, "/user/me").await.refusal(), (429, "TOO_MANY_REQUESTS"));
    // All of these requests came from one address.
    let candles = "/candles?asset=BTC&duration=1m";
    eventually("the address has used up its quota", async || {
        counter.get("", candles).await.status == StatusCode::TOO_MANY_REQUESTS
    })
    .await;
    assert_eq!(counter.get(&two, "/user/me").await.refusal(), (429, "TOO_MANY_REQUESTS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let settings = ["--rate-limit-sign-in", "1/3600s", "--trusted-proxies", "127.0.0.1"];
    let counter = Counter::closed_with(&settings).await;
    let sign_in = async |address: &str| {
        let body = Some(credentials(1).to_string());
        let headers = [("x-forwarded-for", address)];
        counter.send(Method::POST, "", "/user/signin", body, &headers).await.status
    };
    // The body has an unknown field, which is not checked over the limit.
    assert_eq!(sign_in("192.0.2.1").await, StatusCode::BAD_REQUEST);
    assert_eq!(sign_in("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in("192.0.2.2").await, StatusCode::BAD_REQUEST);
    assert_eq!(sign_in("192.0.2.1, 192.0.2.3").await, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_failing_to_sign_in_is_locked_out_known_or_not() {
    let counter = Counter::closed_with(&["--trusted-proxies", "127.0.0.1"]).await;
    let other = counter.another_gateway(&[]).await;
    counter.sign_up(1).await;
    let mut n = 0;
    let mut sign_in = async |email: &str, password: &str| {
        // Each attempt comes from a different address, so the account is what is locked.
        n += 1;
        let body = Some(json!({ "email": email, "password": password }).to_string());
        let address = format!("192.0.2.{n}");
        let headers = [("x-forwarded-for", address.as_str())];
        counter.send(Method::POST, "", "/user/signin", body, &headers).await
    };
    for email in ["user1@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            let refused = sign_in(email, "wrong horse battery").await;
            assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS"));
        }
        // On a slow machine a lock may end before the next attempt; later ones are longer.
        eventually("the account is locked", async || {
            let locked = sign_in(email, "wrong horse battery").await;
            let (status, code) = locked.refusal();
            if status == 401 {
                return false;
            }
            let wait: u64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=900).contains(&wait), "{wait}");
            (status, code) == (429, "TOO_MANY_ATTEMPTS")
        })
        .await;
    }
    let http = reqwest::Client::new();
    let body = json!({ "email": "user1@example.com", "password": "correct horse battery" });
    eventually("it is locked at the other gateway, for the right password too", async || {
        sign_in("user1@example.com", "wrong horse battery").await;
        let elsewhere = http.post(format!("{other}/api/v1/user/signin")).json(&body);
        elsewhere.send().await.unwrap().status() == StatusCode::TOO_MANY_REQUESTS
    })
    .await;
    // A link signs the owner in while someone else keeps the account locked.
    let link = counter.magic_link("user1@example.com").await;
    let by_link = counter.post("", "/user/auth/verify", &json!({ "token": link })).await;
    assert_eq!(by_link.status, StatusCode::OK, "{}", by_link.body);
    // The lock ends by itself, and the right password resets the count.
    eventually("the lock has ended", async || {
        sign_in("user1@example.com", "correct horse battery").await.status == StatusCode::OK
    })
    .await;
    let refused = sign_in("user1@example.com", "wrong horse battery").await;
    assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_accounts_is_locked_out() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let sign_in = async |email: String, password: &str| {
        counter.post("", "/user/signin", &json!({ "email": email, "password": password })).await
    };
    // Signing in to one account does not allow more attempts at others.
    for n in 0..20 {
        let refused = sign_in(format!("victim{n}@example.com"), "wrong horse battery").await;
        assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS"), "{n}");
        if n == 10 {
            let own = sign_in("user1@example.com".to_owned(), "correct horse battery").await;
            assert_eq!(own.status, StatusCode::OK);
        }
    }
    let locked = sign_in("victim21@example.com".to_owned(), "wrong horse battery").await;
    assert_eq!(locked.refusal(), (429, "TOO_MANY_ATTEMPTS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nobody_tries_passwords_and_charts_go_on() {
    let settings = ["--rate-limit-sign-in", "10/60s", "--rate-limit-address-reads", "10/60s"];
    let mut counter = Counter::closed_with(&settings).await;
    let token = counter.sign_up(1).await;
    tokio::task::block_in_place(|| counter.stack.redis.stop().unwrap());
    let refused = counter.post("", "/user/signin", &credentials(1)).await;
    assert_eq!(refused.refusal(), (503, "REDIS_UNAVAILABLE"));
    assert_eq!(counter.get(&token, "/user/me").await.refusal(), (503, "REDIS_UNAVAILABLE"));
    let candles = counter.get("", "/candles?asset=BTC&duration=1m").await;
    assert_eq!(candles.status, StatusCode::OK, "{}", candles.body);
}
