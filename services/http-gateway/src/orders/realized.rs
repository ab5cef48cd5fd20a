//! The realized P&L of all closed orders of a user, and a CSV file of the orders.

use super::contract::{RealizedResponse, WrongCursor};
use super::history;
use super::requests::SumQuery;
use crate::access::caller::CurrentUser;
use crate::error::{ApiError, Database, Errors, SignedIn};
use crate::json::{Json, True};
use crate::request::Valid;
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use messages::ClosedPosition;
use price::Price;
use std::fmt::{self, Write as _};
use std::num::NonZero;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

/// The first row of the file. Every cell below it is a number, a time, an id or a fixed word, so
/// nothing needs quotes and a spreadsheet can't take a cell for a formula.
const CSV_HEADER: &str = "order id,asset,side,leverage,size,margin,entry price,liquidation price,\
    stop-loss,take-profit,opened at,close price,realized P&L,shortfall,closed by,closed at\r\n";

/// Three decimals, so that times also sort as strings.
const MILLISECONDS: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second { decimal_digits: NonZero::new(3) })
    .encode();

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
        Errors<(SignedIn, WrongCursor, Database)>,
    ),
)]
pub async fn sum(
    State(app): State<AppState>,
    user: CurrentUser,
    Valid(SumQuery { cursor }): Valid<SumQuery>,
) -> Result<Json<RealizedResponse>, ApiError> {
    let realized = history::realized(&app.pool, user.0, cursor).await?;
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
        Errors<(SignedIn, Database)>,
    ),
)]
pub async fn csv(State(app): State<AppState>, user: CurrentUser) -> Result<Response, ApiError> {
    let mut pieces = Box::pin(history::whole(app.pool.clone(), user.0));
    // The first piece is awaited, so that an unavailable database is still an error with a status.
    // A later failure breaks the connection: half a file must not look complete.
    let first = pieces.try_next().await?.unwrap_or_default();
    let rest = pieces.map_ok(|orders| rows(&orders));
    let file = stream::iter([Ok(CSV_HEADER.to_owned()), Ok(rows(&first))]).chain(rest);
    let file = file.map_ok(Bytes::from).map_err(|_| "the rest of the closed orders can't be read");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"velox-closed-positions.csv\""),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}

fn rows(orders: &[ClosedPosition]) -> String {
    let mut text = String::with_capacity(orders.len() * 256);
    for order in orders {
        write_row(order, &mut text).expect("a String takes all that is written to it");
    }
    text
}

fn write_row(closed: &ClosedPosition, text: &mut String) -> fmt::Result {
    let optional = |price: Option<Price>| price.map(|price| price.to_string()).unwrap_or_default();
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
        optional(order.stop_loss),
        optional(order.take_profit),
        iso(order.created_at_ms),
        closed.close_price,
        closed.final_pnl,
        closed.shortfall,
        closed.close_reason.as_str(),
        iso(closed.closed_at_ms),
    )
}

fn iso(unix_ms: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Iso8601::<MILLISECONDS>).ok()).unwrap_or_default()
}
