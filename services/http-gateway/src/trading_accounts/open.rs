//! Opening an account.

use super::contract::{AccountResponse, OpeningAccount, WrongName};
use super::requests::AccountToOpen;
use super::{ensure_first, stored, view};
use crate::access::account::AccountId;
use crate::access::caller::Owner;
use crate::accounts::{RegisteredOnly, SessionOnly, guest};
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, JsonBody, SignedIn};
use crate::json::{Json, True};
use crate::orders::contract::WrongKey;
use crate::orders::identity::Identity;
use crate::orders::requests::IdempotencyKey;
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use messages::{PositionMode, UserId};
use price::Usd;
use sqlx::PgConnection;
use store::accounts::{self, Row};
use uuid::Uuid;

/// The number of accounts for each that may be open at once that a user may open in total. Closed ones
/// stay in the engine's memory, so that there is a limit for them as well.
const TOTAL_FOR_EACH_OPEN: u32 = 10;

/// An account to open, as it is written to the table.
struct Opening {
    id: AccountId,
    user_id: UserId,
    name: String,
    balance: Usd,
    mode: PositionMode,
    /// The hash of the request, if that has a key.
    opened_by: Option<blake3::Hash>,
}

/// Open an account
///
/// Opens another account of the user, with a balance of its own. With an `Idempotency-Key` it is safe
/// to send again for 24 hours. While the engine is unavailable, `mode` and `balance` of the response
/// are null, and the account gets them as soon as it is used.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "accounts",
    operation_id = "openAccount",
    params(IdempotencyKey),
    request_body = AccountToOpen,
    responses(
        (status = CREATED, description = "The new account.", body = AccountResponse),
        (
            status = OK,
            description = "The same request succeeded before: the account in its current state. Nothing \
                was changed.",
            body = AccountResponse,
        ),
        Errors<(
            SignedIn, (SessionOnly, RegisteredOnly), WrongKey, JsonBody, WrongName, OpeningAccount,
            Database,
        )>,
    ),
)]
pub async fn open(
    State(app): State<AppState>,
    Owner(session): Owner,
    Valid(IdempotencyKey { key }): Valid<IdempotencyKey>,
    Valid(new): Valid<AccountToOpen>,
) -> Result<(StatusCode, Json<AccountResponse>), ApiError> {
    let user_id = session.user_id;
    guest::require_registered(&app, user_id).await?;
    let opened_by = key.as_ref().map(|_| fingerprint(&new));
    let AccountToOpen { name, balance, mode } = new;
    let (id, earlier) = ids(user_id, key.as_deref());
    let balance = balance.unwrap_or(app.signup_deposit);
    let opening = Opening { id, user_id, name, balance, mode: mode.unwrap_or_default(), opened_by };
    let (row, is_new) = write(&app, &opening, earlier).await?;
    let account = view(&app, &row).await;
    let (status, repeated) =
        if is_new { (StatusCode::CREATED, None) } else { (StatusCode::OK, Some(True)) };
    Ok((status, Json(AccountResponse { success: True, account, repeated })))
}

/// Opens an account for a program, with the deposit of a sign-up and one net position an instrument.
///
/// # Errors
/// When the name is taken, the user has too many accounts, or PostgreSQL is unavailable.
pub async fn for_key(app: &AppState, user_id: UserId, name: String) -> Result<AccountId, ApiError> {
    let (id, _) = ids(user_id, None);
    let (balance, mode) = (app.signup_deposit, PositionMode::OneWay);
    write(app, &Opening { id, user_id, name, balance, mode, opened_by: None }, None).await?;
    Ok(id)
}

/// Returns the id of the new account and, for a key, that which the same key had in the period before:
/// they are made like those of orders.
fn ids(user_id: UserId, key: Option<&str>) -> (AccountId, Option<AccountId>) {
    // No key contains a line feed, so that no order has one of these ids.
    let key = key.map(|key| format!("account\n{key}"));
    let identity = Identity::new(AccountId::first_of(user_id), key.as_deref(), unix_ms());
    let Identity { order_id, earlier_order_id } = identity;
    (AccountId(order_id.0), earlier_order_id.map(|id| AccountId(id.0)))
}

