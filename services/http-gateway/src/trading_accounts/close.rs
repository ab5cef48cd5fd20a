//! Closing an account.

use super::contract::{AccountResponse, ClosingAccount, WrongAccount};
use super::requests::AccountPath;
use super::{find, view};
use crate::access::account::{Account, AccountId, Holding};
use crate::access::account_book::{Entry, FRESH_FOR};
use crate::access::caller::Owner;
use crate::accounts::SessionOnly;
use crate::engine::unexpected;
use crate::error::{ApiError, Changes, Database, Engine, Errors, SignedIn};
use crate::json::{Json, True};
use crate::request::{NoBody, Valid};
use crate::state::AppState;
use axum::extract::State;
use messages::{GetOpenOrders, Query, Response};
use price::Usd;
use std::time::Duration;
use store::accounts::Row;
use tokio::time::sleep;

/// The time after which no gateway sends an order of a closed account any more: what it knows about
/// the account is no longer fresh, and an order that it has let through is on its way to the engine.
const SETTLING_TIME: Duration = FRESH_FOR.saturating_add(Duration::from_millis(250));

/// Close an account
///
/// Closes an account that has no positions and no orders. Its history can still be read, with its id in
/// `X-Account`; it can't be opened again. The first account can't be closed.
#[utoipa::path(
    delete,
    path = "/accounts/{accountId}",
    tag = "accounts",
    operation_id = "closeAccount",
    params(AccountPath),
    responses(
        (status = OK, description = "The closed account.", body = AccountResponse),
        Errors<(SignedIn, SessionOnly, Changes, WrongAccount, ClosingAccount, Database, Engine)>,
    ),
)]
pub async fn close(
    State(app): State<AppState>,
    Owner(session): Owner,
    Valid(AccountPath { account_id }): Valid<AccountPath>,
    NoBody: NoBody,
) -> Result<Json<AccountResponse>, ApiError> {
    let row = find(&app, session.user_id, account_id).await?;
    if row.is_first() {
        return Err(ApiError::FirstAccount);
    }
    // It goes on without the client: an account that is marked as closed has to be looked at again.
    let closing = app.background.spawn(close_flat(app.clone(), row));
    closing.await.map_err(|error| {
        tracing::error!(%error, "closing an account has failed");
        ApiError::Internal
    })??;
    let row = find(&app, session.user_id, account_id).await?;
    Ok(Json(AccountResponse { success: True, account: view(&app, &row).await, repeated: None }))
}

/// Closes an account if it is flat. An order may be on its way while it is marked as closed, so that
/// the engine is asked before and after that, and the account is open again if it is not flat. So is
/// one that was closed by a request that did not get that far.
async fn close_flat(app: AppState, row: Row) -> Result<(), ApiError> {
    let id = AccountId(row.account_id);
    let account = Holding::of(&app, id, &Entry::of(&row)).to_read(&app).await;
    if row.closed_at.is_none() {
        check_flat(&app, &account).await?;
        sqlx::query!(
            "update accounts set closed_at = now() where account_id = $1 and closed_at is null",
            id.0,
        )
        .execute(&app.pool)
        .await?;
        app.accounts.evict(id);
        sleep(SETTLING_TIME).await;
    }
    let Err(error) = check_flat(&app, &account).await else { return Ok(()) };
    sqlx::query!("update accounts set closed_at = null where account_id = $1", id.0)
        .execute(&app.pool)
        .await?;
    app.accounts.evict(id);
    Err(error)
}

/// Checks that the engine has neither positions nor orders of an account.
async fn check_flat(app: &AppState, account: &Account) -> Result<(), ApiError> {
    // Queries have a stream of their own. A request that only reads an account that exists is answered
    // after every order that was sent before it.
    let is_worthless = match app.engine.register(account).await? {
        Response::Account { account } => {
            account.used_margin == Usd::ZERO && account.reserved == Usd::ZERO
        }
        other => return Err(unexpected(&other)),
    };
    let has_positions = match app.engine.ask(account.id, Query::GetUserOrders).await? {
        Response::Positions { orders } => !orders.is_empty(),
        other => return Err(unexpected(&other)),
    };
    let orders = Query::GetOpenOrders(GetOpenOrders { asset: None });
    let has_orders = match app.engine.ask(account.id, orders).await? {
        Response::OpenOrders { orders } => !orders.is_empty(),
        other => return Err(unexpected(&other)),
    };
    if is_worthless && !has_positions && !has_orders {
        return Ok(());
    }
    Err(ApiError::AccountNotFlat)
}
