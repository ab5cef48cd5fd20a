//! Orders that wait for the next price, in assets that fill at it. The operations that answer with a
//! position wait with them.

use crate::access::account::Account;
use crate::engine::unexpected;
use crate::error::ApiError;
use crate::state::AppState;
use messages::{GetOrder, OrderId, OrderStatus, Query, Rejection, Response};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The time between two looks at an order.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The time after which the answer is that the outcome is not known yet.
const PATIENCE: Duration = Duration::from_secs(4);

/// Waits until the order of a response has its price, if it waits for one, and returns the position
/// that it opened, or `closes`, the one that it closed.
///
/// # Errors
/// [`Rejection::OrderAlreadyDone`] when the order ended without a fill, and
/// [`ApiError::EngineTimeout`] when it still waits.
pub async fn served(
    app: &AppState,
    owner: &Account,
    response: Response,
    closes: Option<OrderId>,
) -> Result<Response, ApiError> {
    let order_id = match &response {
        Response::PlacedOrder { order, .. } if order.awaits_quote => order.order_id,
        _ => return Ok(response),
    };
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        sleep(LOOK_INTERVAL).await;
        let response = app.engine.ask_as(owner, Query::GetPlacedOrder(order_id.into())).await?;
        let Response::PlacedOrder { order, .. } = &response else {
            return Err(unexpected(&response));
        };
        if order.awaits_quote {
            continue;
        }
        if order.status != OrderStatus::Filled {
            return Err(ApiError::Rejected(Rejection::OrderAlreadyDone { order: order.clone() }));
        }
        let query = Query::GetOrder(GetOrder { order_id: closes.unwrap_or(order_id) });
        return match app.engine.ask_as(owner, query).await {
            // The order of an account that nets its positions has another id than the position.
            Err(ApiError::Rejected(Rejection::OrderNotFound)) => Ok(response),
            position => position,
        };
    }
    Err(ApiError::EngineTimeout(Some(order_id)))
}
