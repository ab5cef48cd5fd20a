//! The trading accounts of a user: opened, listed, named, reset and closed.
//!
//! PostgreSQL says whose an account is, and the engine what is in it. An account is written to the
//! table first. Should the gateway stop before the engine has it, the engine gets it with the next
//! request about it, as it does after a sign-up.

pub mod change;
pub mod close;
pub mod contract;
pub mod open;
pub mod requests;
pub mod reset;

use crate::access::account::{Account, AccountId, Holding};
use crate::access::account_book::Entry;
use crate::access::caller::{Caller, Means};
use crate::error::{ApiError, Database, Errors, SignedIn};
use crate::json::{Json, True};
use crate::state::AppState;
use axum::extract::State;
use contract::{AccountList, TradingAccount};
use futures_util::future::join_all;
use messages::{PositionMode, RequestId, UserId};
use price::Usd;
use sqlx::PgConnection;
use store::accounts::{self, Row};
use uuid::Uuid;
use views::BalanceSheet;

/// The name of a user's first account, until its owner gives it another.
const FIRST_NAME: &str = "Main";

/// List accounts
///
/// Returns the accounts of the user, closed ones too, the first one first. An API key sees its own
/// account alone.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "accounts",
    operation_id = "listAccounts",
    responses(
        (status = OK, description = "The accounts.", body = AccountList),
        Errors<(SignedIn, Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
) -> Result<Json<AccountList>, ApiError> {
    let mut rows = all(&app, caller.user_id).await?;
    if let Means::ApiKey { account, .. } = caller.means {
        rows.retain(|row| row.account_id == account.0);
    }
    let accounts = join_all(rows.iter().map(|row| view(&app, row))).await;
    Ok(Json(AccountList { success: True, accounts }))
}

/// Returns the accounts of a user. A gateway of the version before may have signed the user up
/// without the first one.
async fn all(app: &AppState, user_id: UserId) -> Result<Vec<Row>, ApiError> {
    let rows = accounts::of_user(&app.pool, user_id).await?;
    if rows.first().is_some_and(Row::is_first) {
        return Ok(rows);
    }
    ensure_first(&mut *app.pool.acquire().await?, user_id, app.signup_deposit).await?;
    Ok(accounts::of_user(&app.pool, user_id).await?)
}

/// Returns one account of a user, whatever its state.
async fn find(app: &AppState, user_id: UserId, id: AccountId) -> Result<Row, ApiError> {
    if id == AccountId::first_of(user_id) {
        let rows = all(app, user_id).await?;
        return rows.into_iter().next().ok_or(ApiError::AccountNotFound);
    }
    let row = accounts::find(&app.pool, id.0).await?;
    row.filter(|row| row.user_id == user_id.0).ok_or(ApiError::AccountNotFound)
}

/// Adds the first account of a user, if it is missing and the user exists.
pub async fn ensure_first(
    connection: &mut PgConnection,
    user_id: UserId,
    deposit: Usd,
) -> Result<(), ApiError> {
    sqlx::query!(
        "insert into accounts (account_id, user_id, name, opened_at, starting_balance)
         select id, id, $2, created_at, $3 from users where id = $1
         on conflict do nothing",
        user_id.0,
        FIRST_NAME,
        stored(deposit),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Brings an account to the engine as it was opened: with its deposit and its position mode.
pub async fn settle(app: &AppState, account: &Account, mode: PositionMode) -> Result<(), ApiError> {
    app.engine.register(account).await?;
    // It can't be traded with before it has its mode, so that it is flat unless the mode was changed
    // and written by another gateway.
    app.engine.change_mode(account, RequestId(Uuid::now_v7()), mode).await?;
    sqlx::query!("update accounts set pending_mode = null where account_id = $1", account.id.0)
        .execute(&app.pool)
        .await?;
    app.accounts.evict(account.id);
    Ok(())
}

/// Returns an account with what the engine says about it. Without the engine, its figures are absent.
async fn view(app: &AppState, row: &Row) -> TradingAccount {
    let figures = figures(app, row).await;
    let (balance, mode) = figures.map_err(|error| log_absent(row, &error)).ok().unzip();
    TradingAccount::of(row, balance, mode)
}

fn log_absent(row: &Row, error: &ApiError) {
    tracing::warn!(account.id = %row.account_id, ?error, "the figures of an account are not known");
}

async fn figures(app: &AppState, row: &Row) -> Result<(BalanceSheet, PositionMode), ApiError> {
    let account = Holding::of(app, AccountId(row.account_id), &Entry::of(row)).to_read(app).await;
    let balance = app.engine.balance(&account).await?;
    let settings = app.engine.settings(&account).await?;
    Ok(((&balance).into(), settings.mode))
}

/// Returns an amount as the table has it. The settings and the requests allow no other.
fn stored(amount: Usd) -> i64 {
    amount.to_i64().expect("a deposit was checked when it was read")
}
