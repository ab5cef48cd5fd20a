//! Requests that a page of somebody else's makes a browser send.
//!
//! A browser adds the session's cookie to whatever request a page makes it send. What such a page
//! can't do is pretend another origin, and send JSON without asking first (CORS); so what changes
//! something is refused when it comes from an origin that is not ours, and when it relies on the
//! cookie and is not JSON.

use crate::access::caller::ACCOUNT;
use crate::access::credential::Credential;
use crate::app::App;
use crate::error::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How long browsers may remember what is allowed.
const PREFLIGHT_AGE_MAX: Duration = Duration::from_mins(10);

/// Refuses what another site made a browser send.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(app: &App, request: &Request) -> Result<(), ApiError> {
    let (headers, method) = (request.headers(), request.method());
    if !changes_something(method) {
        return Ok(());
    }
    match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        Some(origin) if !is_ours(origin, &app.frontend_url, headers) => {
            return Err(ApiError::ForeignOrigin);
        }
        // Old browsers leave the origin out of some requests, and say this instead.
        None if headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") => {
            return Err(ApiError::ForeignOrigin);
        }
        _ => {}
    }
    Ok(())
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a page of somebody else's could have made a browser send this: the cookie speaks for
/// it, and it is not JSON.
pub fn is_forgeable(method: &Method, headers: &HeaderMap, credential: &Credential) -> bool {
    changes_something(method) && matches!(credential, Credential::Cookies(_)) && !is_json(headers)
}

/// The web UI, or the very host that is called.
fn is_ours(origin: &str, frontend_url: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_host = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host);
    origin == frontend_url || is_host
}

/// Whether the body, if there is one, is said to be JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// What pages of the web UI may do from their own origin.
pub fn cors(frontend_url: &str) -> CorsLayer {
    let origin = HeaderValue::from_str(frontend_url).expect("the settings were checked");
    CorsLayer::new()
        .allow_origin(AllowOrigin::exact(origin))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            ACCOUNT,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::RETRY_AFTER,
            header::ETAG,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("ratelimit-limit"),
            HeaderName::from_static("ratelimit-remaining"),
            HeaderName::from_static("ratelimit-reset"),
        ])
        .max_age(PREFLIGHT_AGE_MAX)
}
