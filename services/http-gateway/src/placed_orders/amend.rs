//! Changes of resting orders.

use super::contract::{OrderPlaced, Resolving, WrongOrder};
use super::place::Placed;
use super::requests::{ClientOrderQuery, OrderAmendment, called};
use crate::access::caller::Trader;
use crate::engine::unexpected;
use crate::error::{ApiError, Engine, Errors, JsonBody, Refusal, SignedIn, Trades};
use crate::json::Json;
use crate::orders::contract::{Placing, WrongId};
use crate::orders::requests::OrderPath;
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use messages::{OrderRef, Request, Response};
use std::sync::Arc;

/// Change an order
///
/// Changes a resting order, which keeps its id. If its new price is reached already, it is filled at
/// once.
#[utoipa::path(
    patch,
    path = "/orders/{orderId}",
    tag = "trading",
    operation_id = "amendOrder",
    params(OrderPath),
    request_body = OrderAmendment,
    responses(
        (status = OK, description = "The changed order and the account.", body = OrderPlaced),
        Errors<(SignedIn, Trades, WrongId, JsonBody, (Placing, WrongOrder), Resolving, Engine)>,
    ),
)]
pub async fn amend(
    State(app): State<AppState>,
    user: Trader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
    Valid(change): Valid<OrderAmendment>,
) -> Result<Json<OrderPlaced>, ApiError> {
    let amended = send(&app, user, order_id.into(), change).await?;
    Ok(Json(amended.into_body()))
}

/// Change an order by the caller's own id
///
/// Changes the resting order that has the id.
#[utoipa::path(
    patch,
    path = "/orders",
    tag = "trading",
    operation_id = "amendOrderByClientId",
    params(ClientOrderQuery),
    request_body = OrderAmendment,
    responses(
        (status = OK, description = "The changed order and the account.", body = OrderPlaced),
        Errors<(SignedIn, Trades, JsonBody, (Placing, WrongOrder), Resolving, Engine)>,
    ),
)]
pub async fn amend_by_client_id(
    State(app): State<AppState>,
    user: Trader,
    Valid(ClientOrderQuery { client_order_id }): Valid<ClientOrderQuery>,
    Valid(change): Valid<OrderAmendment>,
) -> Result<Json<OrderPlaced>, ApiError> {
    let amended = send(&app, user, called(client_order_id), change).await?;
    Ok(Json(amended.into_body()))
}

/// Changes one order.
pub async fn send(
    app: &AppState,
    user: Trader,
    order: OrderRef,
    change: OrderAmendment,
) -> Result<Placed, ApiError> {
    let prices = [("price", change.price), ("triggerPrice", change.trigger_price)];
    let amend = change.of(order).ok_or_else(|| {
        ApiError::field("qty", "or price, triggerPrice or callbackBps is required")
    })?;
    let request = Request::AmendOrder(user.0, amend);
    let outcome = app.engine.send_as(&user.account(app), request_id::current(), request).await;
    match outcome.map_err(|error| Refusal::of_price(error, &prices))? {
        Response::PlacedOrder { order, position, account, repeated } => {
            Ok(Placed { order: Arc::unwrap_or_clone(order), position, account, repeated })
        }
        other => Err(unexpected(&other)),
    }
}
