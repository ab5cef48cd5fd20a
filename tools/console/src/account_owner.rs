//! An account and the user who owns it, found by an email or by the account's id.

use crate::context::{Context, absent};
use anyhow::{Context as _, Result};
use messages::UserId;
use sqlx::PgPool;
use store::accounts::{self, Row};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of `users`, without the password.
pub struct User {
    pub id: Uuid,
    /// Absent for a guest.
    pub email: Option<String>,
    pub phone: Option<i64>,
    pub created_at: OffsetDateTime,
}

impl User {
    /// Returns the email, or that there is none.
    pub fn shown_email(&self) -> String {
        self.email.clone().unwrap_or_else(|| "– (a guest)".to_owned())
    }

    /// Returns the phone number, if there is one.
    pub fn shown_phone(&self) -> Option<String> {
        self.phone.map(|phone| phone.to_string())
    }
}

/// An account and its owner.
pub struct Owned {
    pub user: User,
    /// The account, as the engine knows it.
    pub id: UserId,
    /// The account's row; a user of an earlier version may have none.
    pub row: Option<Row>,
}

impl Owned {
    /// Returns the account's name, and whether it is closed.
    pub fn name(&self) -> String {
        let Some(row) = &self.row else { return "–".to_owned() };
        let closed = if row.closed_at.is_some() { " (closed)" } else { "" };
        format!("{}{closed}", row.name)
    }
}

/// Finds an account by its id or, the first one, by the email of its owner.
pub async fn find(context: &Context, account: &str) -> Result<Owned> {
    let pool = &context.pool;
    let Ok(id) = account.parse::<Uuid>() else {
        let user = by_email(pool, account).await?;
        let row = find_row(pool, user.id).await?;
        return Ok(Owned { id: UserId(user.id), user, row });
    };
    let row = find_row(pool, id).await?;
    let user = by_id(pool, row.as_ref().map_or(id, |row| row.user_id)).await?;
    let user = user.ok_or_else(|| absent(format!("no account has the id {id}")))?;
    Ok(Owned { user, id: UserId(id), row })
}

/// Finds the user with this email, or the one who owns the account with this id.
pub async fn find_user(context: &Context, who: &str) -> Result<User> {
    if who.parse::<Uuid>().is_ok() {
        return Ok(find(context, who).await?.user);
    }
    by_email(&context.pool, who).await
}

async fn find_row(pool: &PgPool, id: Uuid) -> Result<Option<Row>> {
    accounts::find(pool, id).await.context("accounts can't be read from PostgreSQL")
}

async fn by_email(pool: &PgPool, email: &str) -> Result<User> {
    sqlx::query_as!(
        User,
        "select id, email, phone, created_at from users where lower(email) = lower($1)",
        email,
    )
    .fetch_optional(pool)
    .await
    .context("users can't be read from PostgreSQL")?
    .ok_or_else(|| absent(format!("no user has the email {email}")))
}

async fn by_id(pool: &PgPool, id: Uuid) -> Result<Option<User>> {
    sqlx::query_as!(User, "select id, email, phone, created_at from users where id = $1", id)
        .fetch_optional(pool)
        .await
        .context("users can't be read from PostgreSQL")
}
