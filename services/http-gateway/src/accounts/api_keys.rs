//! API keys, with which programs act for a user.

use super::begin::Owner;
use super::contract::{
    DeletingKey, KeyList, KeyView, MadeKey, MakingKey, RegisteredOnly, SessionOnly, Success,
};
use super::requests::{KeyPath, NewKey};
use super::sessions;
use crate::access::account::{Account, AccountId, Holding, NamedAccount};
use crate::access::caller::{self, Caller, Scope};
use crate::access::credential::ApiKey;
use crate::access::key_kind::{Algorithm, KeyKind};
use crate::access::key_pair;
use crate::access::key_ring::Proof;
use crate::clock::{milliseconds, unix_ms};
use crate::error::{ApiError, Changes, Database, Errors, JsonBody, Redis, SignedIn};
use crate::json::{Json, True};
use crate::request::{NoBody, Valid};
use crate::state::AppState;
use crate::trading_accounts::open;
use crate::{mail, request_id, secrets};
use axum::extract::State;
use axum::http::StatusCode;
use ed25519_dalek::VerifyingKey;
use ipnet::IpNet;
use messages::{ApiKeyCreated, Mail, PositionMode, RequestId, UserId};
use session::SessionId;
use sqlx::PgPool;
use uuid::Uuid;

/// The most keys of an account: more than the programs that one person runs.
const KEYS_PER_USER_MAX: i64 = 20;

/// The conflict of a key for two accounts.
pub const TWO_ACCOUNTS: &str =
    "A key is for one account. Send accountId or newAccount, but not both.";

/// The conflict of addresses that would not be checked.
const ADDRESSES_OF_BEARER: &str =
    "Only keys of kind EXCHANGE are limited to addresses. Send that kind, or no allowedAddresses.";

/// The conflict of a public key that would check nothing.
const PUBLIC_KEY_OF_BEARER: &str =
    "Only keys of kind EXCHANGE sign requests. Send that kind, or no publicKey.";

