//! Security headers, and requests that other sites' pages can't make browsers send.

use crate::counter::{Counter, credentials};
use reqwest::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread")]
async fn what_relies_on_the_cookie_comes_from_our_pages_as_json() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let json = ("content-type", "application/json");
    let own = counter.url.clone();
    let other_port = "http://127.0.0.1:1";
    let rows: [(&[(&str, &str)], u16); 15] = [
        (&[json], 200),
        (&[json, ("origin", &own)], 200),
        (&[json, ("origin", "http://localhost:3000")], 200),
        // No body, so no content type is needed.
        (&[], 200),
        (&[("origin", &own), ("sec-fetch-site", "same-origin")], 200),
        (&[("sec-fetch-site", "none")], 200),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[json, ("origin", other_port)], 403),
        (&[json, ("origin", "https://localhost:3000")], 403),
        (&[("content-type", "application/x-www-form-urlencoded")], 415),
        (&[("content-type", "text/plain"), ("origin", &own)], 415),
        (&[json, ("origin", "https://evil.example")], 403),
        (&[json, ("origin", "null")], 403),
        (&[json, ("sec-fetch-site", "cross-site")], 403),
    ];
    for (headers, status) in rows {
        let token = counter.sign_in(1).await;
        let request = counter.raw(Method::POST, "/api/v1/user/signout");
        let mut request = request.header("cookie", format!("token={token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{headers:?}");
        let is_over = counter.get(&token, "/user/me").await.status == StatusCode::UNAUTHORIZED;
        assert_eq!(is_over, status == 200, "{headers:?}");
    }
    // A page can't set a token header, so its origin does not matter.
    let token = counter.sign_in(1).await;
    let program = counter.raw(Method::POST, "/api/v1/user/signout").bearer_auth(&token);
    assert_eq!(program.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_web_ui_alone_may_call_from_their_own_origin() {
    let counter = Counter::closed_with(&["--frontend-url", "https://velox.example"]).await;
    let preflight = async |origin: &str| {
        let request = counter.raw(Method::OPTIONS, "/api/v1/order/open");
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,idempotency-key");
        request.send().await.unwrap().headers().clone()
    };
    let allowed = preflight("https://velox.example").await;
    assert_eq!(allowed["access-control-allow-origin"], "https://velox.example");
    assert_eq!(allowed["access-control-allow-credentials"], "true");
    let foreign = preflight("https://evil.example").await;
    assert_ne!(
        foreign.get("access-control-allow-origin").map(|value| value.to_str().unwrap()),
        Some("https://evil.example")
    );
    let refused =
        counter.raw(Method::GET, "/api/v1/user/me").header("origin", "https://velox.example");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://velox.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_to_be_careful() {
    let counter = Counter::closed().await;
    for path in ["/api/v1/user/me", "/nothing", "/api/v1/candles?asset=BTC&duration=1m"] {
        let answer = counter.raw(Method::GET, path).send().await.unwrap();
        let headers = answer.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(!headers.contains_key("strict-transport-security"), "not in development");
    }
    let docs = counter.raw(Method::GET, "/docs/").send().await.unwrap();
    let policy = docs.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_cookies_are_for_this_host_and_https() {
    let counter = Counter::closed_with(&["--app-env", "production"]).await;
    let answer = counter.post("", "/user/signup", &credentials(1)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let (token, attributes) = cookie.split_once("; ").unwrap();
    assert!(token.starts_with("__Host-velox_session="), "{cookie}");
    assert_eq!(attributes, "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure");
    let hsts = "max-age=31536000; includeSubDomains";
    assert_eq!(answer.headers["strict-transport-security"], hsts);
    let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", token)]).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    let former = token.replace("__Host-velox_session", "__Host-token");
    let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", &former)]).await;
    assert_eq!(me.status, StatusCode::OK, "an earlier version's cookie is read");
    let plain = token.replace("__Host-velox_session", "token");
    let refused = counter.send(Method::GET, "", "/user/me", None, &[("cookie", &plain)]).await;
    assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_the_id_that_it_brings() {
    let counter = Counter::closed().await;
    let id = "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e55";
    for (brought, kept) in [
        (id, true),
        ("0190a6e47f3c7c1a9d523b1f0a8c4e55", true),
        ("00000000-0000-0000-0000-000000000000", false),
        ("my own id", false),
    ] {
        let refused =
            counter.send(Method::GET, "", "/user/me", None, &[("x-request-id", brought)]).await;
        assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));
        assert_eq!(refused.body["requestId"] == id, kept, "{brought}");
    }
}
