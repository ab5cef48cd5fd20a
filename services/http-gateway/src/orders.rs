//! Orders and the balance.

pub mod contract;
pub mod history;
pub mod identity;
pub mod realized;
pub mod repeat;
pub mod requests;
pub mod served;

use crate::access::account::{Account, AccountId};
use crate::access::caller::{Reader, Trader};
use crate::clock::{time, unix_ms};
use crate::engine::unexpected;
use crate::error::{ApiError, Database, Engine, Errors, JsonBody, OfAccount, Trades};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::placed_orders::contract::Unfilled;
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use contract::{
    BalanceResponse, Changing, Closing, OrderList, OrderRead, OrderResponse, Placing, Reading,
    WrongAsset, WrongClosed, WrongExits, WrongId, WrongKey, WrongQuery,
};
use identity::Identity;
use messages::{
    ClosePosition, GetOrder, ModifyPosition, OrderId, PlaceOrder, Position, PositionState, Query,
    Rejection, Request, RequestId, Response,
};
use requests::{CloseTerms, IdempotencyKey, ListQuery, NewOrder, OrderChange, OrderPath, Status};
use store::closed_orders::Filter;
use uuid::Uuid;

type ApiResult<T> = Result<(StatusCode, Json<T>), ApiError>;

/// Open a position
///
/// Fills at once at the ask (long) or the bid (short), and takes the margin from the balance. With
/// an `Idempotency-Key` it is safe to send again for 24 hours.
#[utoipa::path(
    post,
    path = "/open",
    tag = "orders",
    operation_id = "openOrder",
    params(IdempotencyKey),
    request_body = NewOrder,
    responses(
        (status = CREATED, description = "The new position and the updated account.", body = OrderResponse),
        (
            status = OK,
            description = "The same request succeeded before: the order in its current state. Nothing was \
                changed. A request with the same key that differs in any field is refused with \
                `ORDER_ID_REUSED`.",
            body = OrderResponse,
        ),
        Errors<(OfAccount, Trades, WrongKey, JsonBody, (Placing, WrongExits, Unfilled), Engine)>,
    ),
)]
pub async fn open(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(order): Valid<NewOrder>,
) -> ApiResult<OrderResponse> {
    let identity = Identity::new(account.id, key.as_deref(), unix_ms());
    let Identity { order_id, earlier_order_id } = identity;
    let NewOrder { market, side, leverage, qty, stop_loss, take_profit, price_limit } = order;
    let place = PlaceOrder {
        earlier_order_id,
        stop_loss,
        take_profit,
        price_limit,
        ..PlaceOrder::market(order_id, market.to_string(), side, leverage, qty)
    };
    let request = Request::PlaceOrder(account.engine_id(), place.clone());
    match app.engine.send_as(&account, request_id::current(), request).await {
        Err(ApiError::EngineTimeout(_)) => Err(ApiError::EngineTimeout(Some(order_id))),
        Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id })) => {
            let response = repeat::respond(&app, &account, &place, order_id).await?;
            order_response(response, StatusCode::CREATED)
        }
        Err(error) => Err(pointed_elsewhere(error)),
        Ok(response) => {
            let response = served::served(&app, &account, response, None).await?;
            let response = netted(&app, &account, response).await?;
            order_response(response, StatusCode::CREATED)
        }
    }
}

/// Says where an account whose position mode asks for a side can place its order: this operation has
/// no field for it.
fn pointed_elsewhere(error: ApiError) -> ApiError {
    match error {
        ApiError::Rejected(Rejection::InvalidOrder { field, problem })
            if field == "positionSide" =>
        {
            let problem =
                format!("{problem}; place the order with POST /api/v1/orders, which takes it");
            ApiError::Rejected(Rejection::InvalidOrder { field, problem })
        }
        error => error,
    }
}

