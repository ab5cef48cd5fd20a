//! The web UI's files, served on one origin with the API.

use crate::error::ApiError;
use crate::state::AppState;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use serde_json::json;
use std::path::{Path, PathBuf};
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};

/// The policy of the UI's pages: they may run their own scripts and connect to this host and the
/// WebSocket. Inline scripts and styles are forbidden.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; object-src 'none'";

/// The file of the UI for all paths.
const INDEX: &str = "index.html";

/// The path of files whose names change with their contents.
const HASHED: &str = "/assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The paths of the UI's pages, as in `web/src/paths.ts`. `/docs` redirects to `/help`.
pub const PAGES: [&str; 10] = [
    "/",
    "/signin",
    "/register",
    "/help",
    "/trade",
    "/markets",
    "/account",
    "/portfolio",
    "/leaderboard",
    "/docs",
];

/// Returns the router for everything but the API: a file of the build, a page of the UI, or its page
/// for all paths with 404, whose own router then shows that nothing is there.
pub fn router(dir: &Path) -> Router<AppState> {
    // The build has each file compressed already, better than could be done for each answer.
    let serve = |file: PathBuf| ServeFile::new(file).precompressed_br().precompressed_gzip();
    let files = ServeDir::new(dir)
        .precompressed_br()
        .precompressed_gzip()
        .not_found_service(serve(dir.join(INDEX)));
    PAGES
        .iter()
        .fold(Router::new(), |router, path| router.route_service(path, serve(file_of(dir, path))))
        .fallback_service(files)
        .layer(middleware::from_fn(headers))
        .layer(CompressionLayer::new())
        .route("/config.json", get(config))
}

/// Returns the file of a page: its own one, which names the scripts that the page needs so that the
/// browser requests them at once, or the one for all paths.
fn file_of(dir: &Path, page: &str) -> PathBuf {
    let name = if page == "/" { "landing" } else { &page[1..] };
    let own = dir.join(name).with_extension("html");
    if own.is_file() { own } else { dir.join(INDEX) }
}

async fn headers(mut request: Request, next: Next) -> Response {
    let (path, method) = (request.uri().path().to_owned(), request.method().clone());
    // A missing path of the API is a program's mistake, so the response is JSON, not a page.
    if path.starts_with("/api/") || !matches!(method, Method::GET | Method::HEAD) {
        return ApiError::NoSuchRoute.into_response();
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if !is_file && !PAGES.contains(&path.as_str()) {
        // A page that does not exist must not be answered with 304.
        request.headers_mut().remove(header::IF_MODIFIED_SINCE);
    }
    let mut response = next.run(request).await;
    if is_file && response.status() == StatusCode::NOT_FOUND {
        // Otherwise the page would be taken for a script, or whatever the file's name says.
        return ApiError::NoSuchRoute.into_response();
    }
    let caching = if path.starts_with(HASHED) { FOR_EVER } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Returns the settings of the page: the WebSocket's URL, and the money that an account begins with.
async fn config(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let guessed = || format!("ws://{name}:{}", app.ws_port);
    let url = app.ws_url.as_deref().map_or_else(guessed, str::to_owned);
    let deposit = app.signup_deposit.to_string();
    Json(json!({ "wsUrl": url, "signupDeposit": deposit })).into_response()
}
