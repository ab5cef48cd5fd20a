//! An order that is placed again after the engine has evicted everything but its id.

use super::history;
use crate::access::account::Account;
use crate::engine::unexpected;
use crate::error::ApiError;
use crate::state::AppState;
use messages::{ClosedPosition, OrderId, PlaceOrder, PositionState, Rejection, Response, UserId};

/// Responds from the history of closed orders: with the closed order if the request is the same;
/// otherwise with the reason for which it can't be placed.
pub async fn respond(
    app: &AppState,
    account: &Account,
    place: &PlaceOrder,
    order_id: OrderId,
) -> Result<Response, ApiError> {
    // Without PostgreSQL, or before its record is stored, the order's contents are unknown.
    let closed = history::find(&app.pool, account.id, order_id).await.ok().flatten();
    if let Some(refusal) = refusal(closed.as_ref(), account.engine_id(), place, order_id) {
        return Err(ApiError::Rejected(refusal));
    }
    // For an account that exists, this only reads it.
    match (closed, app.engine.register(account).await?) {
        (Some(closed), Response::Account { account }) => {
            let order = Box::new(PositionState::Closed(closed));
            Ok(Response::Position { order, account, repeated: true })
        }
        (_, other) => Err(unexpected(&other)),
    }
}

/// Returns the rejection of a request that is not, or may not be, the one that opened the closed
/// order. The record has the last stop-loss and take-profit, which may have been changed meanwhile.
fn refusal(
    closed: Option<&ClosedPosition>,
    user_id: UserId,
    place: &PlaceOrder,
    order_id: OrderId,
) -> Option<Rejection> {
    let Some(ClosedPosition { order, .. }) = closed else {
        return Some(Rejection::OrderClosedEarlier { order_id });
    };
    let same_exits = (order.stop_loss, order.take_profit) == (place.stop_loss, place.take_profit);
    match (order.is_opened_by(user_id, place), same_exits) {
        (true, true) => None,
        (true, false) => Some(Rejection::OrderClosedEarlier { order_id }),
        (false, _) => Some(Rejection::OrderIdReused { order_id }),
    }
}
