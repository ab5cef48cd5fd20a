//! The way of an HTTP request to its operation.

use super::admission::{Shown, perform};
use super::call::{Answer, Call};
use super::error::Error;
use super::limits::Counts;
use super::operations::{OPERATIONS, Operation};
use super::params::Params;
use super::signature::Signed;
use super::socket;
use crate::clock::unix_ms;
use crate::state::AppState;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use tokio::time::timeout;

/// The longest URL and the largest body, in bytes; no request comes near them.
const URI_LEN_MAX: usize = 8 * 1024;
const BODY_LEN_MAX: usize = 16 * 1024;

const API_KEY: &str = "x-mbx-apikey";

/// The operations by path and method.
pub static BY_PATH: LazyLock<HashMap<(&'static str, &'static Method), &'static Operation>> =
    LazyLock::new(|| {
        OPERATIONS
            .iter()
            .map(|operation| ((operation.path, &operation.method), operation))
            .collect()
    });

/// Returns the routes of this API. They need the id of the request, and no other layer.
pub fn router() -> Router<AppState> {
    let served =
        ["fapi", "futures", "sapi", "ws-fapi"].into_iter().fold(Router::new(), |router, name| {
            let bare = format!("/{name}");
            let (slash, all) = (format!("{bare}/"), format!("{bare}/{{*path}}"));
            router.route(&bare, any(serve)).route(&slash, any(serve)).route(&all, any(serve))
        });
    served.route("/ws-fapi/v1", any(socket::open))
}

/// Handles a request.
async fn serve(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let address = app.proxies.client_address(peer.ip(), request.headers());
    let mut counts = Counts::default();
    let limit = app.request_timeout;
    let outcome = timeout(limit, answer(app, address, request, &mut counts)).await;
    let outcome = outcome.unwrap_or(Err(Error::TIMEOUT));
    let mut response = outcome.map_or_else(Error::into_response, Answer::into_response);
    counts.write(response.headers_mut());
    response
}

async fn answer(
    app: AppState,
    address: IpAddr,
    request: Request,
    counts: &mut Counts,
) -> Result<Answer, Error> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let path = parts.uri.path();
    let found = BY_PATH.get(&(path, &parts.method)).copied();
    if path.len() + query.len() > URI_LEN_MAX {
        app.fapi_limits.charge_weight(counts, address, 1).await?;
        return Err(Error::URI_TOO_LONG);
    }
    let Some(operation) = found else {
        app.fapi_limits.charge_weight(counts, address, 1).await?;
        return Err(Error::no_such_route(parts.method.as_str(), path));
    };
    let body = read(body).await?;
    let params = Params::parse(query, &body);
    let call = Call { app, params, now_ms: unix_ms() };
    let key = parts.headers.get(API_KEY).and_then(|value| value.to_str().ok());
    let signed = Signed::Form { query, body: &body };
    let shown = Shown { address, key, signed, logged_on: None };
    perform(&call, operation, &shown, counts).await
}

async fn read(body: Body) -> Result<Bytes, Error> {
    to_bytes(body, BODY_LEN_MAX).await.map_err(|_| Error::BODY_TOO_LARGE)
}
