//! Cancellations.

use super::contract::{OrderPlaced, OrdersCanceled, Resolving};
use super::history;
use super::place::Placed;
use super::requests::{CancelQuery, called};
use crate::access::account::Account;
use crate::access::caller::Trader;
use crate::engine::unexpected;
use crate::error::{ApiError, Changes, Engine, Errors, OfAccount, Trades};
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::orders::contract::{WrongAsset, WrongId};
use crate::orders::requests::OrderPath;
use crate::request::{NoBody, Valid};
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use messages::{CancelOrders, OrderRef, Request, RequestId, Response};

/// Cancel an order
///
/// Cancels a resting order. Sent again with the same `X-Request-Id` it gets the same response.
#[utoipa::path(
    delete,
    path = "/orders/{orderId}",
    tag = "trading",
    operation_id = "cancelOrder",
    params(OrderPath),
    responses(
        (status = OK, description = "The canceled order and the account.", body = OrderPlaced),
        Errors<(OfAccount, Trades, Changes, WrongId, Resolving, Engine)>,
    ),
)]
pub async fn cancel(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
    NoBody: NoBody,
) -> Result<Json<OrderPlaced>, ApiError> {
    let order = OrderRef::from(order_id);
    let canceled = send(&app, &account, request_id::current(), order).await?;
    Ok(Json(canceled.into_body()))
}

/// Cancel orders
///
/// Cancels all resting orders, those in one asset, or the one that has the caller's own id.
#[utoipa::path(
    delete,
    path = "/orders",
    tag = "trading",
    operation_id = "cancelOrders",
    params(CancelQuery),
    responses(
        (status = OK, description = "The canceled orders and the account.", body = OrdersCanceled),
        Errors<(OfAccount, Trades, Changes, (WrongAsset, Listing), Resolving, Engine)>,
    ),
)]
pub async fn cancel_all(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(query): Valid<CancelQuery>,
    NoBody: NoBody,
) -> Result<Json<OrdersCanceled>, ApiError> {
    send_all(&app, &account, query).await.map(Json)
}

/// Cancels all orders, those in one asset, or the one with the caller's own id.
pub async fn send_all(
    app: &AppState,
    account: &Account,
    CancelQuery { market, client_order_id }: CancelQuery,
) -> Result<OrdersCanceled, ApiError> {
    let request_id = request_id::current();
    if let Some(id) = client_order_id {
        let Placed { order, account, .. } = send(app, account, request_id, called(id)).await?;
        let (orders, account) = (vec![(&order).into()], (&account).into());
        return Ok(OrdersCanceled { success: True, orders, account });
    }
    let request = Request::CancelOrders(account.engine_id(), CancelOrders { asset: market });
    match app.engine.send_as(account, request_id, request).await? {
        Response::PlacedOrders { orders, account } => {
            let orders = orders.iter().map(Into::into).collect();
            Ok(OrdersCanceled { success: True, orders, account: (&account).into() })
        }
        other => Err(unexpected(&other)),
    }
}

/// Cancels one order.
pub async fn send(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    order: OrderRef,
) -> Result<Placed, ApiError> {
    let order_id = order.order_id;
    let request = Request::CancelOrder(account.engine_id(), order);
    match app.engine.send_as(account, request_id, request).await {
        Ok(response) => Placed::read(response),
        Err(error) => Err(history::or_done(app, account, order_id, error).await),
    }
}
