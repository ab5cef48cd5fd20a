//! Guests: trading before registering, and registering in place.

use crate::counter::{Answer, Counter, credentials, ticket};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn guest(counter: &Counter) -> String {
    let made = counter.send(Method::POST, "", "/user/guest", None, &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.body["token"].as_str().unwrap().to_owned()
}

async fn patch(counter: &Counter, token: &str, path: &str, body: &Value) -> Answer {
    counter.send(Method::PATCH, token, path, Some(body.to_string()), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_trades_and_keeps_everything_by_registering() {
    let counter = Counter::open().await;
    let made = counter.send(Method::POST, "", "/user/guest", None, &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["balance"]["balance"], "1000");
    let user = &made.body["user"];
    assert_eq!((&user["email"], &user["phone"]), (&Value::Null, &Value::Null));
    assert_eq!(user["guest"], true);
    let cookie = made.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Max-Age=1209600; HttpOnly"), "{cookie}");
    let token = made.body["token"].as_str().unwrap();
    let opened = counter.post(token, "/order/open", &ticket()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let sessions = counter.get(token, "/user/sessions").await;
    assert_eq!(sessions.body["sessions"][0]["method"], "GUEST");

    let mut person = credentials(1);
    person.as_object_mut().unwrap().remove("phone");
    let registered = counter.post(token, "/user/register", &person).await;
    assert_eq!(registered.status, StatusCode::OK, "{}", registered.body);
    let expected = json!({
        "userId": user["userId"], "email": "user1@example.com", "phone": null, "guest": false,
    });
    assert_eq!(registered.body["user"], expected);
    let cookie = registered.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Max-Age=86400; "), "{cookie}");
    // Whoever had the guest's token has lost it.
    assert_eq!(counter.get(token, "/user/me").await.refusal(), (401, "UNAUTHENTICATED"));
    let token = registered.body["token"].as_str().unwrap();
    let positions = counter.get(token, "/positions").await;
    let held = &positions.body["positions"][0]["positionId"];
    assert_eq!(*held, opened.body["order"]["orderId"], "{}", positions.body);
    let again = counter.post(token, "/user/register", &credentials(2)).await;
    assert_eq!(again.refusal(), (409, "ALREADY_REGISTERED"));
    let signed_in = counter.post("", "/user/signin", &person).await;
    assert_eq!(signed_in.body["user"], expected);
    let link = counter.magic_link("user1@example.com").await;
    let verified = counter.post("", "/user/auth/verify", &json!({ "token": link })).await;
    assert_eq!(verified.body["user"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_registration_leaves_the_guest_as_it_was() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let token = guest(&counter).await;
    let mut same_email = credentials(2);
    same_email["email"] = json!("USER1@example.com");
    let rows = [
        (same_email, (409, "EMAIL_TAKEN")),
        (
            json!({ "email": "b@example.com", "phone": "+1 555 0000001", "password": "a b c d e f g" }),
            (409, "PHONE_TAKEN"),
        ),
        (json!({ "email": "b@example.com", "password": "short" }), (400, "VALIDATION")),
        (json!({ "password": "correct horse battery" }), (400, "VALIDATION")),
    ];
    for (body, refusal) in rows {
        let refused = counter.post(&token, "/user/register", &body).await;
        assert_eq!(refused.refusal(), refusal, "{body}");
        assert_eq!(counter.get(&token, "/user/me").await.body["user"]["guest"], true);
    }
    let refused = counter.post("", "/user/register", &credentials(2)).await;
    assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_at_once_one_wins() {
    let counter = Counter::closed().await;
    let token = guest(&counter).await;
    let (one, two) = (credentials(1), credentials(2));
    let answers = tokio::join!(
        counter.post(&token, "/user/register", &one),
        counter.post(&token, "/user/register", &two),
    );
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    // The other finds the guest registered, or its session ended.
    assert!(statuses[0] == 200 && [401, 409].contains(&statuses[1]), "{statuses:?}");
    let users: i64 = sqlx::query_scalar("select count(*) from users")
        .fetch_one(&counter.stack.pool)
        .await
        .unwrap();
    assert_eq!(users, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guests_may_not_do_is_refused_until_they_register() {
    let counter = Counter::closed().await;
    let token = guest(&counter).await;
    let me = counter.get(&token, "/user/me").await;
    let account = format!("/accounts/{}", me.body["user"]["userId"].as_str().unwrap());
    let required = (403, "REGISTRATION_REQUIRED");
    let key = json!({ "name": "a bot", "scope": "READ" });
    assert_eq!(counter.post(&token, "/user/api-keys", &key).await.refusal(), required);
    let second = json!({ "name": "Second" });
    assert_eq!(counter.post(&token, "/accounts", &second).await.refusal(), required);
    let shown = json!({ "onLeaderboard": true });
    assert_eq!(patch(&counter, &token, &account, &shown).await.refusal(), required);
    let password = json!({ "password": "x", "newPassword": "another good password" });
    assert_eq!(patch(&counter, &token, "/user/me", &password).await.refusal(), required);
    let hidden = json!({ "onLeaderboard": false, "name": "Mine" });
    assert_eq!(patch(&counter, &token, &account, &hidden).await.status, StatusCode::OK);

    let registered = counter.post(&token, "/user/register", &credentials(1)).await;
    let token = registered.body["token"].as_str().unwrap();
    assert_eq!(patch(&counter, token, &account, &shown).await.status, StatusCode::OK);
    counter.api_key(token, "READ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_are_limited_by_address_and_altogether() {
    let settings = ["--rate-limit-guests", "2/3600s", "--rate-limit-all-guests", "3/3600s"];
    let proxies = ["--trusted-proxies", "127.0.0.1"];
    let counter = Counter::closed_with(&[&settings[..], &proxies[..]].concat()).await;
    let ask = async |address: &str| {
        let headers = [("x-forwarded-for", address)];
        counter.send(Method::POST, "", "/user/guest", None, &headers).await
    };
    for status in [201, 201, 429] {
        assert_eq!(ask("192.0.2.1").await.status.as_u16(), status);
    }
    assert_eq!(ask("192.0.2.2").await.status, StatusCode::CREATED);
    let refused = ask("192.0.2.3").await;
    assert_eq!(refused.refusal(), (429, "TOO_MANY_REQUESTS"));
    assert!(refused.headers.contains_key("retry-after"));
    // Sign-ups have a limit of their own.
    counter.sign_up(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_a_guest_twice_or_by_a_foreign_page() {
    let counter = Counter::closed().await;
    let token = guest(&counter).await;
    let again = counter.send(Method::POST, &token, "/user/guest", None, &[]).await;
    assert_eq!(again.refusal(), (409, "ALREADY_SIGNED_IN"));
    let foreign = [("sec-fetch-site", "cross-site")];
    let refused = counter.send(Method::POST, "", "/user/guest", None, &foreign).await;
    assert_eq!(refused.refusal(), (403, "FOREIGN_ORIGIN"));
    let cookie = format!("velox_session={token}");
    let form = [("cookie", &*cookie), ("content-type", "text/plain")];
    let forged = counter.raw(Method::POST, "/api/v1/user/register").body("{}");
    let forged = form.iter().fold(forged, |request, (name, value)| request.header(*name, *value));
    assert_eq!(forged.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_prolongs_a_guest_s_session_and_absence_ends_it() {
    let counter = Counter::closed_with(&["--guest-ttl-s", "64"]).await;
    let token = guest(&counter).await;
    let at_once = counter.get(&token, "/user/me").await;
    assert!(!at_once.headers.contains_key("set-cookie"), "a visit at once is not worth a write");
    let mut renewed = None;
    testkit::stack::eventually("the session is prolonged", async || {
        let visit = counter.get(&token, "/user/me").await;
        renewed = visit.headers.get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
        renewed.is_some()
    })
    .await;
    let renewed = renewed.unwrap();
    let renewed = renewed.strip_prefix("velox_session=").unwrap().split(';').next().unwrap();
    assert_ne!(renewed, token);
    let sessions = counter.get(renewed, "/user/sessions").await;
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 1, "{}", sessions.body);
    assert_eq!(sessions.body["sessions"][0]["current"], true);

    let short = Counter::closed_with(&["--guest-ttl-s", "1"]).await;
    let token = guest(&short).await;
    testkit::stack::eventually("the guest is forgotten", async || {
        short.get(&token, "/user/sessions").await.status == StatusCode::UNAUTHORIZED
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_number_is_optional_and_can_be_removed() {
    let counter = Counter::closed().await;
    let without = json!({ "email": "a@example.com", "password": "correct horse battery" });
    let made = counter.post("", "/user/signup", &without).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["user"]["phone"], Value::Null);
    // As many as like have none.
    let null =
        json!({ "email": "b@example.com", "phone": null, "password": "correct horse battery" });
    assert_eq!(counter.post("", "/user/signup", &null).await.status, StatusCode::CREATED);
    let token = made.body["token"].as_str().unwrap();
    let change = async |phone: Value| {
        let body = json!({ "password": "correct horse battery", "phone": phone });
        patch(&counter, token, "/user/me", &body).await
    };
    assert_eq!(change(json!("+1 555 0100")).await.body["user"]["phone"], "15550100");
    let removed = change(Value::Null).await;
    assert_eq!((removed.status, &removed.body["user"]["phone"]), (StatusCode::OK, &Value::Null));
    assert_eq!(counter.get(token, "/user/me").await.body["user"]["phone"], Value::Null);
}