/// List API keys
///
/// Returns the account's keys, each with the time of its last use.
#[utoipa::path(
    get,
    path = "/api-keys",
    tag = "accounts",
    operation_id = "listApiKeys",
    responses(
        (status = OK, description = "The account's keys, without their secrets.", body = KeyList),
        Errors<(SignedIn, SessionOnly, Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
) -> Result<Json<KeyList>, ApiError> {
    let rows = sqlx::query!(
        r#"select id, name, kind, scope, coalesce("accountId", "userId") as "account_id!",
               coalesce("allowedAddresses", '{}') as "allowed_addresses!",
               "publicKey" is not null as "has_public_key!",
               "createdAt" as created_at, "lastUsedAt" as last_used_at
           from api_keys where "userId" = $1 order by "createdAt", id"#,
        session.user_id.0,
    )
    .fetch_all(&app.pool)
    .await?;
    let keys = rows.into_iter().map(|row| {
        let words = Scope::parse(&row.scope).zip(KeyKind::parse(&row.kind));
        let (scope, kind) = words.ok_or_else(|| {
            tracing::error!(key.id = %row.id, "a row of api_keys can't be read");
            ApiError::Internal
        })?;
        Ok(KeyView {
            key_id: row.id,
            kind,
            key: shown(kind, row.id),
            signs_with: algorithm(kind, row.has_public_key),
            name: row.name,
            scope,
            account_id: row.account_id,
            allowed_addresses: row.allowed_addresses,
            created_at: milliseconds(row.created_at),
            last_used_at: row.last_used_at.map(milliseconds),
        })
    });
    let api_keys = keys.collect::<Result<_, ApiError>>()?;
    Ok(Json(KeyList { success: True, api_keys }))
}

/// Returns the part of a key that names it in requests, if it has one.
fn shown(kind: KeyKind, id: Uuid) -> Option<String> {
    (kind == KeyKind::Exchange).then(|| key_pair::public_key(id))
}

/// Returns the algorithm with which a key signs, if it does.
fn algorithm(kind: KeyKind, has_public_key: bool) -> Option<Algorithm> {
    match (kind, has_public_key) {
        (KeyKind::Bearer, _) => None,
        (KeyKind::Exchange, false) => Some(Algorithm::HmacSha256),
        (KeyKind::Exchange, true) => Some(Algorithm::Ed25519),
    }
}

/// Create an API key
///
/// The secret is shown only in this response, and the key is for one account. Its owner is notified by
/// email.
#[utoipa::path(
    post,
    path = "/api-keys",
    tag = "accounts",
    operation_id = "makeApiKey",
    request_body = NewKey,
    responses(
        (status = CREATED, description = "The new key.", body = MadeKey),
        Errors<(SignedIn, SessionOnly, RegisteredOnly, JsonBody, MakingKey, Database)>,
    ),
)]
pub async fn make(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
    caller: Caller,
    Valid(new): Valid<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), ApiError> {
    let owner = Owner::find(&app.pool, session.user_id).await?;
    let email = owner.registered_email()?.to_owned();
    let NewKey { name, scope, kind, account_id, new_account, allowed_addresses, public_key } = new;
    if new_account.is_some() && account_id.is_some() {
        return Err(ApiError::KeyFieldsConflict(TWO_ACCOUNTS));
    }
    if kind == KeyKind::Bearer && allowed_addresses.is_some() {
        return Err(ApiError::KeyFieldsConflict(ADDRESSES_OF_BEARER));
    }
    if kind == KeyKind::Bearer && public_key.is_some() {
        return Err(ApiError::KeyFieldsConflict(PUBLIC_KEY_OF_BEARER));
    }
    let account = if let Some(name) = new_account {
        check_room(&app.pool, session.user_id).await?;
        let id = open::for_key(&app, session.user_id, name).await?;
        // The engine gets it now if it can, and otherwise when the key is used.
        Holding::find(&app, &caller, NamedAccount::Id(id)).await?.to_read(&app).await
    } else {
        let named = account_id.map_or(NamedAccount::Own, NamedAccount::Id);
        Holding::find(&app, &caller, named).await?.to_trade(&app).await?
    };
    let (id, created_at_ms) = (Uuid::now_v7(), unix_ms());
    let (secret, proof) = proof(&app, kind, id, public_key);
    let networks = allowed_addresses.unwrap_or_default();
    let view = KeyView {
        key_id: id,
        kind,
        key: shown(kind, id),
        signs_with: algorithm(kind, public_key.is_some()),
        name,
        scope,
        account_id: account.id.0,
        allowed_addresses: networks.iter().map(IpNet::to_string).collect(),
        created_at: created_at_ms,
        last_used_at: None,
    };
    insert(&app.pool, &account, &view, &proof).await?;
    let mode = match ready(&app, &account, &view).await {
        Ok(mode) => Some(mode),
        Err(error) => {
            tracing::warn!(account.id = %account.id.0, ?error, "the mode of a key's account is not known");
            None
        }
    };
    let told = Mail::ApiKeyCreated(ApiKeyCreated {
        name: view.name.clone(),
        scope: scope.as_str().to_owned(),
        created_at_ms,
    });
    mail::send_later(&app, email, told, request_id::current());
    let response = MadeKey { success: True, api_key: view, secret, mode };
    Ok((StatusCode::CREATED, Json(response)))
}

/// Returns the secret of a new key, if it has one, and what is stored to check it.
fn proof(
    app: &AppState,
    kind: KeyKind,
    id: Uuid,
    public_key: Option<VerifyingKey>,
) -> (Option<String>, Proof) {
    match (kind, public_key) {
        (KeyKind::Exchange, Some(key)) => (None, Proof::PublicKey(key)),
        (KeyKind::Exchange, None) => {
            let secret = app.access.pairs.secret(id);
            let hash = secrets::fingerprint(&secret);
            (Some(secret), Proof::Secret(hash))
        }
        (KeyKind::Bearer, _) => {
            let key = ApiKey::generate(id);
            (Some(key.reveal().to_owned()), Proof::Whole(key.fingerprint()))
        }
    }
}

