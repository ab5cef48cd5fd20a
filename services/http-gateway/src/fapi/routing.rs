//! The way of a request to its operation: what it shows is checked, and what it costs is counted.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::limits::Counts;
use super::operations::{Cost, Handler, OPERATIONS, Operation};
use super::params::Params;
use super::signature;
use crate::access::account::{Holding, NamedAccount};
use crate::access::caller::{Caller, Means, Scope, Stranger};
use crate::access::key_kind::KeyKind;
use crate::access::key_pair;
use crate::access::key_ring::StoredKey;
use crate::clock::unix_ms;
use crate::state::AppState;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use tokio::time::timeout;
use uuid::Uuid;

/// The longest URL and the largest body, in bytes; no request comes near them.
const URI_LEN_MAX: usize = 8 * 1024;
const BODY_LEN_MAX: usize = 16 * 1024;

const API_KEY: &str = "x-mbx-apikey";

/// The operations by path and method.
static BY_PATH: LazyLock<HashMap<(&'static str, &'static Method), &'static Operation>> =
    LazyLock::new(|| {
        OPERATIONS
            .iter()
            .map(|operation| ((operation.path, &operation.method), operation))
            .collect()
    });

/// Returns the routes of this API. They need the id of the request, and no other layer.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/fapi/{*path}", any(serve))
        .route("/futures/{*path}", any(serve))
        .route("/sapi/{*path}", any(serve))
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
    let Cost { weight, orders } = operation.weight.cost(&call.params);
    let shown = Shown { address, headers: &parts.headers, query, body: &body };
    let limits = &call.app.fapi_limits;
    let (level, run) = match operation.handler {
        Handler::Public(run) => {
            limits.charge_weight(counts, address, weight).await?;
            return run(&call).await;
        }
        Handler::Keyed(run) => (Level::Key, run),
        Handler::Signed(run) => (Level::Signature, run),
        Handler::Trading(run) => (Level::Trade, run),
    };
    let signer = admit(&call, &shown, level, (weight, orders), counts).await?;
    run(&call, &signer).await
}

async fn read(body: Body) -> Result<Bytes, Error> {
    to_bytes(body, BODY_LEN_MAX).await.map_err(|_| Error::BODY_TOO_LARGE)
}

/// What a request shows of its sender.
struct Shown<'a> {
    address: IpAddr,
    headers: &'a HeaderMap,
    query: &'a str,
    body: &'a [u8],
}

/// What an operation wants to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Key,
    Signature,
    Trade,
}

/// Counts a request, and finds the account that it is about.
///
/// A key that was used just now is checked without a look, before anything is counted: then one trip
/// to Redis counts all. Any other key is looked up in PostgreSQL only after the request was counted:
/// guessing keys must not load the database.
async fn admit(
    call: &Call,
    shown: &Shown<'_>,
    level: Level,
    (weight, orders): (u32, u32),
    counts: &mut Counts,
) -> Result<Signer, Error> {
    let (app, limits) = (&call.app, &call.app.fapi_limits);
    let id = match key_id(shown.headers) {
        Ok(id) => id,
        Err(error) => {
            limits.charge_weight(counts, shown.address, weight.max(1)).await?;
            return Err(error);
        }
    };
    let known = app.access.keys.known_key(id);
    let checked = known.map(|key| check(call, shown, level, (id, key)));
    let key = match checked {
        Some(Ok(key)) => {
            let mut of_orders = Counts::default();
            let by_account = async {
                if orders == 0 {
                    return Ok(());
                }
                limits.charge_orders(&mut of_orders, key.account, orders).await
            };
            let by_address = limits.charge_weight(counts, shown.address, weight);
            let (by_address, by_account) = tokio::join!(by_address, by_account);
            counts.merge(of_orders);
            by_address.and(by_account)?;
            key
        }
        Some(Err(error)) => {
            limits.charge_weight(counts, shown.address, weight.max(1)).await?;
            return Err(error);
        }
        None => {
            limits.charge_weight(counts, shown.address, weight.max(1)).await?;
            let key = app.access.keys.find(id, &app.pool).await.map_err(unknown)?;
            let key = check(call, shown, level, (id, key))?;
            if orders > 0 {
                limits.charge_orders(counts, key.account, orders).await?;
            }
            key
        }
    };
    app.access.keys.note_use(id, &app.pool);
    let means = Means::ApiKey { id, scope: key.scope, account: key.account };
    let caller = Caller { user_id: key.user_id, means };
    let holding = Holding::find(app, &caller, NamedAccount::Own).await?;
    let account = match level {
        Level::Key | Level::Signature => holding.to_read(app).await,
        Level::Trade => holding.to_trade(app).await?,
    };
    Ok(Signer { key_id: id, account })
}

fn unknown(stranger: Stranger) -> Error {
    match stranger {
        Stranger::Unauthenticated | Stranger::Expired => Error::KEY,
        Stranger::RedisUnavailable | Stranger::DatabaseUnavailable => Error::unavailable(),
    }
}

fn key_id(headers: &HeaderMap) -> Result<Uuid, Error> {
    let key = headers.get(API_KEY).and_then(|value| value.to_str().ok());
    key.and_then(key_pair::id_of).ok_or(Error::KEY_FORMAT)
}

/// Checks what a request shows against a key.
fn check(
    call: &Call,
    shown: &Shown<'_>,
    level: Level,
    (id, key): (Uuid, StoredKey),
) -> Result<StoredKey, Error> {
    if key.kind != KeyKind::Exchange {
        return Err(Error::KEY_FORMAT);
    }
    let secret = call.app.access.pairs.find(id, &key.hash).ok_or(Error::KEY)?;
    if level != Level::Key {
        signature::check(&secret, shown.query, shown.body, &call.params)?;
        signature::check_time(&call.params, call.now_ms)?;
    }
    if !key.addresses.admit(shown.address) {
        return Err(Error::KEY);
    }
    if level == Level::Trade && key.scope != Scope::Trade {
        return Err(Error::UNAUTHORIZED);
    }
    Ok(key)
}
