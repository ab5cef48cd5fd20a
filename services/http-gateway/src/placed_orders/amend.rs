//! Changes of resting orders.

use super::contract::{OrderPlaced, Resolving, WrongOrder};
use super::history;
use super::place::Placed;
use super::requests::{ClientOrderQuery, OrderAmendment, called};
use crate::access::account::Account;
use crate::access::caller::Trader;
use crate::error::{ApiError, Engine, Errors, JsonBody, OfAccount, Refusal, Trades};
use crate::json::Json;
use crate::orders::contract::{Placing, WrongId};
use crate::orders::requests::OrderPath;
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use messages::{AmendOrder, OrderRef, Request};

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
        Errors<(OfAccount, Trades, WrongId, JsonBody, (Placing, WrongOrder), Resolving, Engine)>,
    ),
)]
pub async fn amend(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
    Valid(change): Valid<OrderAmendment>,
) -> Result<Json<OrderPlaced>, ApiError> {
    let amended = send(&app, &account, order_id.into(), change).await?;
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
        Errors<(OfAccount, Trades, JsonBody, (Placing, WrongOrder), Resolving, Engine)>,
    ),
)]
pub async fn amend_by_client_id(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(ClientOrderQuery { client_order_id }): Valid<ClientOrderQuery>,
    Valid(change): Valid<OrderAmendment>,
) -> Result<Json<OrderPlaced>, ApiError> {
    let amended = send(&app, &account, called(client_order_id), change).await?;
    Ok(Json(amended.into_body()))
}

/// Changes one order.
pub async fn send(
    app: &AppState,
    account: &Account,
    order: OrderRef,
    change: OrderAmendment,
) -> Result<Placed, ApiError> {
    let amend = change.of(order).ok_or_else(|| {
        ApiError::field("qty", "or price, triggerPrice or callbackBps is required")
    })?;
    request(app, account, amend).await
}

/// Sends a change to the engine.
pub async fn request(
    app: &AppState,
    account: &Account,
    amend: AmendOrder,
) -> Result<Placed, ApiError> {
    let prices = [("price", amend.price), ("triggerPrice", amend.trigger_price)];
    let order_id = amend.order.order_id;
    let request = Request::AmendOrder(account.engine_id(), amend);
    match app.engine.send_as(account, request_id::current(), request).await {
        Ok(response) => Placed::read(response),
        Err(error) => {
            let error = history::or_done(app, account, order_id, error).await;
            Err(Refusal::of_price(error, &prices))
        }
    }
}
