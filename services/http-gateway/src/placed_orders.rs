//! Orders as instructions: placed, read, changed and canceled.

pub mod amend;
pub mod batch;
pub mod cancel;
pub mod contract;
mod fit;
pub mod history;
pub mod place;
mod requests;

pub use requests::{
    BatchKey, BatchOrder, CancelQuery, OrderInstruction, OrderTarget, Share, TargetedAmendment,
};

use crate::access::account::Account;
use crate::access::caller::{Reader, Trader};
use crate::error::{ApiError, Database, Engine, Errors, JsonBody, OfAccount, Trades};
use crate::json::{Json, True};
use crate::orders::contract::{Placing, Reading, WrongExits, WrongId, WrongKey, WrongQuery};
use crate::orders::requests::{IdempotencyKey, OrderPath};
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use contract::{OrderPlaced, PlacedOrderList, PlacedOrderRead, Resting, WrongFilter, WrongOrder};
use messages::{OrderRef, OrderStatus, Query, Rejection};
use place::Placed;
use requests::PlacedOrdersQuery;
use views::PlacedOrder;

/// Place an order
///
/// Fills it at once, or accepts it to rest until its price is reached. With an `Idempotency-Key` it
/// is safe to send again for 24 hours.
#[utoipa::path(
    post,
    path = "/orders",
    tag = "trading",
    operation_id = "placeOrder",
    params(IdempotencyKey),
    request_body = OrderInstruction,
    responses(
        (
            status = CREATED,
            description = "The order, the position that it opened, changed or closed, and the account.",
            body = OrderPlaced,
        ),
        (
            status = OK,
            description = "The same request succeeded before: the order in its current state. Nothing was \
                changed.",
            body = OrderPlaced,
        ),
        Errors<(OfAccount, Trades, WrongKey, JsonBody, (Placing, WrongExits), (WrongOrder, Resting), Engine)>,
    ),
)]
pub async fn place(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(order): Valid<OrderInstruction>,
) -> Result<(StatusCode, Json<OrderPlaced>), ApiError> {
    let request_id = request_id::current();
    let placed = place::instructed(&app, &account, request_id, key.as_deref(), order).await?;
    Ok((placed.status(), Json(placed.into_body())))
}

/// List orders
///
/// Returns all resting orders or, with another `status`, a page of the orders that have ended so,
/// newest first.
#[utoipa::path(
    get,
    path = "/orders",
    tag = "trading",
    operation_id = "listPlacedOrders",
    params(PlacedOrdersQuery),
    responses(
        (status = OK, description = "The orders.", body = PlacedOrderList),
        Errors<(OfAccount, WrongQuery, WrongFilter, Engine, Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<PlacedOrdersQuery>,
) -> Result<Json<PlacedOrderList>, ApiError> {
    let (orders, next_cursor) = match query.status {
        OrderStatus::New => (resting(&app, &account, &query).await?, None),
        _ => history::page(&app.pool, account.id, query).await?,
    };
    Ok(Json(PlacedOrderList { success: True, orders, next_cursor }))
}

/// Returns the resting orders, newest first.
async fn resting(
    app: &AppState,
    account: &Account,
    query: &PlacedOrdersQuery,
) -> Result<Vec<PlacedOrder>, ApiError> {
    let orders = app.engine.open_orders(account, query.market).await?;
    let id = query.client_order_id.as_ref();
    let matches = |known: Option<&String>| id.is_none_or(|id| known == Some(id));
    let newest_first = orders.iter().rev();
    let wanted = newest_first.filter(|resting| matches(resting.order.client_order_id.as_ref()));
    Ok(wanted.map(Into::into).collect())
}

/// Read an order
///
/// Returns an order, resting or ended, however long ago.
#[utoipa::path(
    get,
    path = "/orders/{orderId}",
    tag = "trading",
    operation_id = "getPlacedOrder",
    params(OrderPath),
    responses(
        (status = OK, description = "The order.", body = PlacedOrderRead),
        Errors<(OfAccount, WrongId, Reading, Engine, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
) -> Result<Json<PlacedOrderRead>, ApiError> {
    let query = Query::GetPlacedOrder(OrderRef::from(order_id));
    let order = match app.engine.ask_as(&account, query).await {
        Ok(response) => Placed::read(response)?.order,
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => {
            let order = history::find_done(&app, &account, order_id).await?;
            order.ok_or(ApiError::Rejected(Rejection::OrderNotFound))?.into()
        }
        Err(error) => return Err(error),
    };
    Ok(Json(PlacedOrderRead { success: True, order: (&order).into() }))
}
