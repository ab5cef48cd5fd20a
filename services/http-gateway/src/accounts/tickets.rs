//! One-time tickets for the WebSocket.

use super::contract::Ticket;
use crate::access::caller::{Arrival, Caller, Means, Reader};
use crate::error::{ApiError, Errors, OfAccount, Redis};
use crate::json::{Json, True};
use crate::secrets;
use crate::state::AppState;
use axum::extract::State;
use messages::ticket_key;
use session::{Method, Session, SessionId};
use std::time::Duration;

/// The lifetime of a ticket: long enough to open a connection, too short to be worth stealing.
const TICKET_TTL: Duration = Duration::from_secs(30);

/// Get a WebSocket ticket
///
/// The ticket opens one connection to the account that `X-Account` names, within 30 seconds. The connection ends with the
/// session or API key that requested the ticket.
#[utoipa::path(
    get,
    path = "/ws-ticket",
    tag = "accounts",
    operation_id = "getWebSocketTicket",
    responses(
        (status = OK, description = "The ticket.", body = Ticket),
        Errors<(OfAccount, Redis)>,
    ),
)]
pub async fn issue(
    State(app): State<AppState>,
    caller: Caller,
    Reader(account): Reader,
    arrival: Arrival,
) -> Result<Json<Ticket>, ApiError> {
    let session = session_of(&app, caller, &arrival).await?;
    let content = session::Ticket { session, account_id: Some(account.engine_id()) };
    let json = serde_json::to_string(&content).expect("a ticket is plain JSON");
    let ticket = secrets::generate();
    app.redis.set_expiring(&ticket_key(&ticket), &json, TICKET_TTL).await?;
    Ok(Json(Ticket { success: True, ticket, expires_in: TICKET_TTL.as_secs() }))
}

/// Returns the session that the connection belongs to. An API key gets a session under the key's
/// id, so that deleting the key ends it.
async fn session_of(
    app: &AppState,
    caller: Caller,
    arrival: &Arrival,
) -> Result<Session, streams::Error> {
    match caller.means {
        Means::Session(session) => Ok(session),
        Means::ApiKey { id, .. } => {
            let mut session = Session::begin(caller.user_id, i32::MAX, app.session_ttl_s);
            session.id = SessionId(id);
            app.access.sessions.open(&session, arrival.origin(Method::ApiKey)).await?;
            Ok(session)
        }
    }
}
