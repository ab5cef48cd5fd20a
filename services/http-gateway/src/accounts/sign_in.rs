//! Signing up, in and out.

use super::begin::{Cookie, Owner, begin_session, deposit, insert};
use super::contract::{
    Hashing, NewAccount, SessionOnly, SignedInUser, SigningIn, SigningUp, Success,
};
use super::lockout::{Attempt, Probe};
use super::password::Verdict;
use super::requests::{NewSession, SignUp};
use super::{email, sessions};
use crate::access::caller::{self, Arrival, Caller, Means};
use crate::access::credential::cookies;
use crate::error::{
    ApiError, Changes, Database, Errors, JsonBody, NamesUser, Redis, SignedIn, SignsIn,
};
use crate::json::{Json, True};
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::AppendHeaders;
use messages::UserId;
use session::Method;
use sqlx::PgPool;
use uuid::Uuid;

/// The headers that clear a browser's session cookies.
type NoCookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

/// Sign up
///
/// Creates an account with a deposit of virtual money, and signs in.
#[utoipa::path(
    post,
    path = "/signup",
    tag = "accounts",
    operation_id = "signUp",
    request_body = SignUp,
    responses(
        (
            status = CREATED,
            description = "The account is created and signed in.",
            body = NewAccount,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `velox_session`.")),
        ),
        Errors<(SignsIn, JsonBody, SigningUp, Hashing, Database)>,
    ),
    security(()),
)]
pub async fn sign_up(
    State(app): State<AppState>,
    arrival: Arrival,
    Valid(SignUp { email, phone, password }): Valid<SignUp>,
) -> Result<(StatusCode, Cookie, Json<NewAccount>), ApiError> {
    let probe = Probe::begin(&app, arrival.address).await?;
    let owner = Owner { id: Uuid::now_v7(), email: Some(email), phone, session_version: 0 };
    let inserted = async {
        let hash = app.passwords.hash(password).await?;
        insert(&app, &owner, Some(&hash)).await
    };
    probe.conclude(&app, inserted.await).await?;

    let (balance, notice) = deposit(&app, UserId(owner.id)).await?;
    let (token, cookie) = begin_session(&app, &owner, Method::Password, &arrival).await?;
    let body = NewAccount { success: True, user: owner.view(), balance, notice, token };
    Ok((StatusCode::CREATED, cookie, Json(body)))
}

/// Sign in
///
/// Signs in with the email address, in any case, and the password.
#[utoipa::path(
    post,
    path = "/signin",
    tag = "accounts",
    operation_id = "signIn",
    request_body = NewSession,
    responses(
        (
            status = OK,
            description = "Signed in.",
            body = SignedInUser,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `velox_session`.")),
        ),
        Errors<(SignsIn, JsonBody, SigningIn, Hashing, Database)>,
    ),
    security(()),
)]
pub async fn sign_in(
    State(app): State<AppState>,
    arrival: Arrival,
    Valid(NewSession { email: typed, password }): Valid<NewSession>,
) -> Result<(Cookie, Json<SignedInUser>), ApiError> {
    // All spellings of an address count as one.
    let name = email::normalized(&typed).unwrap_or_else(|| typed.trim().to_owned());
    let attempt = Attempt::begin(&app, &name, arrival.address).await?;
    let (owner, verdict) = match check(&app, &name, typed.trim(), password.clone()).await {
        Ok(checked) => checked,
        Err(error) => {
            attempt.take_back(&app).await;
            return Err(error);
        }
    };
    let Some(owner) = owner.filter(|_| verdict != Verdict::Wrong) else {
        return Err(ApiError::InvalidCredentials);
    };
    attempt.succeed(&app).await;
    if verdict == Verdict::RightAndOutdated {
        rehash(&app, &owner, password).await;
    }
    let (token, cookie) = begin_session(&app, &owner, Method::Password, &arrival).await?;
    Ok((cookie, Json(SignedInUser { success: True, user: owner.view(), token })))
}

