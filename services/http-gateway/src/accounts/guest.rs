//! Guests: users who trade before they register.
//!
//! A guest is a user with an account and a session, and without an email and a password. Nobody can
//! sign in to a guest's account: it is reached by the session alone, which each visit prolongs. When
//! the session has expired, the account stays as it is, like that of a user who never comes back: its
//! positions are a matter between the account and the house, and the engine forgets nothing.

use super::begin::{Cookie, Owner, begin_session, deposit, insert};
use super::contract::{
    BecomingGuest, Hashing, NewAccount, Registering, SessionOnly, SignedInUser, SigningUp,
};
use super::lockout::Probe;
use super::requests::SignUp;
use super::sessions;
use crate::access::caller::{self, Arrival, Caller, Means};
use crate::access::rate_limits::{Counted, RouteClass};
use crate::error::{
    ApiError, Changes, Database, Errors, JsonBody, NamesUser, Redis, SignedIn, SignsIn,
};
use crate::json::{Json, True};
use crate::request::{NoBody, Valid};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use messages::UserId;
use session::Method;
use uuid::Uuid;

/// The share of a session's lifetime after which a visit prolongs it: not every one is worth a write.
const RENEWED_AFTER: u64 = 16;

/// Become a guest
///
/// Creates an account with a deposit of virtual money, without an email or a password, and signs in
/// to it. The session lasts `GUEST_TTL_S`, and `GET /api/v1/user/me` prolongs it. A guest may trade,
/// but not create API keys, open further accounts or take part in the leaderboard.
/// `POST /api/v1/user/register` makes the account a registered one.
#[utoipa::path(
    post,
    path = "/guest",
    tag = "accounts",
    operation_id = "becomeGuest",
    responses(
        (
            status = CREATED,
            description = "The account is created and signed in.",
            body = NewAccount,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `velox_session`.")),
        ),
        Errors<(SignsIn, Changes, NamesUser, BecomingGuest, Database)>,
    ),
    security(()),
)]
pub async fn create(
    State(app): State<AppState>,
    arrival: Arrival,
    NoBody: NoBody,
) -> Result<(StatusCode, Cookie, Json<NewAccount>), ApiError> {
    match arrival.caller() {
        Ok(_) => return Err(ApiError::AlreadySignedIn),
        Err(ApiError::Unauthenticated | ApiError::TokenExpired) => {}
        Err(error) => return Err(error),
    }
    let everybody = app.rate_limits.charge(RouteClass::Guests, &Counted::Everybody).await?;
    if let Some(wait) = everybody.and_then(|budget| budget.retry_after()) {
        tracing::warn!("guests are refused: RATE_LIMIT_ALL_GUESTS is used up");
        return Err(ApiError::TooManyRequests(wait));
    }
    let owner = Owner { id: Uuid::now_v7(), email: None, phone: None, session_version: 0 };
    insert(&app, &owner, None).await?;
    let (balance, notice) = deposit(&app, UserId(owner.id)).await?;
    let (token, cookie) = begin_session(&app, &owner, Method::Guest, &arrival).await?;
    metrics::counter!("velox_guests_total").increment(1);
    let body = NewAccount { success: True, user: owner.view(), balance, notice, token };
    Ok((StatusCode::CREATED, cookie, Json(body)))
}

/// Register as a guest
///
/// Gives a guest's account an email and a password. The account keeps its id, balance, positions,
/// orders and history. All sessions of the guest end, and the caller gets a new one.
#[utoipa::path(
    post,
    path = "/register",
    tag = "accounts",
    operation_id = "register",
    request_body = SignUp,
    responses(
        (
            status = OK,
            description = "The account is registered and signed in.",
            body = SignedInUser,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `velox_session`.")),
        ),
        Errors<(
            SignedIn, SessionOnly, JsonBody, (SigningUp, Registering), Hashing, Redis, Database,
        )>,
    ),
)]
pub async fn register(
    State(app): State<AppState>,
    caller::Owner(session): caller::Owner,
    arrival: Arrival,
    Valid(SignUp { email, phone, password }): Valid<SignUp>,
) -> Result<(Cookie, Json<SignedInUser>), ApiError> {
    if !Owner::find(&app.pool, session.user_id).await?.is_guest() {
        return Err(ApiError::AlreadyRegistered);
    }
    let probe = Probe::begin(&app, arrival.address).await?;
    let registered = async {
        let hash = app.passwords.hash(password).await?;
        set_credentials(&app, session.user_id, email, phone, &hash).await
    };
    let owner = probe.conclude(&app, registered.await).await?;
    // Whoever knows the guest's token, which anybody can be given, does not know the user's.
    sessions::end_all(&app, session.user_id, owner.session_version).await?;
    let (token, cookie) = begin_session(&app, &owner, Method::Password, &arrival).await?;
    metrics::counter!("velox_guests_registered_total").increment(1);
    Ok((cookie, Json(SignedInUser { success: True, user: owner.view(), token })))
}

/// Checks that a user is no guest.
///
/// # Errors
/// [`ApiError::RegistrationRequired`] for a guest.
pub async fn require_registered(app: &AppState, user_id: UserId) -> Result<(), ApiError> {
    Owner::find(&app.pool, user_id).await?.registered_email().map(drop)
}

/// Prolongs a guest's session, unless that was done a short while ago. Returns its new cookie.
pub async fn renew(
    app: &AppState,
    owner: &Owner,
    caller: &Caller,
) -> Result<Option<Cookie>, ApiError> {
    let Means::Session(mut session) = caller.means else { return Ok(None) };
    let due_s = app.guest_ttl_s - app.guest_ttl_s / RENEWED_AFTER;
    if !owner.is_guest() || session.seconds_left() >= due_s {
        return Ok(None);
    }
    session = session.prolonged(app.guest_ttl_s);
    if !app.access.sessions.renew(&session).await? {
        return Ok(None);
    }
    let token = app.access.tokens.sign(&session);
    Ok(Some([(header::SET_COOKIE, app.cookies.set(&session, &token))]))
}

/// Makes a guest a registered user. Of several concurrent requests, one succeeds.
async fn set_credentials(
    app: &AppState,
    user_id: UserId,
    email: String,
    phone: Option<i64>,
    hash: &str,
) -> Result<Owner, ApiError> {
    let session_version = sqlx::query_scalar!(
        r#"update users
           set email = $2, phone = $3, password = $4, "sessionVersion" = "sessionVersion" + 1
           where id = $1 and email is null returning "sessionVersion""#,
        user_id.0,
        email,
        phone,
        hash,
    )
    .fetch_optional(&app.pool)
    .await?;
    let session_version = session_version.ok_or(ApiError::AlreadyRegistered)?;
    Ok(Owner { id: user_id.0, email: Some(email), phone, session_version })
}
