//! Opening a session, by password or by link.

use super::contract::User;
use crate::access::caller::Arrival;
use crate::error::ApiError;
use crate::state::AppState;
use axum::http::{HeaderName, HeaderValue, header};
use messages::UserId;
use session::{Method, Session};
use sqlx::PgPool;
use uuid::Uuid;

/// The header that sets or clears a browser's session cookie.
pub type Cookie = [(HeaderName, HeaderValue); 1];

/// A row of `users`, without the password hash.
pub struct Owner {
    pub id: Uuid,
    pub email: String,
    pub phone: i64,
    pub session_version: i32,
}

impl Owner {
    /// Returns the user as the API shows it.
    pub fn view(&self) -> User {
        User { user_id: self.id, email: self.email.clone(), phone: self.phone.to_string() }
    }

    /// Returns the user with this id.
    pub async fn find(pool: &PgPool, user_id: UserId) -> Result<Self, ApiError> {
        let found = sqlx::query_as!(
            Owner,
            r#"select id, email, phone, "sessionVersion" as session_version
               from users where id = $1"#,
            user_id.0,
        )
        .fetch_optional(pool)
        .await?;
        // A session outlives its account when the account is deleted by hand.
        found.ok_or(ApiError::Unauthenticated)
    }
}

/// Opens a session and returns its token and the cookie for browsers.
pub async fn begin_session(
    app: &AppState,
    owner: &Owner,
    method: Method,
    arrival: &Arrival,
) -> Result<(String, Cookie), ApiError> {
    let session = Session::begin(UserId(owner.id), owner.session_version, app.session_ttl_s);
    app.access.sessions.open(&session, arrival.origin(method)).await?;
    let token = app.access.tokens.sign(&session);
    let cookie = [(header::SET_COOKIE, app.cookies.set(&session, &token))];
    Ok((token, cookie))
}
