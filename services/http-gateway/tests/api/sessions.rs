//! Authentication and permissions of every endpoint.

use crate::contract::{CONTRACT, Operation};
use crate::counter::{Counter, SECRET, ticket};
use crate::order_entry::limit;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384};
use testkit::stack::eventually;

const ID: &str = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";

/// The permission that an endpoint requires.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Readers,
    Traders,
    Owners,
}

/// An operation as it is sent: without an id that exists, and with an empty body.
struct Endpoint {
    method: Method,
    path: String,
    for_whom: For,
    body: Option<&'static str>,
}

/// Every operation that requires authentication, as the API describes it, so that none is forgotten.
fn endpoints() -> Vec<Endpoint> {
    let known = CONTRACT.operations.iter();
    let guarded = known.filter(|operation| operation.object.get("security") != Some(&json!([{}])));
    let mut endpoints: Vec<_> = guarded.map(endpoint).collect();
    // It ends the session with which the others are sent.
    endpoints.sort_by_key(|endpoint| endpoint.path == "/user/signout-all");
    assert!(endpoints.len() > 35, "the operations were not found");
    endpoints
}

fn endpoint(Operation { id, method, path, object, .. }: &Operation) -> Endpoint {
    let forbidden = &object["responses"]["403"]["content"]["application/json"]["examples"];
    let for_whom = if forbidden.get("SESSION_REQUIRED").is_some() {
        For::Owners
    } else if forbidden.get("READ_ONLY_KEY").is_some() {
        For::Traders
    } else {
        assert_eq!(method, Method::GET, "{id} changes something and is for readers");
        For::Readers
    };
    let parts = path.strip_prefix("/api/v1").unwrap().split('/');
    let parts = parts.map(|part| if part.starts_with('{') { ID } else { part });
    let body = object.get("requestBody").map(|_| "{}");
    Endpoint { method: method.clone(), path: parts.collect::<Vec<_>>().join("/"), for_whom, body }
}