/// Delete an API key
///
/// Within a second, every gateway refuses the key and its sockets are closed.
#[utoipa::path(
    delete,
    path = "/api-keys/{keyId}",
    tag = "accounts",
    operation_id = "deleteApiKey",
    params(KeyPath),
    responses(
        (status = OK, description = "The key is deleted.", body = Success),
        Errors<(Changes, SignedIn, SessionOnly, DeletingKey, Redis, Database)>,
    ),
)]
pub async fn delete(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
    Valid(KeyPath { key_id: id }): Valid<KeyPath>,
    NoBody: NoBody,
) -> Result<Json<Success>, ApiError> {
    let user_id = session.user_id;
    let deleted =
        sqlx::query!(r#"delete from api_keys where id = $1 and "userId" = $2"#, id, user_id.0)
            .execute(&app.pool)
            .await?;
    if deleted.rows_affected() == 0 {
        return Err(ApiError::KeyNotFound);
    }
    // Both are tried: their keys may be on different servers.
    let forgotten = app.access.keys.forget(&[id]).await;
    sessions::end(&app, user_id, SessionId(id)).await?;
    forgotten?;
    Ok(Json(Success { success: True }))
}

/// Checks that a user may have another key, before an account is opened for it.
async fn check_room(pool: &PgPool, user_id: UserId) -> Result<(), ApiError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "n!" from api_keys where "userId" = $1"#,
        user_id.0
    )
    .fetch_one(pool)
    .await?;
    if count < KEYS_PER_USER_MAX { Ok(()) } else { Err(ApiError::TooManyKeys) }
}

/// Makes an account ready for a new key, and returns its position mode. Through a key of kind
/// `EXCHANGE` orders can be placed only where positions are netted, which an account can begin with
/// while it is flat.
async fn ready(app: &AppState, account: &Account, key: &KeyView) -> Result<PositionMode, ApiError> {
    let mode = app.engine.settings(account).await?.mode;
    let is_ready = mode != PositionMode::Separate;
    if is_ready || key.kind != KeyKind::Exchange || key.scope != Scope::Trade {
        return Ok(mode);
    }
    let request_id = RequestId(Uuid::now_v7());
    let is_changed = app.engine.change_mode(account, request_id, PositionMode::OneWay).await?;
    Ok(if is_changed { PositionMode::OneWay } else { mode })
}

/// Counts and inserts under a lock on the user's row, so that two concurrent requests can't both
/// take the last place.
async fn insert(
    pool: &PgPool,
    account: &Account,
    key: &KeyView,
    proof: &Proof,
) -> Result<(), ApiError> {
    let user_id = account.owner;
    // The first account is where none is named, as for keys from before there were several.
    let account_id = (account.id != AccountId::first_of(user_id)).then_some(account.id.0);
    let addresses = Some(&key.allowed_addresses[..]).filter(|addresses| !addresses.is_empty());
    let (hash, public_key) = match proof {
        Proof::Whole(hash) | Proof::Secret(hash) => (Some(hash.as_slice()), None),
        Proof::PublicKey(key) => (None, Some(key.as_bytes().as_slice())),
    };
    let mut transaction = pool.begin().await?;
    sqlx::query!("select id from users where id = $1 for update", user_id.0)
        .fetch_one(&mut *transaction)
        .await?;
    let inserted = sqlx::query!(
        r#"insert into api_keys
               (id, "userId", name, scope, "keyHash", "accountId", kind, "allowedAddresses",
                   "publicKey")
           select $1, $2, $3, $4, $5, $6, $7, $8, $9
           where (select count(*) from api_keys where "userId" = $2) < $10"#,
        key.key_id,
        user_id.0,
        key.name,
        key.scope.as_str(),
        hash,
        account_id,
        key.kind.as_str(),
        addresses,
        public_key,
        KEYS_PER_USER_MAX,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    if inserted.rows_affected() == 1 { Ok(()) } else { Err(ApiError::TooManyKeys) }
}
