//! Whom the API takes for signed in.

use crate::counter::{Counter, SECRET};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use serde_json::json;

const FAR: u64 = 4_102_444_800;

fn token(algorithm: Algorithm, secret: &str, exp: u64) -> String {
    let claims = json!({
        "sub": "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11",
        "iat": 0,
        "exp": exp,
        "jti": "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e12",
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), &claims, &key).unwrap()
}

/// `{"alg":"none"}` with the claims of a good token and no signature.
fn unsigned() -> String {
    let good = token(Algorithm::HS256, SECRET, FAR);
    let claims = good.split('.').nth(1).unwrap();
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_private_path_refuses_every_bad_token() {
    let counter = Counter::closed().await;
    let order = "/order/0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11";
    let paths = [
        (Method::GET, "/user/me"),
        (Method::POST, "/order/open"),
        (Method::POST, "/order/close/0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11"),
        (Method::GET, "/order/user/orders"),
        (Method::GET, "/order/user/balance"),
        (Method::GET, order),
        (Method::PATCH, order),
    ];
    let good = token(Algorithm::HS256, SECRET, FAR);
    let tampered = format!("{}x{}", &good[..60], &good[61..]);
    let tokens = [
        (String::new(), "UNAUTHENTICATED"),
        ("nonsense".to_owned(), "UNAUTHENTICATED"),
        (token(Algorithm::HS256, SECRET, 1), "TOKEN_EXPIRED"),
        (token(Algorithm::HS256, "another secret of enough length", FAR), "UNAUTHENTICATED"),
        (token(Algorithm::HS384, SECRET, FAR), "UNAUTHENTICATED"),
        (unsigned(), "UNAUTHENTICATED"),
        (tampered, "UNAUTHENTICATED"),
    ];
    for (method, path) in paths {
        for (token, code) in &tokens {
            let body = (method != Method::GET).then(|| "{}".to_owned());
            let refused = counter.send(method.clone(), token, path, body, &[]).await;
            assert_eq!(refused.refusal(), (401, *code), "{method} {path} {token}");
        }
    }
    assert_eq!(counter.request_stream_len().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_and_the_header_are_both_taken() {
    let counter = Counter::closed().await;
    let token = counter.sign_up(1).await;
    let cookie = format!("theme=dark; token={token}");
    let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", &cookie)]).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    assert_eq!(counter.get(&token, "/user/me").await.body, me.body);
}
