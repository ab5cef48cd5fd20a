//! The middleware that authenticates and rate-limits every request, and the same for messages.

use crate::access::Claim;
use crate::access::account::NamedAccount;
use crate::access::caller::{Arrival, Caller, Meant, Stranger, Trader};
use crate::access::credential::Credential;
use crate::access::origin::is_forgeable;
use crate::access::rate_limits::{Budget, Counted, RouteClass};
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::join_all;
use std::net::{IpAddr, SocketAddr};

/// The longest `User-Agent` that is kept, in characters.
const USER_AGENT_LEN_MAX: usize = 200;

/// Counts a request and authenticates its sender, in one round trip to Redis.
///
/// While Redis is unavailable nothing can be counted. Sign-ins are then refused; other requests are
/// let through: those that need the engine or a session fail without Redis anyway, and candles come
/// from PostgreSQL.
pub async fn admit(
    State((app, class)): State<(AppState, RouteClass)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let address = app.proxies.client_address(peer.ip(), headers);
    let credential = Credential::of(headers, &app.cookies.names());
    let is_forgeable = is_forgeable(request.method(), headers, &credential);
    let claim = app.access.claim(credential);
    let (user_agent, meant) = (user_agent(headers), Meant::of(headers));
    let account = NamedAccount::of(headers);
    let (budget, caller) = count_and_check(&app, class, address, &claim).await;
    let budget = match budget {
        Err(error) if class.creates_sessions() => return ApiError::from(error).into_response(),
        budget => known(budget),
    };
    let mut response = if let Err(refused) = within(budget.as_ref()) {
        refused.into_response()
    } else {
        let arrival = Arrival { address, user_agent, claim, caller, is_forgeable, meant, account };
        request.extensions_mut().insert(arrival);
        next.run(request).await
    };
    if let Some(budget) = budget {
        budget.write(response.headers_mut());
    }
    response
}

/// Counts a message of an open connection as a request that trades, and authenticates its sender
/// again: since the connection was opened, the session may have ended, the key may have been deleted
/// or the account may have been closed.
pub async fn admit_message(app: &AppState, arrival: &Arrival) -> Result<Trader, ApiError> {
    let Arrival { address, claim, account, .. } = arrival;
    let (budget, caller) = count_and_check(app, RouteClass::Orders, *address, claim).await;
    within(known(budget).as_ref())?;
    caller?.trader(app, *account).await
}

/// Returns the budget, or `None` if nothing could be counted.
fn known(budget: Result<Option<Budget>, streams::Error>) -> Option<Budget> {
    budget.unwrap_or_else(|_| {
        metrics::counter!("velox_http_uncounted_total").increment(1);
        None
    })
}

/// Checks that a request does not exceed its limits.
fn within(budget: Option<&Budget>) -> Result<(), ApiError> {
    let Some(retry_after) = budget.and_then(Budget::retry_after) else { return Ok(()) };
    metrics::counter!("velox_http_rate_limited_total").increment(1);
    Err(ApiError::TooManyRequests(retry_after))
}

/// Counts and authenticates concurrently where both ask Redis. A key is looked up in PostgreSQL, so
/// only after the request was admitted: guessing keys must not load the database.
async fn count_and_check(
    app: &AppState,
    class: RouteClass,
    address: IpAddr,
    claim: &Claim,
) -> (Result<Option<Budget>, streams::Error>, Result<Caller, Stranger>) {
    let mut counted = vec![Counted::Address(address)];
    counted.extend(app.access.counted(claim));
    let budget = tightest(app, class, &counted);
    let caller = app.access.check(claim, &app.pool);
    if !matches!(claim, Claim::ApiKey(_)) {
        return tokio::join!(budget, caller);
    }
    let budget = budget.await;
    let is_refused = matches!(&budget, Ok(Some(budget)) if budget.retry_after().is_some());
    let caller = if is_refused { Err(Stranger::Unauthenticated) } else { caller.await };
    (budget, caller)
}

/// Charges every quota that the request counts against. Returns the budget closest to its limit.
async fn tightest(
    app: &AppState,
    class: RouteClass,
    counted: &[Counted],
) -> Result<Option<Budget>, streams::Error> {
    let charges = counted.iter().map(|counted| app.rate_limits.charge(class, counted));
    let mut tightest: Option<Budget> = None;
    for budget in join_all(charges).await {
        if let Some(budget) = budget?
            && tightest.as_ref().is_none_or(|known| budget.is_tighter_than(known))
        {
            tightest = Some(budget);
        }
    }
    Ok(tightest)
}

fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    text.unwrap_or_default().chars().take(USER_AGENT_LEN_MAX).collect()
}
