//! Order entry over a WebSocket, for programs that can't afford an HTTP request for each order.
//!
//! A message is a request, and its answer has the status and the body of the same request over HTTP.
//! The requests of one connection reach the engine in the order in which they were sent; several may
//! be under way, and each is answered when it is done.

mod message;
mod operation;

use crate::access::admission;
use crate::access::caller::{Arrival, Stranger, Trader};
use crate::engine::turn::Turn;
use crate::error::{ApiError, Errors, OfAccount, Trades, error_sets};
use crate::request_id;
use crate::sockets::{self, Answer, Holder, Protocol};
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::response::Response;
use message::{Received, answer};
use operation::carry_out;

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
    let seat = app.sockets.take(Holder::User(account.owner))?;
    Ok(sockets::serve(upgrade, seat, Client { app, arrival }))
}

/// The client of a connection, who is authenticated by its upgrade.
#[derive(Clone)]
struct Client {
    app: AppState,
    arrival: Arrival,
}

impl Protocol for Client {
    /// Handles a message when its turn has come. One that is no request counts against the limits, too.
    async fn handle(self, text: Utf8Bytes, turn: Turn) -> Answer {
        let received = Received::read(&text);
        let (method, request_id) = (received.method(), received.request_id);
        let Self { app, arrival } = &self;
        let handling = async {
            let Received { id, request, .. } = received;
            let outcome = turn.take(async {
                let Trader(account) = admission::admit_message(app, arrival).await?;
                carry_out(app, &account, request?).await
            });
            let outcome = outcome.await;
            let is_last =
                matches!(outcome, Err(ApiError::Unauthenticated | ApiError::TokenExpired));
            let (status, text) = answer(id, request_id, outcome);
            (status, Answer { text, is_last })
        };
        Box::pin(request_id::assign_to_message(request_id, method, handling)).await
    }

    async fn is_over(&self) -> bool {
        let Self { app, arrival } = self;
        let checked = app.access.check(&arrival.claim, &app.pool).await;
        matches!(checked, Err(Stranger::Unauthenticated | Stranger::Expired))
    }
}
