//! Order entry over a WebSocket, for programs that can't afford an HTTP request for each order.
//!
//! A message is a request, and its answer has the status and the body of the same request over HTTP.
//! The requests of one connection reach the engine in the order in which they were sent; several may
//! be under way, and each is answered when it is done.

mod connection;
mod message;
mod operation;
mod outbox;
mod seats;

pub use seats::{Limits, Seats};

use crate::access::caller::{Arrival, Trader};
use crate::error::{ApiError, Errors, OfAccount, Trades, error_sets};
use crate::request::BODY_LEN_MAX;
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use connection::Connection;

/// The size of each read and write buffer.
const BUFFER_LEN: usize = 4 * 1024;

/// The maximum memory for the answers to a client that does not read, besides the kernel's buffers.
const WRITE_BUFFER_LEN_MAX: usize = 256 * 1024;

error_sets! {
    /// Errors of opening a WebSocket.
    Opening = [
        ApiError::ForeignOrigin,
        ApiError::UpgradeRequired,
        ApiError::TooManyConnections,
        ApiError::ServerFull,
    ];
}

/// Open a WebSocket for order entry
///
/// Every text message is a request, `{"id": 1, "method": "order.place", "params": {…}}`, and gets one
/// answer, `{"id": 1, "requestId": "…", "status": 201, "result": {…}}` or
/// `{"id": 1, "requestId": "…", "status": 422, "error": {…}}`. The methods are `order.place`,
/// `order.amend`, `order.cancel`, `orders.cancel` and `ping`. The `params`, the status, the `result`
/// and the `error` are those of the same request over HTTP.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "trading",
    operation_id = "openOrderEntry",
    responses(
        (status = 101, description = "The connection is open."),
        Errors<(OfAccount, Trades, Opening)>,
    ),
)]
pub async fn open(
    State(app): State<AppState>,
    Trader(account): Trader,
    arrival: Arrival,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_| ApiError::UpgradeRequired)?;
    let seat = app.order_entry.take(account.owner)?;
    Ok(upgrade
        .read_buffer_size(BUFFER_LEN)
        .write_buffer_size(BUFFER_LEN)
        .max_write_buffer_size(WRITE_BUFFER_LEN_MAX)
        .max_message_size(BODY_LEN_MAX)
        .max_frame_size(BODY_LEN_MAX)
        .on_upgrade(|socket| Connection::new(app, arrival, socket, seat).serve()))
}
