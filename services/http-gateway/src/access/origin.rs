//! Protection against cross-site request forgery.
//!
//! A browser adds the session's cookie to any request that a page makes it send. Such a page can't
//! forge its origin or `Sec-Fetch-Site`, and can't send JSON without a preflight (CORS). So a
//! request that makes changes is refused if it comes from another site's page, or if it relies on
//! the cookie and has a body that is not JSON.

use crate::access::account::ACCOUNT_ID;
use crate::access::caller::MEANT;
use crate::access::credential::Credential;
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use proxies::PageOrigin;
use std::net::SocketAddr;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The time for which browsers may cache a preflight.
const PREFLIGHT_AGE_MAX: Duration = Duration::from_mins(10);

/// Refuses changes that another site's page made a browser send, and connections by which it could
/// send some: CORS does not hold for a WebSocket.
pub async fn guard(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_harmless = !changes_something(request.method()) && !opens_socket(headers);
    let is_allowed = is_harmless || is_ours(&app, peer, headers);
    if is_allowed { next.run(request).await } else { ApiError::ForeignOrigin.into_response() }
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn opens_socket(headers: &HeaderMap) -> bool {
    let mut protocols = headers.get_all(header::UPGRADE).iter();
    protocols.any(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Returns whether a request comes from a page of the web UI, or from no page at all.
fn is_ours(app: &AppState, peer: SocketAddr, headers: &HeaderMap) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    let is_same_site = matches!(site, None | Some(b"same-origin" | b"none"));
    match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        // A program, or an old browser, which omits the origin of some requests.
        None => is_same_site,
        Some(origin) => PageOrigin::parse(origin).is_some_and(|page| {
            Some(&page) == PageOrigin::parse(&app.frontend_url).as_ref()
                || (is_same_site && is_own_host(app, peer, headers, &page))
        }),
    }
}

/// Returns whether a page comes from the host and port that are called, by the same scheme. Unless
/// a trusted proxy says which scheme that is, it is HTTPS in production and unknown elsewhere.
fn is_own_host(app: &AppState, peer: SocketAddr, headers: &HeaderMap, page: &PageOrigin) -> bool {
    let called_by = app.proxies.client_scheme(peer.ip(), headers);
    let called_by = called_by.or(app.is_production.then_some("https"));
    page.is_addressed_by(headers) && called_by.is_none_or(|scheme| scheme == page.scheme())
}

/// Returns whether another site's page could have made a browser send this without a preflight: it
/// relies on the cookie and its body is not JSON. A request without a body needs no content type.
pub fn is_forgeable(method: &Method, headers: &HeaderMap, credential: &Credential) -> bool {
    let is_plain = !headers.contains_key(header::CONTENT_TYPE) && !has_body(headers);
    let relies_on_cookie = matches!(credential, Credential::Cookies(_));
    changes_something(method) && relies_on_cookie && !is_json(headers) && !is_plain
}

fn has_body(headers: &HeaderMap) -> bool {
    let len = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || len.is_some_and(|len| len != "0")
}

/// Returns whether the content type is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Returns the CORS layer for the web UI's pages on their own origin.
pub fn cors(frontend_url: &str) -> CorsLayer {
    let origin = HeaderValue::from_str(frontend_url).expect("the settings were checked");
    CorsLayer::new()
        .allow_origin(AllowOrigin::exact(origin))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            MEANT,
            ACCOUNT_ID,
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