/// Forges a token with the claims and header of a valid one, except for the given values.
fn forged(good: &str, algorithm: &str, secret: &str, exp: Option<u64>) -> String {
    let [mut header, mut claims] = [0, 1].map(|part| {
        let part = good.split('.').nth(part).unwrap();
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    });
    header["alg"] = json!(algorithm);
    if let Some(exp) = exp {
        claims["exp"] = json!(exp);
    }
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let (secret, text) = (secret.as_bytes(), message.as_bytes());
    let signature = match algorithm {
        "HS256" => mac::<Hmac<Sha256>>(secret, text),
        _ => mac::<Hmac<Sha384>>(secret, text),
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn mac<M: KeyInit + Mac>(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = M::new_from_slice(secret).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// Forges a token with `{"alg":"none"}`, the claims of a valid one and no signature.
fn unsigned(good: &str) -> String {
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", good.split('.').nth(1).unwrap())
}

/// Returns the secret with a different character in one place.
fn tampered(secret: &str, place: usize) -> String {
    let another = if secret.as_bytes()[place] == b'0' { "1" } else { "0" };
    format!("{}{another}{}", &secret[..place], &secret[place + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers_every_kind_of_caller_as_it_should() {
    let counter = Counter::open().await;
    let good = counter.sign_up(1).await;
    let (_, read_key) = counter.api_key(&good, "READ").await;
    let (_, trade_key) = counter.api_key(&good, "TRADE").await;
    let (deleted_id, deleted_key) = counter.api_key(&good, "TRADE").await;
    let path = format!("/user/api-keys/{deleted_id}");
    let deleted = counter.send(Method::DELETE, &good, &path, None, &[]).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.body);
    let signed_out = counter.sign_in(1).await;
    counter.post(&signed_out, "/user/signout", &json!({})).await;
    let strangers = [
        (String::new(), "UNAUTHENTICATED"),
        ("nonsense".to_owned(), "UNAUTHENTICATED"),
        (forged(&good, "HS256", SECRET, Some(1)), "TOKEN_EXPIRED"),
        (forged(&good, "HS256", "another secret of enough length", None), "UNAUTHENTICATED"),
        (forged(&good, "HS384", SECRET, None), "UNAUTHENTICATED"),
        (unsigned(&good), "UNAUTHENTICATED"),
        (tampered(&good, 60), "UNAUTHENTICATED"),
        (signed_out, "UNAUTHENTICATED"),
        (deleted_key, "UNAUTHENTICATED"),
        (tampered(&read_key, read_key.len() - 1), "UNAUTHENTICATED"),
    ];
    let me = counter.get(&good, "/user/me").await.body;
    let own = format!("/accounts/{}", me["user"]["userId"].as_str().unwrap());
    for Endpoint { method, path, for_whom, body } in endpoints() {
        // A key may not even ask whether there is another account.
        let path = path.replace(&format!("/accounts/{ID}"), &own);
        let send = async |token: &str| {
            counter.send(method.clone(), token, &path, body.map(str::to_owned), &[]).await
        };
        let in_stream = counter.request_stream_len().await;
        for (token, code) in &strangers {
            assert_eq!(send(token).await.refusal(), (401, *code), "{method} {path} {token}");
        }
        // An authorized request fails only because of its body or a missing object, if at all.
        let is_let_in = |status: StatusCode| status != StatusCode::FORBIDDEN && status != 401;
        let by_read_key = send(&read_key).await;
        let heard = counter.request_stream_len().await;
        assert_eq!(heard, in_stream, "{method} {path}: the engine heard of those who may not");
        let by_trade_key = send(&trade_key).await;
        match for_whom {
            For::Readers => assert!(is_let_in(by_read_key.status), "{method} {path}"),
            For::Traders => {
                assert_eq!(by_read_key.refusal(), (403, "READ_ONLY_KEY"), "{method} {path}");
            }
            For::Owners => {
                assert_eq!(by_read_key.refusal(), (403, "SESSION_REQUIRED"), "{method} {path}");
                assert_eq!(by_trade_key.refusal(), (403, "SESSION_REQUIRED"), "{method} {path}");
            }
        }
        if for_whom != For::Owners {
            assert!(is_let_in(by_trade_key.status), "{method} {path}");
        }
        if path != "/user/signout-all" {
            assert!(is_let_in(send(&good).await.status), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_somebody_else_is_not_there() {
    let counter = Counter::open().await;
    let (mine, theirs) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let opened = counter.post(&theirs, "/order/open", &crate::counter::ticket()).await;
    let order = opened.body["order"]["orderId"].as_str().unwrap().to_owned();
    let rests = counter.post(&theirs, "/orders", &limit("theirs")).await;
    let rests = rests.body["order"]["orderId"].as_str().unwrap().to_owned();
    let (key, _) = counter.api_key(&theirs, "READ").await;
    let sessions = counter.get(&theirs, "/user/sessions").await;
    let session = sessions.body["sessions"][0]["sessionId"].as_str().unwrap().to_owned();
    let rows = [
        (Method::GET, format!("/order/{order}"), None, "ORDER_NOT_FOUND"),
        (Method::POST, format!("/order/close/{order}"), Some("{}"), "ORDER_NOT_FOUND"),
        (
            Method::PATCH,
            format!("/order/{order}"),
            Some(r#"{"takeProfit":200}"#),
            "ORDER_NOT_FOUND",
        ),
        (Method::GET, format!("/orders/{rests}"), None, "ORDER_NOT_FOUND"),
        (Method::PATCH, format!("/orders/{rests}"), Some(r#"{"qty":2}"#), "ORDER_NOT_FOUND"),
        (Method::DELETE, format!("/orders/{rests}"), None, "ORDER_NOT_FOUND"),
        (
            Method::PATCH,
            "/orders?clientOrderId=theirs".to_owned(),
            Some(r#"{"qty":2}"#),
            "ORDER_NOT_FOUND",
        ),
        (Method::DELETE, "/orders?clientOrderId=theirs".to_owned(), None, "ORDER_NOT_FOUND"),
        (
            Method::PATCH,
            format!("/positions/{order}"),
            Some(r#"{"takeProfit":200}"#),
            "ORDER_NOT_FOUND",
        ),
        (Method::POST, format!("/positions/{order}/close"), Some("{}"), "ORDER_NOT_FOUND"),
        (
            Method::POST,
            format!("/positions/{order}/close"),
            Some(r#"{"shareBps":1}"#),
            "ORDER_NOT_FOUND",
        ),
        (Method::POST, format!("/positions/{order}/reverse"), Some("{}"), "ORDER_NOT_FOUND"),
        (
            Method::POST,
            format!("/positions/{order}/margin"),
            Some(r#"{"amount":1}"#),
            "ORDER_NOT_FOUND",
        ),
        (Method::DELETE, format!("/user/api-keys/{key}"), None, "API_KEY_NOT_FOUND"),
        (Method::DELETE, format!("/user/sessions/{session}"), None, "SESSION_NOT_FOUND"),
    ];
    for (method, path, body, code) in rows {
        let body = body.map(str::to_owned);
        let refused = counter.send(method.clone(), &mine, &path, body, &[]).await;
        assert_eq!(refused.refusal(), (404, code), "{method} {path}");
        assert!(refused.body["order"].is_null(), "{method} {path}: {}", refused.body);
    }
    assert_eq!(counter.get(&theirs, "/user/me").await.status, StatusCode::OK);
    let open = counter.get(&theirs, "/orders").await;
    assert_eq!(open.body["orders"][0]["qty"], "1", "{}", open.body);
    let held = counter.get(&theirs, "/positions").await;
    assert_eq!(held.body["positions"][0]["qty"], "1", "{}", held.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_t_reduce_somebody_else_s_position() {
    let counter = Counter::open().await;
    let (mine, theirs) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let opened = counter.post(&theirs, "/order/open", &ticket()).await;
    let order = opened.body["order"]["orderId"].as_str().unwrap();
    let by_id = json!({
        "asset": "BTCUSDT", "side": "SELL", "qty": "1", "reduceOnly": true, "positionId": order,
    });
    let refused = counter.post(&mine, "/orders", &by_id).await;
    assert_eq!(refused.refusal(), (422, "WOULD_NOT_REDUCE"));
    let held = counter.get(&theirs, "/positions").await;
    assert_eq!(held.body["positions"][0]["qty"], "1", "{}", held.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_just_used_is_refused_from_its_deletion_on() {
    let counter = Counter::closed().await;
    let session = counter.sign_up(1).await;
    let (id, key) = counter.api_key(&session, "READ").await;
    assert_eq!(counter.get(&key, "/user/me").await.status, StatusCode::OK);
    let path = format!("/user/api-keys/{id}");
    let deleted = counter.send(Method::DELETE, &session, &path, None, &[]).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.body);
    assert_eq!(counter.get(&key, "/user/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_and_the_header_are_both_taken() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let mine = counter.get(&token, "/user/me").await.body;
    for name in ["velox_session", "token"] {
        let cookie = format!("theme=dark; {name}={token}");
        let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", &cookie)]).await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        assert_eq!(me.body, mine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_cookie_does_no_harm() {
    let counter = Counter::closed().await;
    let (mine, theirs) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let user_of = async |cookie: &str| {
        let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", cookie)]).await;
        (me.status.as_u16(), me.body["user"]["email"].as_str().unwrap_or_default().to_owned())
    };
    let me = (200, "user1@example.com".to_owned());
    for cookie in [
        format!("token=a.b.c; velox_session={mine}"),
        format!("token=; velox_session={mine}"),
        format!("token=a.b.c; token={mine}"),
        format!("velox_session=a.b.c; token={mine}"),
        format!("velox_session=a.b.c; velox_session={mine}"),
        // The name that is written takes precedence.
        format!("token={theirs}; velox_session={mine}"),
    ] {
        assert_eq!(user_of(&cookie).await, me, "{cookie}");
    }
    let stranger = (401, String::new());
    assert_eq!(user_of("token=a.b.c; velox_session=d.e.f").await, stranger);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_another_account_is_refused() {
    let counter = Counter::open().await;
    let (mine, theirs) = (counter.sign_up(1).await, counter.sign_up(2).await);
    let id_of = async |token: &str| {
        let me = counter.get(token, "/user/me").await;
        me.body["user"]["userId"].as_str().unwrap().to_owned()
    };
    let (me, them) = (id_of(&mine).await, id_of(&theirs).await);
    let open = async |account: &str| {
        let cookie = format!("velox_session={mine}");
        let headers = [("cookie", cookie.as_str()), ("velox-account", account)];
        let body = Some(ticket().to_string());
        counter.send(Method::POST, "", "/order/open", body, &headers).await
    };
    assert_eq!(open(&them).await.refusal(), (409, "ACCOUNT_MISMATCH"));
    assert_eq!(open("me").await.refusal(), (400, "VALIDATION"));
    let headers = [("velox-account", them.as_str())];
    for (method, path) in [
        (Method::GET, "/order/user/orders"),
        (Method::GET, "/user/ws-ticket"),
        (Method::POST, "/user/signout"),
        (Method::POST, "/user/signout-all"),
    ] {
        let refused = counter.send(method, &mine, path, None, &headers).await;
        assert_eq!(refused.refusal(), (409, "ACCOUNT_MISMATCH"), "{path}");
    }
    let orders = counter.get(&mine, "/order/user/orders").await;
    assert_eq!(orders.body["orders"], json!([]), "{}", orders.body);
    assert_eq!(open(&me).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_is_over_at_every_gateway_at_once() {
    let counter = Counter::closed().await;
    let other = counter.another_gateway(&[]).await;
    let phone = counter.sign_up(1).await;
    let laptop = counter.sign_in(1).await;
    let status_at = async |url: &str, token: &str| {
        let me = reqwest::Client::new().get(format!("{url}/api/v1/user/me")).bearer_auth(token);
        me.send().await.unwrap().status()
    };
    let listed = counter.get(&laptop, "/user/sessions").await;
    let sessions = listed.body["sessions"].as_array().unwrap();
    let current: Vec<_> = sessions.iter().map(|session| session["current"] == true).collect();
    assert_eq!(current, [true, false]);
    assert_eq!(sessions[1]["method"], "PASSWORD");
    assert_eq!(sessions[1]["address"], "127.0.0.1");
    assert_eq!(status_at(&other, &phone).await, StatusCode::OK);

    let path = format!("/user/sessions/{}", sessions[1]["sessionId"].as_str().unwrap());
    let ended = counter.send(Method::DELETE, &laptop, &path, None, &[]).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.body);
    for url in [&counter.url, &other] {
        assert_eq!(status_at(url, &phone).await, StatusCode::UNAUTHORIZED);
        assert_eq!(status_at(url, &laptop).await, StatusCode::OK);
    }
    let again = counter.send(Method::DELETE, &laptop, &path, None, &[]).await;
    assert_eq!(again.refusal(), (404, "SESSION_NOT_FOUND"));

    let everywhere = counter.post(&laptop, "/user/signout-all", &json!({})).await;
    assert_eq!(
        everywhere.headers["set-cookie"].to_str().unwrap().split(';').next(),
        Some("velox_session=")
    );
    for url in [&counter.url, &other] {
        assert_eq!(status_at(url, &laptop).await, StatusCode::UNAUTHORIZED);
    }
    let anew = counter.sign_in(1).await;
    assert_eq!(status_at(&other, &anew).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_be_replaced_while_gateways_run() {
    const NEXT: &str = "the secret that comes after the one of now";
    let counter = Counter::closed().await;
    let of_now = counter.sign_up(1).await;
    let settings = ["--jwt-secret", NEXT, "--jwt-previous-secrets", SECRET];
    let replaced: Vec<&str> = settings.to_vec();
    let next = counter.another_gateway(&replaced).await;
    let me = reqwest::Client::new().get(format!("{next}/api/v1/user/me")).bearer_auth(&of_now);
    assert_eq!(me.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_refused_within_a_second_and_its_last_use_is_noted() {
    let mut counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let (id, key) = counter.api_key(&token, "READ").await;
    let listed = async || counter.get(&token, "/user/api-keys").await.body["apiKeys"][0].clone();
    assert_eq!(listed().await["lastUsedAt"], Value::Null);
    let by_header = counter.raw(Method::GET, "/api/v1/user/me").header("x-api-key", &key);
    assert_eq!(by_header.send().await.unwrap().status(), StatusCode::OK);
    eventually("its use is noted", async || listed().await["lastUsedAt"].is_u64()).await;
    let entry = listed().await;
    assert_eq!((&entry["name"], &entry["scope"]), (&json!("a test"), &json!("READ")));
    assert!(!entry.to_string().contains(&key[36..]));

    let path = format!("/user/api-keys/{id}");
    counter.send(Method::DELETE, &token, &path, None, &[]).await;
    let started = std::time::Instant::now();
    eventually("it is refused", async || {
        counter.get(&key, "/user/me").await.status == StatusCode::UNAUTHORIZED
    })
    .await;
    assert!(started.elapsed().as_millis() < 1_000);

    // While PostgreSQL is down, a cached key still works and an unknown one does not.
    let (_, used) = counter.api_key(&token, "READ").await;
    let (_, unused) = counter.api_key(&token, "READ").await;
    counter.get(&used, "/user/ws-ticket").await;
    counter.stack.postgres.kill_hard().unwrap();
    assert_eq!(counter.get(&used, "/user/ws-ticket").await.status, StatusCode::OK);
    let refused = counter.get(&unused, "/user/ws-ticket").await;
    assert_eq!(refused.refusal(), (503, "DATABASE_UNAVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_limited_and_named() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let body = json!({ "name": "a\nb", "scope": "ALL" });
    let refused = counter.post(&token, "/user/api-keys", &body).await;
    assert_eq!(refused.refusal(), (400, "VALIDATION"));
    assert_eq!(
        refused.body["fields"],
        json!({
            "name": "must have 1 to 64 characters and no control characters",
            "scope": "must be READ or TRADE",
        })
    );
    let all = (0..25).map(|_| async {
        let body = json!({ "name": "one of many", "scope": "READ" });
        counter.post(&token, "/user/api-keys", &body).await.status
    });
    let statuses = futures_util::future::join_all(all).await;
    let made = statuses.iter().filter(|status| **status == StatusCode::CREATED).count();
    let refused = statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count();
    assert_eq!((made, refused), (20, 5));
}
