//! The beginning of a session, by whichever means.

use super::contract::User;
use crate::access::caller::Arrival;
use crate::app::App;
use crate::error::ApiError;
use axum::http::{HeaderName, HeaderValue, header};
use messages::UserId;
use session::{Method, Session};
use sqlx::PgPool;
use uuid::Uuid;

/// The header that gives or takes away a browser's session.
pub type Cookie = [(HeaderName, HeaderValue); 1];

/// A row of `users`, without the password.
pub struct Owner {
    pub id: Uuid,
    pub email: String,
    pub phone: i64,
    pub session_version: i32,
}

impl Owner {
    /// As its owner sees it.
    pub fn view(&self) -> User {
        User { user_id: self.id, email: self.email.clone(), phone: self.phone.to_string() }
    }

    /// The user of this id.
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

/// Opens a session and gives its token, and the cookie for browsers.
pub async fn begin_session(
    app: &App,
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
