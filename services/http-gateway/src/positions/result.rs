//! What became of a closed position.

use super::contract::WrongPosition;
use super::requests::PositionPath;
use crate::access::account::Account;
use crate::access::caller::Reader;
use crate::account_performance::closed;
use crate::engine::unexpected;
use crate::error::{ApiError, Database, Engine, Errors, OfAccount};
use crate::json::{Json, True};
use crate::orders::contract::Reading;
use crate::orders::history;
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use messages::{ClosedPosition, GetOrder, OrderId, PositionState, Query, Rejection, Response};
use serde::Serialize;
use utoipa::ToSchema;
use views::PositionResult;

/// The result of a position.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PositionResultResponse {
    /// Always true.
    success: True,
    /// The closed position with its result.
    position: PositionResult,
}

/// Get a closed position
///
/// Returns a closed position, however long ago, with its P&L after costs, its return on margin and the
/// time for which it was held. A position that is still open is not found.
#[utoipa::path(
    get,
    path = "/closed-positions/{positionId}",
    tag = "trading",
    operation_id = "getClosedPosition",
    params(PositionPath),
    responses(
        (status = OK, description = "The result.", body = PositionResultResponse),
        Errors<(OfAccount, WrongPosition, Reading, Engine, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(PositionPath { position_id }): Valid<PositionPath>,
) -> Result<Json<PositionResultResponse>, ApiError> {
    let stored = history::find(&app.pool, account.id, position_id).await?;
    let closed = if let Some(closed) = stored {
        closed
    } else {
        from_engine(&app, &account, position_id).await?
    };
    Ok(Json(PositionResultResponse { success: True, position: closed::result(&closed)? }))
}

/// Returns a position that was closed a moment ago and is not written yet.
async fn from_engine(
    app: &AppState,
    account: &Account,
    order_id: OrderId,
) -> Result<ClosedPosition, ApiError> {
    let answer = app.engine.ask_as(account, Query::GetOrder(GetOrder { order_id })).await?;
    let Response::Position { order, .. } = answer else { return Err(unexpected(&answer)) };
    match *order {
        PositionState::Closed(closed) => Ok(closed),
        PositionState::Open(_) => Err(ApiError::Rejected(Rejection::OrderNotFound)),
    }
}
