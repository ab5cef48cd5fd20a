//! Closes: of a whole position, of a part of one, and of all.

use super::contract::{PositionResponse, PositionsClosed, WrongPart, WrongPosition};
use super::requests::{ClosingAsset, ClosingPart, PositionPath};
use super::{order_response, position_response, send};
use crate::access::caller::Trader;
use crate::clock::unix_ms;
use crate::engine::unexpected;
use crate::error::{ApiError, Engine, Errors, JsonBody, SignedIn, Trades};
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
    ClosePosition, ClosePositions, GetOrder, OrderId, OrderRef, OrderSide, PlaceOrder, Position,
    PositionMode, PositionState, Query, Rejection, Request, Response,
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
        Errors<(SignedIn, Trades, (WrongPosition, WrongKey), JsonBody, (Placing, WrongPart), Closing, Engine)>,
    ),
)]
pub async fn close(
    State(app): State<AppState>,
    user: Trader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(part): Valid<ClosingPart>,
) -> Result<Json<PositionResponse>, ApiError> {
    if !part.is_whole() {
        return close_part(&app, user, position_id, key.as_deref(), part).await;
    }
    let request_id = key.map_or_else(request_id::current, |key| {
        orders::close_request_id(user.0, position_id, &key)
    });
    let close = ClosePosition { order_id: position_id, price_limit: part.price_limit };
    let request = Request::ClosePosition(user.0, close);
    position_response(send(&app, user, position_id, request_id, request).await?)
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
        Errors<(SignedIn, Trades, JsonBody, WrongAsset, Listing, Engine)>,
    ),
)]
pub async fn close_all(
    State(app): State<AppState>,
    user: Trader,
    Valid(ClosingAsset { market }): Valid<ClosingAsset>,
) -> Result<Json<PositionsClosed>, ApiError> {
    let request = Request::ClosePositions(user.0, ClosePositions { asset: market });
    match app.engine.send_as(&user.account(&app), request_id::current(), request).await? {
        Response::ClosedPositions(all) => {
            let messages::ClosedPositions { closed, left, account } = *all;
            let closed = closed.iter().map(Into::into).collect();
            Ok(Json(PositionsClosed { success: True, closed, left, account: (&account).into() }))
        }
        other => Err(unexpected(&other)),
    }
}

/// Closes a part of a position with a market order that may only reduce.
async fn close_part(
    app: &AppState,
    user: Trader,
    position_id: OrderId,
    key: Option<&str>,
    part: ClosingPart,
) -> Result<Json<PositionResponse>, ApiError> {
    let identity = Identity::new(user.0, key, unix_ms());
    let (position, closed) = find(app, user, position_id).await?;
    // In the netting modes the order names no position: it would reduce another one that is open now.
    if let Some(closed) = closed
        && !is_known(app, user, identity).await?
    {
        return Err(ApiError::Rejected(closed));
    }
    let mode = mode(app, user).await?;
    let ClosingPart { qty, share_bps, price_limit } = part;
    let side = OrderSide::closing(position.side).opens();
    let asset = position.asset.to_string();
    let order = PlaceOrder {
        earlier_order_id: identity.earlier_order_id,
        price_limit,
        reduce_only: true,
        share_bps,
        position_side: (mode == PositionMode::Hedge).then_some(position.side),
        position_id: (mode == PositionMode::Separate).then_some(position_id),
        ..PlaceOrder::market(identity.order_id, asset, side, 0, qty.unwrap_or(Qty::ZERO))
    };
    let placed = place::place(app, &user.account(app), request_id::current(), order).await?;
    Ok(order_response(placed))
}

/// Finds a position and, if it is closed, the rejection of a request to close it again.
async fn find(
    app: &AppState,
    user: Trader,
    position_id: OrderId,
) -> Result<(Position, Option<Rejection>), ApiError> {
    let query = Query::GetOrder(GetOrder { order_id: position_id });
    let outcome = app.engine.ask_as(&user.account(app), query).await;
    match orders::from_history(app, user.0, position_id, outcome).await {
        Ok(Response::Position { order, .. }) => Ok(match *order {
            PositionState::Open(open) => (open.order, None),
            PositionState::Closed(closed) => {
                let position = closed.order.clone();
                (position, Some(Rejection::OrderAlreadyClosed { order: Box::new(closed) }))
            }
        }),
        Ok(other) => Err(unexpected(&other)),
        Err(ApiError::Rejected(Rejection::OrderAlreadyClosed { order })) => {
            Ok((order.order.clone(), Some(Rejection::OrderAlreadyClosed { order })))
        }
        Err(error) => Err(error),
    }
}

/// Reports whether the engine knows the order that the identity stands for, so that sending it again
/// does nothing.
async fn is_known(app: &AppState, user: Trader, identity: Identity) -> Result<bool, ApiError> {
    for order_id in [Some(identity.order_id), identity.earlier_order_id].into_iter().flatten() {
        let query = Query::GetPlacedOrder(OrderRef::from(order_id));
        match app.engine.ask_as(&user.account(app), query).await {
            Ok(_) => return Ok(true),
            Err(ApiError::Rejected(Rejection::OrderNotFound)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

async fn mode(app: &AppState, user: Trader) -> Result<PositionMode, ApiError> {
    match app.engine.ask_as(&user.account(app), Query::GetAccountSettings).await? {
        Response::AccountSettings { settings } => Ok(settings.mode),
        other => Err(unexpected(&other)),
    }
}
