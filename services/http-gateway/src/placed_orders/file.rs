//! Files of orders.

use super::history;
use crate::csv::{self, iso, or_empty};
use crate::error::ApiError;
use axum::response::Response;
use futures_util::stream;
use messages::{Order, RestingOrder, UserId};
use sqlx::PgPool;
use std::fmt::{self, Write as _};
use store::orders::{self, Cursor, Filter};

const NAME: &str = "velox-orders.csv";

/// The first row. The only cells that their owner has chosen are client order ids, and of the characters
/// with which a formula begins they have the minus alone, with nothing in it that could be called.
const HEADER: &str = "order id,client order id,asset,side,type,time in force,quantity,price,\
    trigger price,callback bps,reduce only,close position,position id,leverage,status,reason,\
    filled quantity,average price,placed at,changed at\r\n";

/// Returns a file of these orders.
pub async fn of(orders: &[RestingOrder]) -> Result<Response, ApiError> {
    let rows = csv::rows(orders.iter().map(|resting| &resting.order), write_row);
    csv::file(NAME, HEADER, stream::iter([Ok(rows)])).await
}

/// Returns a file of a user's orders that have ended and match a filter, oldest first.
pub async fn ended(pool: PgPool, user_id: UserId, filter: Filter) -> Result<Response, ApiError> {
    let pieces = csv::pieces(move |after| {
        let (pool, filter) = (pool.clone(), filter.clone());
        async move {
            let rows = orders::page_onward(&pool, user_id, &filter, after, csv::PIECE_LEN).await?;
            let is_last = i64::try_from(rows.len()) != Ok(csv::PIECE_LEN);
            let end = rows.last().filter(|_| !is_last);
            let end = end.map(|row| Cursor { created_at: row.created_at, order_id: row.order_id });
            let orders = rows.into_iter().map(history::read).collect::<Result<Vec<_>, _>>()?;
            Ok((csv::rows(&orders, write_row), end))
        }
    });
    csv::file(NAME, HEADER, pieces).await
}

fn write_row(order: &Order, text: &mut String) -> fmt::Result {
    write!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        order.order_id,
        or_empty(order.client_order_id.as_ref()),
        order.asset,
        order.side,
        order.kind,
        order.time_in_force,
        order.qty,
        or_empty(order.price),
        or_empty(order.trigger_price),
        or_empty(order.callback_bps),
        order.reduce_only,
        order.close_position,
        or_empty(order.position_id),
        order.leverage,
        order.status,
        or_empty(order.reason),
        order.filled_qty,
        or_empty(order.average_price),
        iso(order.created_at_ms),
        iso(order.updated_at_ms),
    )
}
