//! Positions: read, changed, reversed and closed, as a whole or in part.

pub mod close;
mod contract;
mod file;
mod requests;
pub mod result;

use crate::access::account::{Account, AccountId};
use crate::access::caller::{Reader, Trader};
use crate::clock::unix_ms;
use crate::csv::Format;
use crate::error::{ApiError, Engine, Errors, JsonBody, OfAccount, Refusal, Trades};
use crate::income::WrongFormat;
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::orders;
use crate::orders::contract::{
    Changing, Closing, Placing, WrongAsset, WrongExits, WrongKey, WrongSide,
};
use crate::orders::identity::Identity;
use crate::orders::requests::{IdempotencyKey, OrderChange};
use crate::placed_orders::place::Placed;
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response as HttpResponse};
use contract::{PositionList, PositionResponse, WrongMargin, WrongPosition};
use messages::{
    ChangeMargin, ModifyPosition, OrderId, Request, RequestId, Response, ReversePosition,
};
use requests::{MarginAmount, PositionPath, PositionsQuery, ReversalTerms};
use uuid::Uuid;

/// List positions
///
/// Returns the open positions that match everything that is given, valued at the current prices.
/// With `format=csv`, they are a file with a header row; amounts are exact decimals, times are ISO
/// 8601 (UTC).
#[utoipa::path(
    get,
    path = "/positions",
    tag = "trading",
    operation_id = "listPositions",
    params(PositionsQuery),
    responses(
        (
            status = OK,
            description = "The positions.",
            content((PositionList = "application/json"), (String = "text/csv")),
        ),
        Errors<(OfAccount, (WrongAsset, WrongSide, WrongFormat), Listing, Engine)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(PositionsQuery { market, side, format }): Valid<PositionsQuery>,
) -> Result<HttpResponse, ApiError> {
    let open = app.engine.positions(&account).await?;
    let wanted = open.iter().filter(|open| {
        market.is_none_or(|market| open.order.asset == market)
            && side.is_none_or(|side| open.order.side == side)
    });
    if format == Format::Csv {
        return file::of(wanted).await;
    }
    let positions = wanted.map(Into::into).collect();
    Ok(Json(PositionList { success: True, positions }).into_response())
}

/// Change a position's exits
///
/// A price sets a stop-loss or take-profit, null removes it, and an absent one stays as it is.
#[utoipa::path(
    patch,
    path = "/positions/{positionId}",
    tag = "trading",
    operation_id = "changePosition",
    params(PositionPath),
    request_body = OrderChange,
    responses(
        (status = OK, description = "The changed position and its account.", body = PositionResponse),
        Errors<(OfAccount, Trades, WrongPosition, JsonBody, Changing, WrongExits, Engine)>,
    ),
)]
pub async fn modify(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
    Valid(change): Valid<OrderChange>,
) -> Result<Json<PositionResponse>, ApiError> {
    let OrderChange { stop_loss, take_profit } = change;
    if stop_loss.is_keep() && take_profit.is_keep() {
        return Err(ApiError::field("stopLoss", "or takeProfit is required; null removes one"));
    }
    let modify = ModifyPosition { order_id: position_id, stop_loss, take_profit };
    let request = Request::ModifyPosition(account.engine_id(), modify);
    let prices = [("stopLoss", stop_loss.apply(None)), ("takeProfit", take_profit.apply(None))];
    let outcome = send(&app, &account, position_id, request_id::current(), request).await;
    position_response(outcome.map_err(|error| Refusal::of_price(error, &prices))?)
}

/// Change a position's margin
///
/// Moves money from the balance to the margin or, with a negative amount, back, which moves the
/// liquidation price.
#[utoipa::path(
    post,
    path = "/positions/{positionId}/margin",
    tag = "trading",
    operation_id = "changeMargin",
    params(PositionPath, IdempotencyKey),
    request_body = MarginAmount,
    responses(
        (status = OK, description = "The changed position and its account.", body = PositionResponse),
        Errors<(OfAccount, Trades, (WrongPosition, WrongKey), JsonBody, WrongMargin, Closing, Engine)>,
    ),
)]
pub async fn change_margin(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(MarginAmount { amount }): Valid<MarginAmount>,
) -> Result<Json<PositionResponse>, ApiError> {
    let request_id = key.map_or_else(request_id::current, |key| {
        keyed_request_id(account.id, &format!("margin:{position_id}:{amount}:{key}"))
    });
    let change = ChangeMargin { order_id: position_id, amount };
    let request = Request::ChangeMargin(account.engine_id(), change);
    let outcome = send(&app, &account, position_id, request_id, request).await;
    position_response(outcome.map_err(|error| Refusal::of_amount(error, "amount"))?)
}

/// Reverse a position
///
/// Closes the position and opens the same quantity on the other side, at one price.
#[utoipa::path(
    post,
    path = "/positions/{positionId}/reverse",
    tag = "trading",
    operation_id = "reversePosition",
    params(PositionPath, IdempotencyKey),
    request_body = Option<ReversalTerms>,
    responses(
        (
            status = OK,
            description = "The order that reversed the position, the new position and the account.",
            body = PositionResponse,
        ),
        Errors<(OfAccount, Trades, (WrongPosition, WrongKey), JsonBody, Placing, Closing, Engine)>,
    ),
)]
pub async fn reverse(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(ReversalTerms { price_limit }): Valid<ReversalTerms>,
) -> Result<Json<PositionResponse>, ApiError> {
    let Identity { order_id, earlier_order_id } =
        Identity::new(account.id, key.as_deref(), unix_ms());
    let reverse = ReversePosition { order_id, earlier_order_id, position_id, price_limit };
    let request = Request::ReversePosition(account.engine_id(), reverse);
    match send(&app, &account, position_id, request_id::current(), request).await {
        Err(ApiError::EngineTimeout(_)) => Err(ApiError::EngineTimeout(Some(order_id))),
        response => position_response(response?),
    }
}

/// Sends a request about a position. One that was closed long ago is a different error than one that
/// never existed.
async fn send(
    app: &AppState,
    account: &Account,
    position_id: OrderId,
    request_id: RequestId,
    request: Request,
) -> Result<Response, ApiError> {
    // With a key this differs from the HTTP request's id; the streams have this one.
    tracing::debug!(engine.request.id = %request_id, position.id = %position_id, "changing a position");
    let outcome = app.engine.send_as(account, request_id, request).await;
    orders::from_history(app, account.id, position_id, outcome).await
}

fn position_response(response: Response) -> Result<Json<PositionResponse>, ApiError> {
    match response {
        Response::Position { order: position, account, repeated } => Ok(Json(PositionResponse {
            success: True,
            order: None,
            position: Some((&*position).into()),
            account: (&account).into(),
            repeated: repeated.then_some(True),
        })),
        other => Placed::read(other).map(order_response),
    }
}

fn order_response(placed: Placed) -> Json<PositionResponse> {
    let placed = placed.into_body();
    Json(PositionResponse {
        success: True,
        order: Some(placed.order),
        position: placed.position,
        account: placed.account,
        repeated: placed.repeated,
    })
}

/// Returns the request id that stands for a key and what it is used for.
pub fn keyed_request_id(account: AccountId, name: &str) -> RequestId {
    RequestId(Uuid::new_v5(&account.0, name.as_bytes()))
}