/// Turns the order of an account that nets its positions into the position that it left behind: the
/// one that it opened, increased, reduced or closed or, if it was repeated, the one that there is.
async fn netted(app: &AppState, owner: &Account, response: Response) -> Result<Response, ApiError> {
    let Response::PlacedOrder { order, position, account, repeated, .. } = response else {
        return Ok(response);
    };
    if let Some(order) = position {
        return Ok(Response::Position { order, account, repeated });
    }
    let order_id = order.order_id;
    let open = app.engine.positions(owner).await?;
    let found = open.into_iter().find(|position| position.order.asset == order.asset);
    let position = found.map(|position| Box::new(PositionState::Open(position)));
    match position {
        Some(order) => Ok(Response::Position { order, account, repeated }),
        None => Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id })),
    }
}

/// Close a position
///
/// Closes at the current bid (long) or ask (short). The margin and the P&L go to the balance.
#[utoipa::path(
    post,
    path = "/close/{orderId}",
    tag = "orders",
    operation_id = "closeOrder",
    params(OrderPath, IdempotencyKey),
    request_body = Option<CloseTerms>,
    responses(
        (status = OK, description = "The closed order's record and the updated account.", body = OrderResponse),
        Errors<(OfAccount, Trades, WrongId, WrongKey, JsonBody, (Closing, Unfilled), Engine)>,
    ),
)]
pub async fn close(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(CloseTerms { price_limit }): Valid<CloseTerms>,
) -> ApiResult<OrderResponse> {
    let request_id =
        key.map_or_else(request_id::current, |key| close_request_id(account.id, order_id, &key));
    // With a key this differs from the HTTP request's id; the streams have this one.
    tracing::debug!(engine.request.id = %request_id, order.id = %order_id, "closing a position");
    let close = ClosePosition { order_id, price_limit };
    let request = Request::ClosePosition(account.engine_id(), close);
    let outcome = app.engine.send_as(&account, request_id, request).await;
    let response = from_history(&app, account.id, order_id, outcome).await?;
    let response = served::served(&app, &account, response, Some(order_id)).await?;
    order_response(response, StatusCode::OK)
}

/// Change stop-loss and take-profit
///
/// A price sets a stop-loss or take-profit, null removes it, and an absent one stays as it is.
#[utoipa::path(
    patch,
    path = "/{orderId}",
    tag = "orders",
    operation_id = "changeOrder",
    params(OrderPath),
    request_body = OrderChange,
    responses(
        (status = OK, description = "The changed position and its account.", body = OrderResponse),
        Errors<(OfAccount, Trades, WrongId, JsonBody, Changing, WrongExits, Engine)>,
    ),
)]
pub async fn modify(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
    Valid(OrderChange { stop_loss, take_profit }): Valid<OrderChange>,
) -> ApiResult<OrderResponse> {
    if stop_loss.is_keep() && take_profit.is_keep() {
        return Err(ApiError::field("stopLoss", "or takeProfit is required; null removes one"));
    }
    let modify = ModifyPosition { order_id, stop_loss, take_profit };
    let request = Request::ModifyPosition(account.engine_id(), modify);
    let outcome = app.engine.send_as(&account, request_id::current(), request).await;
    order_response(from_history(&app, account.id, order_id, outcome).await?, StatusCode::OK)
}

