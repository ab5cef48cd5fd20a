//! Orders that have ended, from PostgreSQL.

use super::place::Placed;
use crate::access::account::{Account, AccountId};
use crate::engine::unexpected;
use crate::error::ApiError;
use crate::orders::history::parse_cursor;
use crate::request::{Description, FieldType, Problem, Raw};
use crate::state::AppState;
use messages::{
    GetOrder, Order, OrderId, OrderRef, OrderSide, OrderStatus, PlaceOrder, Query, Rejection,
    Response, TimeInForce,
};
use price::Qty;
use sqlx::PgPool;
use std::sync::Arc;
use store::closed_orders;
use store::numbered::Span;
use store::orders::{self, Cursor, Filter, OrderState, Unreadable};
use views::PlacedOrder;

/// Returns one page of an account's orders, and the cursor of the next page if there is one.
pub async fn page(
    pool: &PgPool,
    account: AccountId,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<PlacedOrder>, Option<String>), ApiError> {
    // One more row than requested shows whether there is a next page.
    let rows = orders::page(pool, account.in_engine(), filter, after, i64::from(limit) + 1).await?;
    let mut orders = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let page_len = usize::try_from(limit).expect("a page has 1 to 100 orders");
    let has_next = orders.len() > page_len;
    orders.truncate(page_len);
    let next_cursor = orders.last().filter(|_| has_next).map(cursor_of);
    Ok((orders.iter().map(Into::into).collect(), next_cursor))
}

fn cursor_of(order: &Order) -> String {
    format!("{}.{}", order.created_at_ms, order.order_id)
}

/// Returns one of an account's orders.
pub async fn find(
    pool: &PgPool,
    account: AccountId,
    order_id: OrderId,
) -> Result<Option<Order>, ApiError> {
    orders::find_owned(pool, account.in_engine(), order_id).await?.map(read).transpose()
}

/// Returns one of an account's orders by its number, or the newest one with its owner's own id.
pub async fn find_named(
    pool: &PgPool,
    account: AccountId,
    order: &OrderRef,
) -> Result<Option<Order>, ApiError> {
    let owner = account.in_engine();
    let row = match order {
        OrderRef { sequence: Some(number), .. } => {
            orders::find_by_number(pool, owner, *number).await?
        }
        OrderRef { client_order_id: Some(id), .. } => {
            orders::find_by_client_order_id(pool, owner, id).await?
        }
        OrderRef { order_id: Some(id), .. } => orders::find_owned(pool, owner, *id).await?,
        _ => None,
    };
    row.map(read).transpose()
}

/// Returns a page of an account's orders in one instrument, oldest first.
pub async fn numbered(
    pool: &PgPool,
    account: AccountId,
    span: &Span,
    len: u32,
) -> Result<Vec<Order>, ApiError> {
    let rows = orders::numbered_page(pool, account.in_engine(), span, len.into()).await?;
    rows.into_iter().map(read).collect()
}

/// Returns an order that the engine has no record of: it ended so long ago that the record is
/// evicted, or it was a plain market order, which leaves nothing but its position.
pub async fn find_done(
    app: &AppState,
    account: &Account,
    order_id: OrderId,
) -> Result<Option<Order>, ApiError> {
    if let Some(order) = find(&app.pool, account.id, order_id).await? {
        return Ok(Some(order));
    }
    // The order of a new position is not in the table yet.
    match app.engine.ask_as(account, Query::GetOrder(GetOrder { order_id })).await {
        Ok(Response::Position { order: position, .. }) => {
            Ok(Some(Order::filled_plainly(position.position(), 0)))
        }
        Ok(other) => Err(unexpected(&other)),
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the error for an order that the engine has no record of by that for one that is done.
pub async fn or_done(
    app: &AppState,
    account: &Account,
    order_id: Option<OrderId>,
    error: ApiError,
) -> ApiError {
    let (ApiError::Rejected(Rejection::OrderNotFound), Some(order_id)) = (&error, order_id) else {
        return error;
    };
    // Without the table the engine's answer is the best one.
    match find_done(app, account, order_id).await {
        Ok(Some(order)) if order.status != OrderStatus::New => {
            ApiError::Rejected(Rejection::OrderAlreadyDone { order: Arc::new(order) })
        }
        _ => error,
    }
}

pub fn read(row: orders::Row) -> Result<Order, ApiError> {
    let state: Result<OrderState, Unreadable> = row.try_into();
    state.map(|state| state.order).map_err(|error| {
        tracing::error!(order.id = %error.order_id, "a row of orders can't be read");
        ApiError::Internal
    })
}

impl FieldType for Cursor {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let found = parse_cursor(&raw.text()?);
        let found =
            found.map(|place| Self { created_at: place.closed_at, order_id: place.order_id });
        found.ok_or_else(|| "must be a nextCursor returned by this API".into())
    }

    fn description() -> Description {
        closed_orders::Cursor::description()
    }
}

/// Returns the record of an order that is placed again after the engine has evicted everything but
/// its id; `None` if there is no record, or none that can be read now.
pub async fn repeated(
    app: &AppState,
    account: &Account,
    place: &PlaceOrder,
    order_id: OrderId,
) -> Result<Option<Placed>, ApiError> {
    let Ok(Some(order)) = find(&app.pool, account.id, order_id).await else { return Ok(None) };
    if !is_same(&order, place) {
        return Err(ApiError::Rejected(Rejection::OrderIdReused { order_id }));
    }
    if !is_unchanged(&order, place) {
        return Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id }));
    }
    // For an account that exists, this only reads it.
    match app.engine.register(account).await? {
        Response::Account { account } => {
            Ok(Some(Placed { order: order.into(), position: None, account, repeated: true }))
        }
        other => Err(unexpected(&other)),
    }
}

/// Reports whether the values of an order that never change are those of the request.
fn is_same(order: &Order, place: &PlaceOrder) -> bool {
    let reduces = place.reduce_only || place.close_position;
    // In mode `hedge` the side of the position decides as well.
    let is_same_purpose = place.position_side.is_some() || order.reduce_only == reduces;
    order.asset.as_str() == place.asset
        && order.side == OrderSide::from(place.side)
        && order.kind == place.kind()
        && order.time_in_force == place.time_in_force.unwrap_or(TimeInForce::Gtc)
        && order.expires_at_ms == place.expires_at_ms
        && order.close_position == place.close_position
        && is_same_purpose
        && order.position_side == place.position_side
        && order.position_id == place.position_id
        && order.client_order_id == place.client_order_id
        && order.stop_loss == place.stop_loss
        && order.take_profit == place.take_profit
        && order.trailing_stop_bps.map(u32::from) == place.trailing_stop_bps
        && order.price_limit == place.price_limit
        && order.max_slippage_bps.map(u32::from) == place.max_slippage_bps
}

/// Reports whether the values of an order that may have changed since are those of the request. The
/// quantity of a reducing order is at most that of its position.
fn is_unchanged(order: &Order, place: &PlaceOrder) -> bool {
    let is_same_qty = match place.qty {
        Qty::ZERO => true,
        qty if order.reduce_only => order.qty <= qty,
        qty => order.qty == qty,
    };
    is_same_qty
        && order.price == place.price
        && order.trigger_price == place.trigger_price
        && order.callback_bps.map(u32::from) == place.callback_bps
        && (place.leverage == 0 || order.reduce_only || u32::from(order.leverage) == place.leverage)
}
