//! The sessions of an account.

use super::contract::{EndingSession, SessionList, SessionOnly, SessionView, Success};
use super::requests::SessionPath;
use crate::access::caller::Owner;
use crate::error::{ApiError, Changes, Errors, Redis, SignedIn};
use crate::json::{Json, True};
use crate::request::{NoBody, Valid};
use crate::state::AppState;
use axum::extract::State;
use messages::UserId;
use session::SessionId;
use std::time::Duration;

/// List sessions
///
/// Returns the open sessions of the account.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "accounts",
    operation_id = "listSessions",
    responses(
        (status = OK, description = "The open sessions.", body = SessionList),
        Errors<(SignedIn, SessionOnly, Redis)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Owner(asking): Owner,
) -> Result<Json<SessionList>, ApiError> {
    let open = app.access.sessions.list(asking.user_id).await?;
    let view = |(id, expires_at_s, origin): (SessionId, u64, session::Origin)| SessionView {
        session_id: id.0,
        method: origin.method,
        created_at: origin.created_at_ms,
        expires_at: expires_at_s * 1_000,
        address: origin.address,
        user_agent: origin.user_agent,
        current: id == asking.id,
    };
    let sessions = open.into_iter().map(view).collect();
    Ok(Json(SessionList { success: True, sessions }))
}

/// End a session
///
/// The token is refused from the next request on, and its sockets are closed.
#[utoipa::path(
    delete,
    path = "/sessions/{sessionId}",
    tag = "accounts",
    operation_id = "endSession",
    params(SessionPath),
    responses(
        (status = OK, description = "The session is ended.", body = Success),
        Errors<(Changes, SignedIn, SessionOnly, EndingSession, Redis)>,
    ),
)]
pub async fn delete(
    State(app): State<AppState>,
    Owner(asking): Owner,
    Valid(SessionPath { session_id }): Valid<SessionPath>,
    NoBody: NoBody,
) -> Result<Json<Success>, ApiError> {
    let open = app.access.sessions.list(asking.user_id).await?;
    if !open.iter().any(|(open, ..)| *open == session_id) {
        return Err(ApiError::SessionNotFound);
    }
    end(&app, asking.user_id, session_id).await?;
    Ok(Json(Success { success: True }))
}

/// Ends one session at every gateway and on open sockets.
pub(super) async fn end(app: &AppState, user_id: UserId, id: SessionId) -> Result<(), ApiError> {
    Ok(app.access.sessions.end(user_id, id).await?)
}

/// Ends all sessions with a lower version.
pub(super) async fn end_all(app: &AppState, user_id: UserId, version: i32) -> Result<(), ApiError> {
    let ttl = Duration::from_secs(app.session_ttl_s.max(app.guest_ttl_s));
    Ok(app.access.sessions.end_all(user_id, version, ttl).await?)
}
