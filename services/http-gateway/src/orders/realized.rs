//! The realized P&L of all closed orders of an account, and a CSV file of the orders.

use super::contract::{RealizedResponse, WrongCursor};
use super::history;
use super::requests::SumQuery;
use crate::access::caller::Reader;
use crate::csv::{self, iso, or_empty};
use crate::error::{ApiError, Database, Errors, OfAccount};
use crate::json::{Json, True};
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use messages::ClosedPosition;
use std::fmt::{self, Write as _};

/// The first row of the file. Every cell below it is a number, a time, an id or a fixed word, so
/// nothing needs quotes and a spreadsheet can't take a cell for a formula.
const CSV_HEADER: &str = "order id,asset,side,leverage,size,margin,entry price,liquidation price,\
    stop-loss,take-profit,opened at,close price,realized P&L,shortfall,closed by,closed at\r\n";

/// Sum up realized P&L
///
/// Returns the exact sum over all closed orders, or over those after a page of them.
#[utoipa::path(
    get,
    path = "/user/realized-pnl",
    tag = "orders",
    operation_id = "getRealizedPnl",
    params(SumQuery),
    responses(
        (status = OK, description = "The sum.", body = RealizedResponse),
        Errors<(OfAccount, WrongCursor, Database)>,
    ),
)]
pub async fn sum(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(SumQuery { cursor }): Valid<SumQuery>,
) -> Result<Json<RealizedResponse>, ApiError> {
    let realized = history::realized(&app.pool, account.id, cursor).await?;
    Ok(Json(RealizedResponse { success: True, realized }))
}

/// Download closed orders
///
/// Returns all closed orders, newest first, as a CSV file with a header row. Amounts are exact
/// decimals; times are ISO 8601 (UTC).
#[utoipa::path(
    get,
    path = "/user/closed-orders.csv",
    tag = "orders",
    operation_id = "downloadClosedOrders",
    responses(
        (status = OK, description = "The file.", body = String, content_type = "text/csv"),
        Errors<(OfAccount, Database)>,
    ),
)]
pub async fn csv(
    State(app): State<AppState>,
    Reader(account): Reader,
) -> Result<Response, ApiError> {
    let pieces = csv::pieces(move |after| {
        let pool = app.pool.clone();
        async move {
            let page = history::Page { after, len: csv::PIECE_LEN };
            let (orders, next) = history::page(&pool, account.id, &page).await?;
            Ok((rows(&orders), next.and_then(|cursor| history::parse_cursor(&cursor))))
        }
    });
    csv::file("velox-closed-positions.csv", CSV_HEADER, pieces).await
}

fn rows(orders: &[ClosedPosition]) -> String {
    let mut text = String::with_capacity(orders.len() * 256);
    for order in orders {
        write_row(order, &mut text).expect("a String takes all that is written to it");
    }
    text
}

fn write_row(closed: &ClosedPosition, text: &mut String) -> fmt::Result {
    let order = &closed.order;
    write!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        order.order_id,
        order.asset,
        order.side,
        order.leverage,
        order.qty,
        order.margin,
        order.entry_price,
        order.liquidation_price,
        or_empty(order.stop_loss),
        or_empty(order.take_profit),
        iso(order.created_at_ms),
        closed.close_price,
        closed.final_pnl,
        closed.shortfall,
        closed.close_reason.as_str(),
        iso(closed.closed_at_ms),
    )
}
