//! The owner's details: reading them, and changing the phone number or the password.

use super::begin::{Cookie, Owner, begin_session};
use super::contract::{ChangedProfile, ChangingProfile, Hashing, Me, RegisteredOnly, SessionOnly};
use super::guest;
use super::lockout::{Attempt, Probe};
use super::password::Verdict;
use super::requests::ProfileChange;
use super::sessions;
use crate::access::caller::{self, Arrival, Caller};
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, JsonBody, Redis, SignedIn};
use crate::json::{Json, True};
use crate::request::Body;
use crate::state::AppState;
use crate::{mail, request_id};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use messages::{Edit, Mail, PasswordChanged, UserId};
use session::{Method, Session};
use uuid::Uuid;

/// The time for which using a link proves the owner's identity to its session.
const LINK_PROOF_MS: u64 = 15 * 60 * 1_000;

/// Get the current user
///
/// Returns the owner of the account that the session or API key belongs to. A guest's session is
/// prolonged, with a new cookie, unless that was done a short while ago.
#[utoipa::path(
    get,
    path = "/me",
    tag = "accounts",
    operation_id = "getMe",
    responses(
        (status = OK, description = "The account's owner.", body = Me),
        Errors<(SignedIn, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    caller: Caller,
) -> Result<(Option<Cookie>, Json<Me>), ApiError> {
    let owner = Owner::find(&app.pool, caller.user_id).await?;
    let cookie = guest::renew(&app, &owner, &caller).await?;
    Ok((cookie, Json(Me { success: True, user: owner.view() })))
}

/// Change the phone number or the password
///
/// Sets or removes the phone number, or sets a new password. Requires the current password, except for
/// a new password within 15 minutes of signing in with an emailed link. A new password ends all
/// sessions, revokes emailed links, and gives the caller a new session; the owner is notified by
/// email. `endApiKeys` also deletes all API keys; the response has the number of those that are still
/// valid.
#[utoipa::path(
    patch,
    path = "/me",
    tag = "accounts",
    operation_id = "changeMe",
    request_body = ProfileChange,
    responses(
        (
            status = OK,
            description = "The account's owner; with a new password also the new session, in the \
                body and as the cookie `velox_session`.",
            body = ChangedProfile,
        ),
        Errors<(
            SignedIn, (SessionOnly, RegisteredOnly), JsonBody, ChangingProfile, Hashing, Redis, Database,
        )>,
    ),
)]
pub async fn change(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
    arrival: Arrival,
    body: Body,
) -> Result<Response, ApiError> {
    let owner = Owner::find(&app.pool, session.user_id).await?;
    let email = owner.registered_email()?.to_owned();
    let ProfileChange { password, phone, new_password, end_api_keys } = body.read(&owner)?;
    if phone.is_keep() && new_password.is_none() {
        return Err(ApiError::field("phone", "or newPassword is required"));
    }
    match password {
        Some(password) => authenticate(&app, &owner, &email, password, &arrival).await?,
        // The link has proven the owner's identity.
        None if new_password.is_some() && has_just_used_a_link(&app, &session).await? => {}
        None => return Err(ApiError::PasswordRequired),
    }
    match new_password {
        None => {
            let probe = Probe::begin(&app, arrival.address).await?;
            let owner = probe.conclude(&app, set_phone(&app, owner, phone).await).await?;
            let (user, token, api_keys) = (owner.view(), None, None);
            let body = ChangedProfile { success: True, user, token, api_keys };
            Ok(Json(body).into_response())
        }
        Some(new_password) => {
            let hash = app.passwords.hash(new_password).await?;
            let probe = Probe::begin(&app, arrival.address).await?;
            let changed = set_password(&app, owner, phone, &hash, end_api_keys).await;
            let (owner, api_keys, ended_keys) = probe.conclude(&app, changed).await?;
            // Both are tried: their keys may be on different servers.
            let forgotten = app.access.keys.forget(&ended_keys).await;
            sessions::end_all(&app, UserId(owner.id), owner.session_version).await?;
            forgotten?;
            let told = Mail::PasswordChanged(PasswordChanged { changed_at_ms: unix_ms() });
            mail::send_later(&app, email, told, request_id::current());
            let (token, cookie) = begin_session(&app, &owner, Method::Password, &arrival).await?;
            let (user, token, api_keys) = (owner.view(), Some(token), Some(api_keys));
            let body = ChangedProfile { success: True, user, token, api_keys };
            Ok((cookie, Json(body)).into_response())
        }
    }
}

/// Returns whether the session recently began with an emailed link.
async fn has_just_used_a_link(app: &AppState, session: &Session) -> Result<bool, ApiError> {
    let open = app.access.sessions.list(session.user_id).await?;
    Ok(open.into_iter().any(|(id, _, origin)| {
        id == session.id
            && origin.method == Method::MagicLink
            && unix_ms().saturating_sub(origin.created_at_ms) < LINK_PROOF_MS
    }))
}

/// Checks the current password. Attempts count, so that an open browser is no way to guess it.
async fn authenticate(
    app: &AppState,
    owner: &Owner,
    email: &str,
    password: String,
    arrival: &Arrival,
) -> Result<(), ApiError> {
    let attempt = Attempt::begin(app, email, arrival.address).await?;
    let checked = async {
        let hash = sqlx::query_scalar!(
            r#"select password as "password!" from users where id = $1 and password is not null"#,
            owner.id,
        )
        .fetch_optional(&app.pool)
        .await?;
        app.passwords.verify(password, hash).await
    };
    match checked.await {
        Ok(Verdict::Wrong) => Err(ApiError::WrongPassword),
        Ok(Verdict::Right | Verdict::RightAndOutdated) => {
            attempt.succeed(app).await;
            Ok(())
        }
        Err(error) => {
            attempt.take_back(app).await;
            Err(error)
        }
    }
}

async fn set_phone(app: &AppState, owner: Owner, phone: Edit<i64>) -> Result<Owner, ApiError> {
    let phone = phone.apply(owner.phone);
    sqlx::query!("update users set phone = $1 where id = $2", phone, owner.id)
        .execute(&app.pool)
        .await?;
    Ok(Owner { phone, ..owner })
}

/// Returns also the number of API keys that are left, and the ids of those that were deleted.
async fn set_password(
    app: &AppState,
    owner: Owner,
    phone: Edit<i64>,
    hash: &str,
    end_api_keys: bool,
) -> Result<(Owner, u32, Vec<Uuid>), ApiError> {
    let phone = phone.apply(owner.phone);
    let mut transaction = app.pool.begin().await?;
    let session_version = sqlx::query_scalar!(
        r#"update users set password = $1, phone = $2, "sessionVersion" = "sessionVersion" + 1
           where id = $3 returning "sessionVersion""#,
        hash,
        phone,
        owner.id,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let session_version = session_version.ok_or(ApiError::Unauthenticated)?;
    let ended_keys = if end_api_keys {
        sqlx::query_scalar!(r#"delete from api_keys where "userId" = $1 returning id"#, owner.id)
            .fetch_all(&mut *transaction)
            .await?
    } else {
        Vec::new()
    };
    let keys = sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_keys where "userId" = $1"#,
        owner.id,
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let keys = u32::try_from(keys).unwrap_or(u32::MAX);
    Ok((Owner { phone, session_version, ..owner }, keys, ended_keys))
}