/// Returns a hash of all fields of a request. No name contains a line feed.
fn fingerprint(AccountToOpen { name, balance, mode }: &AccountToOpen) -> blake3::Hash {
    let balance = balance.map(|balance| balance.to_string()).unwrap_or_default();
    let mode = mode.map(PositionMode::as_str).unwrap_or_default();
    blake3::hash(format!("{name}\n{balance}\n{mode}").as_bytes())
}

/// Writes the account, unless the same request did so before. Returns its row, and whether it is new.
///
/// A lock on the user's row keeps two requests from both taking the last place.
async fn write(
    app: &AppState,
    opening: &Opening,
    earlier: Option<AccountId>,
) -> Result<(Row, bool), ApiError> {
    let mut transaction = app.pool.begin().await?;
    let user = sqlx::query!("select id from users where id = $1 for update", opening.user_id.0)
        .fetch_optional(&mut *transaction)
        .await?;
    // A session outlives its user when the user is deleted by hand.
    user.ok_or(ApiError::Unauthenticated)?;
    ensure_first(&mut transaction, opening.user_id, app.signup_deposit).await?;
    let known = find_opened(&mut transaction, opening, earlier).await?;
    let id = if let Some(id) = known {
        id
    } else {
        check_limits(&mut transaction, opening.user_id, app.accounts_max).await?;
        insert(&mut transaction, opening).await?;
        opening.id.0
    };
    transaction.commit().await?;
    let row = accounts::find(&app.pool, id).await?.ok_or(ApiError::Internal)?;
    Ok((row, known.is_none()))
}

/// Returns the account that a request with the same key has opened.
async fn find_opened(
    transaction: &mut PgConnection,
    opening: &Opening,
    earlier: Option<AccountId>,
) -> Result<Option<Uuid>, ApiError> {
    let Some(fingerprint) = opening.opened_by else { return Ok(None) };
    let ids: Vec<_> = [Some(opening.id), earlier].into_iter().flatten().map(|id| id.0).collect();
    let found =
        sqlx::query!("select account_id, opened_by from accounts where account_id = any($1)", &ids)
            .fetch_optional(transaction)
            .await?;
    match found {
        Some(row) if row.opened_by.as_deref() == Some(fingerprint.as_slice()) => {
            Ok(Some(row.account_id))
        }
        Some(_) => Err(ApiError::KeyReused),
        None => Ok(None),
    }
}

async fn check_limits(
    transaction: &mut PgConnection,
    user_id: UserId,
    limit: u32,
) -> Result<(), ApiError> {
    let count = sqlx::query!(
        r#"select count(*) as "total!", count(*) filter (where closed_at is null) as "open!"
           from accounts where user_id = $1"#,
        user_id.0,
    )
    .fetch_one(transaction)
    .await?;
    let total_limit = limit.saturating_mul(TOTAL_FOR_EACH_OPEN);
    if count.open >= limit.into() {
        return Err(ApiError::TooManyAccounts(limit));
    }
    if count.total >= total_limit.into() {
        return Err(ApiError::TooManyClosedAccounts(total_limit));
    }
    Ok(())
}

async fn insert(transaction: &mut PgConnection, opening: &Opening) -> Result<(), ApiError> {
    // A new account in the engine has this mode.
    let pending = (opening.mode != PositionMode::default()).then(|| opening.mode.as_str());
    sqlx::query!(
        "insert into accounts
             (account_id, user_id, name, starting_balance, pending_mode, opened_by)
         values ($1, $2, $3, $4, $5, $6)",
        opening.id.0,
        opening.user_id.0,
        opening.name,
        stored(opening.balance),
        pending,
        opening.opened_by.as_ref().map(blake3::Hash::as_slice),
    )
    .execute(transaction)
    .await?;
    Ok(())
}
