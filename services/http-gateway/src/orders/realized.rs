//! The realized P&L of all closed orders of an account, and a CSV file of the orders.

use super::contract::{RealizedResponse, WrongAsset, WrongClosed, WrongCursor};
use super::history;
use super::requests::{ClosedQuery, SumQuery};
use crate::access::caller::Reader;
use crate::clock::time;
use crate::csv::{self, iso, or_empty};
use crate::error::{ApiError, Database, Errors, OfAccount};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use messages::ClosedPosition;
use std::fmt::{self, Write as _};
use store::closed_orders::Filter;

/// The first row of the file. Every cell below it is a number, a time, an id or a fixed word, so
/// nothing needs quotes and a spreadsheet can't take a cell for a formula.
const CSV_HEADER: &str = "order id,asset,side,leverage,size,margin,entry price,liquidation price,\
    stop-loss,take-profit,opened at,close price,realized P&L,shortfall,closed by,closed at,\
    fees,funding,liquidation fee\r\n";

/// Sum up realized P&L
///
/// Returns the exact sums over the closed orders that match everything that is given, or over those
/// of them after a page.
#[utoipa::path(
    get,
    path = "/user/realized-pnl",
    tag = "orders",
    operation_id = "getRealizedPnl",
    params(SumQuery),
    responses(
        (status = OK, description = "The sum.", body = RealizedResponse),
        Errors<(
            OfAccount,
            (WrongCursor, WrongClosed, WrongPeriod),
            (WrongAsset, Listing),
            Database,
        )>,
    ),
)]
pub async fn sum(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<SumQuery>,
) -> Result<Json<RealizedResponse>, ApiError> {
    let SumQuery { market, side, reason, from_ms, to_ms, cursor } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, side, reason, from, to };
    let realized = history::realized(&app.pool, account.id, &filter, cursor).await?;
    Ok(Json(RealizedResponse { success: True, realized }))
}

/// Download closed orders
///
/// Returns the closed orders that match everything that is given, newest first, as a CSV file with a
/// header row. Amounts are exact decimals; times are ISO 8601 (UTC).
#[utoipa::path(
    get,
    path = "/user/closed-orders.csv",
    tag = "orders",
    operation_id = "downloadClosedOrders",
    params(ClosedQuery),
    responses(
        (status = OK, description = "The file.", body = String, content_type = "text/csv"),
        Errors<(OfAccount, (WrongClosed, WrongPeriod), (WrongAsset, Listing), Database)>,
    ),
)]
pub async fn csv(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<ClosedQuery>,
) -> Result<Response, ApiError> {
    let ClosedQuery { market, side, reason, from_ms, to_ms } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, side, reason, from, to };
    let pieces = csv::pieces(move |after| {
        let pool = app.pool.clone();
        async move {
            let page = history::Page { after, len: csv::PIECE_LEN };
            let (orders, next) = history::page(&pool, account.id, &filter, &page).await?;
            Ok((
                csv::rows(&orders, write_row),
                next.and_then(|cursor| history::parse_cursor(&cursor)),
            ))
        }
    });
    csv::file("velox-closed-positions.csv", CSV_HEADER, pieces).await
}

fn write_row(closed: &ClosedPosition, text: &mut String) -> fmt::Result {
    let order = &closed.order;
    write!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
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
        order.commission,
        order.funding,
        closed.liquidation_fee,
    )
}
