//! Ended orders, from PostgreSQL.

use super::place::Placed;
use super::requests::PlacedOrdersQuery;
use crate::engine::Account;
use crate::error::ApiError;
use crate::state::AppState;
use messages::{Order, OrderId, PlaceOrder, UserId};
use sqlx::PgPool;
use views::PlacedOrder;

/// Returns one page of a user's ended orders, and the cursor of the next page if there is one.
pub async fn page(
    _pool: &PgPool,
    _user_id: UserId,
    _query: PlacedOrdersQuery,
) -> Result<(Vec<PlacedOrder>, Option<String>), ApiError> {
    Ok((Vec::new(), None))
}

/// Returns one of a user's orders.
pub async fn find(
    _pool: &PgPool,
    _user_id: UserId,
    _order_id: OrderId,
) -> Result<Option<Order>, ApiError> {
    Ok(None)
}

/// Returns the record of an order that is placed again, if it has one.
pub async fn repeated(
    _app: &AppState,
    _account: &Account,
    _place: &PlaceOrder,
    _order_id: OrderId,
) -> Result<Option<Placed>, ApiError> {
    Ok(None)
}
