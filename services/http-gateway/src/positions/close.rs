//! Closes: of a whole position, of a part of one, and of all.

use super::contract::{PositionResponse, PositionsClosed, WrongPart, WrongPosition};
use super::requests::{ClosingAsset, ClosingPart, PositionPath};
use super::{order_response, position_response, send};
use crate::access::account::Account;
use crate::access::caller::Trader;
use crate::clock::unix_ms;
use crate::engine::unexpected;
use crate::error::{ApiError, Engine, Errors, JsonBody, OfAccount, Trades};
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::orders;
use crate::orders::contract::{Closing, Placing, WrongAsset, WrongKey};
use crate::orders::identity::Identity;
use crate::orders::requests::IdempotencyKey;
use crate::placed_orders::place;
use crate::request::Valid;
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use messages::{
    ClosePosition, ClosePositions, ClosedPosition, GetOrder, OrderId, OrderSide, PlaceOrder,
    Position, PositionMode, PositionState, Query, Rejection, Request, Response, Side, Symbol,
};
use price::Qty;

/// Close a position
///
/// Closes the position, or a part of it, at the current bid (long) or ask (short). The margin of the
/// part and its P&L go to the balance.
#[utoipa::path(
    post,
    path = "/positions/{positionId}/close",
    tag = "trading",
    operation_id = "closePosition",
    params(PositionPath, IdempotencyKey),
    request_body = Option<ClosingPart>,
    responses(
        (
            status = OK,
            description = "The position after the close, the order that closed a part of it, and the account.",
            body = PositionResponse,
        ),
        Errors<(OfAccount, Trades, (WrongPosition, WrongKey), JsonBody, (Placing, WrongPart), Closing, Engine)>,
    ),
)]
pub async fn close(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(part): Valid<ClosingPart>,
) -> Result<Json<PositionResponse>, ApiError> {
    if !part.is_whole() {
        return close_part(&app, &account, position_id, key.as_deref(), part).await;
    }
    let request_id = key.map_or_else(request_id::current, |key| {
        orders::close_request_id(account.id, position_id, &key)
    });
    let close = ClosePosition { order_id: position_id, price_limit: part.price_limit };
    let request = Request::ClosePosition(account.engine_id(), close);
    position_response(send(&app, &account, position_id, request_id, request).await?)
}

/// Close all positions
///
/// Closes every open position, or those in one asset, at the current prices. A position whose price
/// is too old or in dispute stays open.
#[utoipa::path(
    post,
    path = "/positions/close-all",
    tag = "trading",
    operation_id = "closePositions",
    request_body = Option<ClosingAsset>,
    responses(
        (status = OK, description = "The closed positions and the account.", body = PositionsClosed),
        Errors<(OfAccount, Trades, JsonBody, WrongAsset, Listing, Engine)>,
    ),
)]
pub async fn close_all(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(ClosingAsset { market }): Valid<ClosingAsset>,
) -> Result<Json<PositionsClosed>, ApiError> {
    let request = Request::ClosePositions(account.engine_id(), ClosePositions { asset: market });
    match app.engine.send_as(&account, request_id::current(), request).await? {
        Response::ClosedPositions(all) => {
            let messages::ClosedPositions { closed, left, orders, account } = *all;
            let closed = closed.iter().map(Into::into).collect();
            let account = (&account).into();
            Ok(Json(PositionsClosed { success: True, closed, left, orders, account }))
        }
        other => Err(unexpected(&other)),
    }
}

/// Closes a part of a position with a market order that may only reduce.
async fn close_part(
    app: &AppState,
    account: &Account,
    position_id: OrderId,
    key: Option<&str>,
    part: ClosingPart,
) -> Result<Json<PositionResponse>, ApiError> {
    let identity = Identity::new(account.id, key, unix_ms());
    let position = find(app, account, position_id).await?;
    let mode = mode(app, account).await?;
    let ClosingPart { qty, share_bps, price_limit } = part;
    let side = OrderSide::closing(position.side).opens();
    let asset = position.asset.to_string();
    let order = PlaceOrder {
        earlier_order_id: identity.earlier_order_id,
        price_limit,
        reduce_only: true,
        share_bps,
        position_side: (mode == PositionMode::Hedge).then_some(position.side),
        position_id: Some(position_id),
        ..PlaceOrder::market(identity.order_id, asset, side, 0, qty.unwrap_or(Qty::ZERO))
    };
    let placed = place::place(app, account, request_id::current(), order).await;
    match (placed, position.closed) {
        // The position was closed meanwhile, or before.
        (Err(ApiError::Rejected(Rejection::WouldNotReduce)), Some(order)) => {
            Err(ApiError::Rejected(Rejection::OrderAlreadyClosed { order }))
        }
        (placed, _) => placed.map(order_response),
    }
}

/// A position as it is asked for before a part of it is closed.
struct Found {
    asset: Symbol,
    side: Side,
    /// The record of the position, if it is closed.
    closed: Option<Box<ClosedPosition>>,
}

/// Finds a position of the user, open or closed.
async fn find(app: &AppState, account: &Account, position_id: OrderId) -> Result<Found, ApiError> {
    let open = |Position { asset, side, .. }: Position| Found { asset, side, closed: None };
    let closed = |order: Box<ClosedPosition>| {
        let Position { asset, side, .. } = order.order;
        Found { asset, side, closed: Some(order) }
    };
    let query = Query::GetOrder(GetOrder { order_id: position_id });
    let outcome = app.engine.ask_as(account, query).await;
    match orders::from_history(app, account.id, position_id, outcome).await {
        Ok(Response::Position { order, .. }) => Ok(match *order {
            PositionState::Open(position) => open(position.order),
            PositionState::Closed(position) => closed(Box::new(position)),
        }),
        Ok(other) => Err(unexpected(&other)),
        Err(ApiError::Rejected(Rejection::OrderAlreadyClosed { order })) => Ok(closed(order)),
        Err(error) => Err(error),
    }
}

async fn mode(app: &AppState, account: &Account) -> Result<PositionMode, ApiError> {
    Ok(app.engine.settings(account).await?.mode)
}
