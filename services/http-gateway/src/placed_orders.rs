//! Orders as instructions: placed, read, changed and canceled.

pub mod amend;
pub mod batch;
pub mod cancel;
pub mod contract;
mod file;
mod fit;
pub mod history;
pub mod place;
mod requests;
pub mod summary;

pub use requests::{
    BatchKey, BatchOrder, CancelQuery, OrderInstruction, OrderTarget, Share, TargetedAmendment,
};

use crate::access::account::Account;
use crate::access::caller::{Reader, Trader};
use crate::clock::time;
use crate::csv::Format;
use crate::error::{ApiError, Database, Engine, Errors, JsonBody, OfAccount, Trades};
use crate::fills::WrongPeriod;
use crate::income::WrongFormat;
use crate::json::{Json, True};
use crate::orders::contract::{Placing, Reading, WrongExits, WrongId, WrongKey, WrongQuery};
use crate::orders::requests::{IdempotencyKey, OrderPath};
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use contract::{OrderPlaced, PlacedOrderList, PlacedOrderRead, Resting, WrongFilter, WrongOrder};
use messages::{Order, OrderRef, OrderStatus, Query, Rejection, RestingOrder};
use place::Placed;
use requests::PlacedOrdersQuery;
use store::orders::{Cursor, Filter};

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
/// newest first. With `format=csv`, a file of all orders that match, oldest first, with a header
/// row; amounts are exact decimals, times are ISO 8601 (UTC).
#[utoipa::path(
    get,
    path = "/orders",
    tag = "trading",
    operation_id = "listPlacedOrders",
    params(PlacedOrdersQuery),
    responses(
        (
            status = OK,
            description = "The orders.",
            content((PlacedOrderList = "application/json"), (String = "text/csv")),
        ),
        Errors<(OfAccount, WrongQuery, WrongFilter, (WrongPeriod, WrongFormat), Engine, Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<PlacedOrdersQuery>,
) -> Result<Response, ApiError> {
    let (filter, limit, cursor, format) = split(query);
    let rests = matches!(filter.statuses.as_slice(), [] | [OrderStatus::New]);
    match format {
        Format::Csv if rests => file::of(&resting(&app, &account, &filter).await?).await,
        Format::Csv => file::ended(app.pool.clone(), account.engine_id(), filter).await,
        Format::Json => {
            let (orders, next_cursor) = if rests {
                let orders = resting(&app, &account, &filter).await?;
                (orders.iter().rev().map(Into::into).collect(), None)
            } else {
                history::page(&app.pool, account.id, &filter, cursor, limit).await?
            };
            Ok(Json(PlacedOrderList { success: True, orders, next_cursor }).into_response())
        }
    }
}

/// Splits a query into what it asks for and how it is to be answered.
fn split(query: PlacedOrdersQuery) -> (Filter, u32, Option<Cursor>, Format) {
    let PlacedOrdersQuery {
        statuses,
        market,
        client_order_id,
        side,
        kinds,
        from_ms,
        to_ms,
        limit,
        cursor,
        format,
    } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { statuses, asset: market, client_order_id, side, kinds, from, to };
    (filter, limit, cursor, format)
}

/// Returns the resting orders that a filter names, oldest first.
async fn resting(
    app: &AppState,
    account: &Account,
    filter: &Filter,
) -> Result<Vec<RestingOrder>, ApiError> {
    let orders = app.engine.open_orders(account, filter.asset).await?;
    let matches = |order: &Order| {
        let id = &filter.client_order_id;
        let accepted_at = time(order.created_at_ms);
        (id.is_none() || *id == order.client_order_id)
            && filter.side.is_none_or(|side| side == order.side)
            && (filter.kinds.is_empty() || filter.kinds.contains(&order.kind))
            && filter.from.is_none_or(|from| from <= accepted_at)
            && filter.to.is_none_or(|to| accepted_at < to)
    };
    Ok(orders.into_iter().filter(|resting| matches(&resting.order)).collect())
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
