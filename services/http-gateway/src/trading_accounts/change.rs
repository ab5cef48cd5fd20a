//! Naming an account, and its part in the leaderboard.

use super::contract::{AccountResponse, WrongAccount, WrongName};
use super::requests::{AccountChange, AccountPath};
use super::{find, view};
use crate::access::caller::Owner;
use crate::accounts::{RegisteredOnly, SessionOnly, guest};
use crate::error::{ApiError, Database, Errors, JsonBody, SignedIn};
use crate::json::{Json, True};
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;

/// Change an account
///
/// Changes the account's name, or whether it takes part in the leaderboard.
#[utoipa::path(
    patch,
    path = "/accounts/{accountId}",
    tag = "accounts",
    operation_id = "changeAccount",
    params(AccountPath),
    request_body = AccountChange,
    responses(
        (status = OK, description = "The changed account.", body = AccountResponse),
        Errors<(
            SignedIn, SessionOnly, RegisteredOnly, WrongAccount, JsonBody, WrongName, Database,
        )>,
    ),
)]
pub async fn change(
    State(app): State<AppState>,
    Owner(session): Owner,
    Valid(AccountPath { account_id }): Valid<AccountPath>,
    Valid(AccountChange { name, on_leaderboard }): Valid<AccountChange>,
) -> Result<Json<AccountResponse>, ApiError> {
    if name.is_none() && on_leaderboard.is_none() {
        return Err(ApiError::field("name", "or onLeaderboard is required"));
    }
    if on_leaderboard == Some(true) {
        guest::require_registered(&app, session.user_id).await?;
    }
    find(&app, session.user_id, account_id).await?;
    // Only what is given: another request may change the rest at the same time.
    sqlx::query!(
        "update accounts
         set name = coalesce($2, name), on_leaderboard = coalesce($3, on_leaderboard)
         where account_id = $1",
        account_id.0,
        name,
        on_leaderboard,
    )
    .execute(&app.pool)
    .await?;
    let row = find(&app, session.user_id, account_id).await?;
    Ok(Json(AccountResponse { success: True, account: view(&app, &row).await, repeated: None }))
}