/// Sign out
///
/// Ends the session, if there is one, and clears the cookie.
#[utoipa::path(
    post,
    path = "/signout",
    tag = "accounts",
    operation_id = "signOut",
    responses(
        (
            status = OK,
            description = "Signed out.",
            body = Success,
            headers(("Set-Cookie" = String, description = "An empty, expired cookie `velox_session`.")),
        ),
        Errors<(Changes, Redis, SessionOnly, NamesUser)>,
    ),
    security(()),
)]
pub async fn sign_out(
    State(app): State<AppState>,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<(NoCookies, Json<Success>), ApiError> {
    match arrival.caller() {
        Ok(Caller { means: Means::Session(session), .. }) => {
            sessions::end(&app, session.user_id, session.id).await?;
        }
        Ok(Caller { means: Means::ApiKey { .. }, .. }) => return Err(ApiError::SessionRequired),
        // There is no session to end.
        Err(ApiError::Unauthenticated | ApiError::TokenExpired) => {}
        Err(error) => return Err(error),
    }
    Ok((no_cookies(&app, &headers), Json(Success { success: True })))
}

/// Sign out everywhere
///
/// Ends all sessions of the account, including this one, and revokes emailed links. API keys stay
/// valid; delete them one by one.
#[utoipa::path(
    post,
    path = "/signout-all",
    tag = "accounts",
    operation_id = "signOutEverywhere",
    responses(
        (
            status = OK,
            description = "All sessions are ended.",
            body = Success,
            headers(("Set-Cookie" = String, description = "An empty, expired cookie `velox_session`.")),
        ),
        Errors<(Changes, SignedIn, SessionOnly, Redis, Database)>,
    ),
)]
pub async fn sign_out_all(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
    headers: HeaderMap,
) -> Result<(NoCookies, Json<Success>), ApiError> {
    let version = sqlx::query_scalar!(
        r#"update users set "sessionVersion" = "sessionVersion" + 1
           where id = $1 returning "sessionVersion""#,
        session.user_id.0,
    )
    .fetch_optional(&app.pool)
    .await?;
    let version = version.ok_or(ApiError::Unauthenticated)?;
    sessions::end_all(&app, session.user_id, version).await?;
    Ok((no_cookies(&app, &headers), Json(Success { success: True })))
}

/// Clears the session's cookies under every name, except one of that name set by another site on
/// this host.
fn no_cookies(app: &AppState, headers: &HeaderMap) -> NoCookies {
    let is_foreign = |name| cookies(headers, name).any(|token| !app.access.is_ours(token));
    let [own, former] = app.cookies.names();
    let names = [own].into_iter().chain((!is_foreign(former)).then_some(former));
    AppendHeaders(names.map(|name| (header::SET_COOKIE, app.cookies.clear(name))).collect())
}

async fn check(
    app: &AppState,
    name: &str,
    typed: &str,
    password: String,
) -> Result<(Option<Owner>, Verdict), ApiError> {
    let mut found = find_by_email(&app.pool, name).await?;
    // Accounts of earlier versions store the domain as it was typed.
    if found.is_none() && name != typed {
        found = find_by_email(&app.pool, typed).await?;
    }
    let (owner, hash) = found.unzip();
    Ok((owner, app.passwords.verify(password, hash).await?))
}

/// Replaces an outdated hash, now that the password is known. If this fails, the old hash stays
/// valid.
async fn rehash(app: &AppState, owner: &Owner, password: String) {
    let outcome = async {
        let hash = app.passwords.hash(password).await?;
        // Unless the password was changed meanwhile, which increments the version.
        sqlx::query!(
            r#"update users set password = $1 where id = $2 and "sessionVersion" = $3"#,
            hash,
            owner.id,
            owner.session_version,
        )
        .execute(&app.pool)
        .await?;
        Ok::<_, ApiError>(())
    };
    if let Err(error) = outcome.await {
        tracing::warn!(?error, user.id = %owner.id, "a password keeps its outdated hash");
    }
}

async fn find_by_email(pool: &PgPool, email: &str) -> Result<Option<(Owner, String)>, ApiError> {
    let row = sqlx::query!(
        r#"select id, email, phone, password as "password!", "sessionVersion" as session_version
           from users where lower(email) = lower($1)"#,
        email,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| {
        let (id, email, phone) = (row.id, row.email, row.phone);
        (Owner { id, email, phone, session_version: row.session_version }, row.password)
    }))
}