/// Read an order
///
/// Returns an order, open or closed, however long ago.
#[utoipa::path(
    get,
    path = "/{orderId}",
    tag = "orders",
    operation_id = "getOrder",
    params(OrderPath),
    responses(
        (status = OK, description = "The order.", body = OrderRead),
        Errors<(OfAccount, WrongId, Reading, Engine, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(OrderPath { order_id }): Valid<OrderPath>,
) -> ApiResult<OrderRead> {
    let query = Query::GetOrder(GetOrder { order_id });
    match app.engine.ask_as(&account, query).await {
        Ok(Response::Position { order, .. }) => {
            Ok((StatusCode::OK, Json(OrderRead { success: True, order: (&*order).into() })))
        }
        Ok(other) => Err(unexpected(&other)),
        // Closed so long ago that the engine has evicted it.
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => {
            let order = history::find(&app.pool, account.id, order_id).await?;
            let order = order.ok_or(ApiError::Rejected(Rejection::OrderNotFound))?;
            let order = views::Order::Closed((&order).into());
            Ok((StatusCode::OK, Json(OrderRead { success: True, order })))
        }
        Err(error) => Err(error),
    }
}

/// List orders
///
/// Returns all open positions or, with `status=CLOSED`, a page of closed orders, newest first: those
/// that match everything that is given.
#[utoipa::path(
    get,
    path = "/user/orders",
    tag = "orders",
    operation_id = "listOrders",
    params(ListQuery),
    responses(
        (status = OK, description = "The orders.", body = OrderList),
        Errors<(
            OfAccount,
            (WrongQuery, WrongClosed, WrongPeriod),
            (WrongAsset, Listing),
            Engine,
            Database,
        )>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<ListQuery>,
) -> ApiResult<OrderList> {
    let ListQuery { status, market, side, reason, from_ms, to_ms, limit, cursor } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, side, reason, from, to };
    let (orders, next_cursor) = match status {
        Status::Closed => {
            let page = history::Page { after: cursor, len: limit.into() };
            let (orders, next_cursor) =
                history::page(&app.pool, account.id, &filter, &page).await?;
            (orders.iter().map(|order| views::Order::Closed(order.into())).collect(), next_cursor)
        }
        Status::Open => {
            let open = app.engine.positions(&account).await?;
            let open = open.iter().filter(|open| is_wanted(&open.order, &filter));
            (open.map(|open| views::Order::Open(open.into())).collect(), None)
        }
    };
    Ok((StatusCode::OK, Json(OrderList { success: True, orders, next_cursor })))
}

/// Reports whether a filter names an open position.
fn is_wanted(position: &Position, filter: &Filter) -> bool {
    let opened_at = time(position.created_at_ms);
    filter.reason.is_none()
        && filter.asset.is_none_or(|asset| asset == position.asset)
        && filter.side.is_none_or(|side| side == position.side)
        && filter.from.is_none_or(|from| from <= opened_at)
        && filter.to.is_none_or(|to| opened_at < to)
}

/// Read the balance
///
/// Returns the account's figures, valued at the current prices.
#[utoipa::path(
    get,
    path = "/user/balance",
    tag = "orders",
    operation_id = "getBalance",
    responses(
        (status = OK, description = "The account's figures.", body = BalanceResponse),
        Errors<(OfAccount, Engine)>,
    ),
)]
pub async fn balance(
    State(app): State<AppState>,
    Reader(account): Reader,
) -> ApiResult<BalanceResponse> {
    let balance = (&app.engine.balance(&account).await?).into();
    Ok((StatusCode::OK, Json(BalanceResponse { success: True, balance })))
}

fn order_response(response: Response, status: StatusCode) -> ApiResult<OrderResponse> {
    let Response::Position { order, account, repeated } = response else {
        return Err(unexpected(&response));
    };
    let body = OrderResponse {
        success: True,
        order: (&*order).into(),
        balance: (&account).into(),
        repeated: repeated.then_some(True),
    };
    Ok((if repeated { StatusCode::OK } else { status }, Json(body)))
}

/// Looks up an order that the engine no longer knows: one that was closed long ago is a different
/// error than one that never existed.
pub async fn from_history(
    app: &AppState,
    account: AccountId,
    order_id: OrderId,
    outcome: Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    if !matches!(outcome, Err(ApiError::Rejected(Rejection::OrderNotFound))) {
        return outcome;
    }
    match history::find(&app.pool, account, order_id).await {
        Ok(Some(order)) => {
            let order = Box::new(order);
            Err(ApiError::Rejected(Rejection::OrderAlreadyClosed { order }))
        }
        Ok(None) | Err(_) => outcome,
    }
}

/// Returns the request id that a key stands for. The engine remembers the request that closed an
/// order, so the same key gets the same response.
pub fn close_request_id(account: AccountId, order_id: OrderId, key: &str) -> RequestId {
    RequestId(Uuid::new_v5(&account.0, format!("close:{order_id}:{key}").as_bytes()))
}
