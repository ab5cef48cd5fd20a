//! An order that is placed again after the engine has forgotten all but its id.

use super::history;
use crate::app::App;
use crate::engine::{Account, unexpected};
use crate::error::ApiError;
use messages::{ClosedPosition, OrderId, PlaceOrder, PositionState, Rejection, Response};

/// Answers from the history of closed orders: the order as it ended, if it is the one that is
/// placed; otherwise the reason for which it can't be placed.
pub async fn answer(
    app: &App,
    account: &Account,
    place: &PlaceOrder,
    order_id: OrderId,
) -> Result<Response, ApiError> {
    // Without PostgreSQL, or before its record is stored, it is not known what the order was.
    let closed = history::find(&app.pool, account.user_id, order_id).await.ok().flatten();
    if let Some(refusal) = refusal(closed.as_ref(), place, order_id) {
        return Err(ApiError::Rejected(refusal));
    }
    // An account that exists is only read by this.
    match (closed, app.engine.register(account).await?) {
        (Some(closed), Response::Account { account }) => {
            let order = Box::new(PositionState::Closed(closed));
            Ok(Response::Position { order, account, repeated: true })
        }
        (_, other) => Err(unexpected(&other)),
    }
}

/// Why an order is not the one that was closed, if it isn't or that can't be known. The record has
/// the exits as they were at the end: where they differ, they may have been changed meanwhile.
fn refusal(
    closed: Option<&ClosedPosition>,
    place: &PlaceOrder,
    order_id: OrderId,
) -> Option<Rejection> {
    let Some(ClosedPosition { order, .. }) = closed else {
        return Some(Rejection::OrderClosedEarlier { order_id });
    };
    let same_exits = (order.stop_loss, order.take_profit) == (place.stop_loss, place.take_profit);
    match (order.is_opened_by(place), same_exits) {
        (true, true) => None,
        (true, false) => Some(Rejection::OrderClosedEarlier { order_id }),
        (false, _) => Some(Rejection::OrderIdReused { order_id }),
    }
}
