//! Opening a session, by password or by link.

use super::contract::User;
use crate::access::account::{Account, AccountId};
use crate::access::caller::Arrival;
use crate::engine::unexpected;
use crate::error::ApiError;
use crate::state::AppState;
use crate::trading_accounts;
use axum::http::{HeaderName, HeaderValue, header};
use messages::{Response, UserId};
use session::{Method, Session};
use sqlx::PgPool;
use uuid::Uuid;

/// The header that sets or clears a browser's session cookie.
pub type Cookie = [(HeaderName, HeaderValue); 1];

/// A row of `users`, without the password hash.
pub struct Owner {
    pub id: Uuid,
    /// Absent for a guest.
    pub email: Option<String>,
    pub phone: Option<i64>,
    pub session_version: i32,
}

impl Owner {
    /// Returns the user as the API shows it.
    pub fn view(&self) -> User {
        let phone = self.phone.map(|phone| phone.to_string());
        User { user_id: self.id, email: self.email.clone(), phone, guest: self.is_guest() }
    }

    /// Returns whether the user has not registered yet.
    pub const fn is_guest(&self) -> bool {
        self.email.is_none()
    }

    /// Returns the email of a user who has registered.
    ///
    /// # Errors
    /// When the user is a guest.
    pub fn registered_email(&self) -> Result<&str, ApiError> {
        self.email.as_deref().ok_or(ApiError::RegistrationRequired)
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

/// Inserts a user, or without the hash of a password a guest, with the first account.
pub async fn insert(app: &AppState, owner: &Owner, hash: Option<&str>) -> Result<(), ApiError> {
    let mut transaction = app.pool.begin().await?;
    sqlx::query!(
        "insert into users (id, email, phone, password) values ($1, $2, $3, $4)",
        owner.id,
        owner.email,
        owner.phone,
        hash,
    )
    .execute(&mut *transaction)
    .await?;
    trading_accounts::ensure_first(&mut transaction, UserId(owner.id), app.signup_deposit).await?;
    transaction.commit().await?;
    Ok(())
}

/// The first account of a new user, or, while the engine is unavailable, the reason why its balance is
/// unknown.
pub type Deposited = (Option<views::Account>, Option<&'static str>);

/// Brings the first account of a new user to the engine with its deposit.
pub async fn deposit(app: &AppState, owner: UserId) -> Result<Deposited, ApiError> {
    let account = Account { id: AccountId::first_of(owner), owner, deposit: app.signup_deposit };
    match app.engine.register(&account).await {
        Ok(Response::Account { account }) => Ok((Some(views::Account::from(&account)), None)),
        Ok(other) => Err(unexpected(&other)),
        Err(error) => {
            tracing::warn!(user.id = %owner, ?error, "the engine will register this account later");
            let notice =
                "Your account was created. Its balance will appear when trading is available.";
            Ok((None, Some(notice)))
        }
    }
}

/// Opens a session and returns its token and the cookie for browsers.
pub async fn begin_session(
    app: &AppState,
    owner: &Owner,
    method: Method,
    arrival: &Arrival,
) -> Result<(String, Cookie), ApiError> {
    let ttl_s = if owner.is_guest() { app.guest_ttl_s } else { app.session_ttl_s };
    let session = Session::begin(UserId(owner.id), owner.session_version, ttl_s);
    app.access.sessions.open(&session, arrival.origin(method)).await?;
    let token = app.access.tokens.sign(&session);
    let cookie = [(header::SET_COOKIE, app.cookies.set(&session, &token))];
    Ok((token, cookie))
}
