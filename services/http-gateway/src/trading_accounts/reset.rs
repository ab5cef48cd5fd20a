//! Resetting an account.

use super::contract::{AccountReset, ResettingAccount, WrongAccount};
use super::requests::{AccountPath, NewBeginning};
use crate::access::account::{Holding, NamedAccount};
use crate::access::caller::TradingCaller;
use crate::engine::unexpected;
use crate::error::{ApiError, Engine, Errors, JsonBody, Refusal, SignedIn, Trades};
use crate::json::{Json, True};
use crate::orders::contract::{Closing, WrongKey};
use crate::orders::requests::IdempotencyKey;
use crate::positions::keyed_request_id;
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use messages::{Request, RequestId, ResetAccount, Response};
use uuid::Uuid;

/// Reset an account
///
/// Cancels the orders of the account, closes its positions at the current prices, and sets its balance.
/// Its history stays. With an `Idempotency-Key` it is safe to send again, until there is another reset.
#[utoipa::path(
    post,
    path = "/accounts/{accountId}/reset",
    tag = "accounts",
    operation_id = "resetAccount",
    params(AccountPath, IdempotencyKey),
    request_body = NewBeginning,
    responses(
        (status = OK, description = "The account after the reset.", body = AccountReset),
        Errors<(SignedIn, Trades, (WrongAccount, WrongKey), JsonBody, ResettingAccount, Closing, Engine)>,
    ),
)]
pub async fn reset(
    State(app): State<AppState>,
    TradingCaller(caller): TradingCaller,
    Valid(AccountPath { account_id }): Valid<AccountPath>,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(NewBeginning { balance }): Valid<NewBeginning>,
) -> Result<Json<AccountReset>, ApiError> {
    let account = Holding::find(&app, &caller, NamedAccount::Id(account_id)).await?;
    let account = account.to_trade(&app).await?;
    // Without a key each request is one of its own, whatever `X-Request-Id` says.
    let request_id = key.map_or_else(
        || RequestId(Uuid::now_v7()),
        |key| keyed_request_id(account.id, &format!("reset:{balance}:{key}")),
    );
    // This differs from the HTTP request's id; the streams have this one.
    tracing::debug!(engine.request.id = %request_id, account.id = %account.id.0, "resetting");
    let request = Request::ResetAccount(account.engine_id(), ResetAccount { balance });
    match app.engine.send_as(&account, request_id, request).await {
        Ok(Response::Account { account }) => {
            Ok(Json(AccountReset { success: True, account: (&account).into() }))
        }
        Ok(other) => Err(unexpected(&other)),
        Err(error) => Err(Refusal::of_amount(error, "balance")),
    }
}
