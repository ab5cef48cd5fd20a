//! Accounts and sessions.

mod contract;

use crate::app::App;
use crate::body::Body;
use crate::engine::Account;
use crate::error::{ApiError, Database, Errors, JsonBody, Redis, SignedIn};
use crate::session::CurrentUser;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use contract::{
    Hashing, Me, NewAccount, NewSession, Session, SignUp, SigningIn, SigningUp, Success,
    WebSocketTicket,
};
use email_address::EmailAddress;
use messages::{Answer, UserId, ticket_key};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// In characters; longer ones are no passwords but attacks on the hash.
const PASSWORD_LEN: std::ops::RangeInclusive<usize> = 8..=128;

/// What mail systems accept, in bytes.
const EMAIL_LEN_MAX: usize = 254;

/// Of a telephone number with its country code (E.164 and short national numbers).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Long enough to open a connection with, too short to be worth stealing.
const TICKET_TTL: Duration = Duration::from_secs(30);

type Cookie = [(HeaderName, HeaderValue); 1];

struct User {
    id: Uuid,
    email: String,
    phone: i64,
}

impl User {
    fn view(&self) -> Value {
        json!({ "userId": self.id, "email": self.email, "phone": self.phone.to_string() })
    }
}

/// Sign up
///
/// Makes an account with its deposit of virtual money, and signs in.
#[utoipa::path(
    post,
    path = "/signup",
    tag = "accounts",
    operation_id = "signUp",
    request_body = SignUp,
    responses(
        (
            status = CREATED,
            description = "The account is made and signed in.",
            body = NewAccount,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `token`.")),
        ),
        Errors<(JsonBody, SigningUp, Hashing, Database)>,
    ),
    security(()),
)]
pub async fn sign_up(
    State(app): State<App>,
    mut body: Body,
) -> Result<(StatusCode, Cookie, Json<Value>), ApiError> {
    let (email, phone, password) = (email(&mut body), phone(&mut body), new_password(&mut body));
    body.finish()?;
    let (Some(email), Some(phone), Some(password)) = (email, phone, password) else {
        unreachable!("a field without a value was refused");
    };
    let hash = app.passwords.hash(password).await?;
    let user = User { id: Uuid::now_v7(), email, phone };
    insert(&app.pool, &user, &hash).await?;
    let mut answer = json!({ "success": true, "user": user.view() });

    let account = Account { user_id: UserId(user.id), deposit: app.signup_deposit };
    match app.engine.register(&account).await {
        Ok(Answer::Account { account }) => {
            answer["balance"] = json!(views::Account::from(&account));
        }
        Ok(other) => return Err(unexpected(&other)),
        Err(error) => {
            tracing::warn!(user.id = %user.id, ?error, "the engine learns of this account later");
            answer["balance"] = Value::Null;
            answer["notice"] =
                "The account is made; its balance shows as soon as trading runs.".into();
        }
    }
    let token = app.sessions.issue(UserId(user.id));
    let cookie = [(header::SET_COOKIE, app.sessions.cookie(&token))];
    answer["token"] = token.into();
    Ok((StatusCode::CREATED, cookie, Json(answer)))
}

/// Sign in
///
/// With the email, in any case, and the password.
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
            body = Session,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `token`.")),
        ),
        Errors<(JsonBody, SigningIn, Hashing, Database)>,
    ),
    security(()),
)]
pub async fn sign_in(
    State(app): State<App>,
    mut body: Body,
) -> Result<(Cookie, Json<Value>), ApiError> {
    let (email, password) = (body.text("email"), body.text("password"));
    body.finish()?;
    let (Some(email), Some(password)) = (email, password) else {
        unreachable!("a field without a value was refused");
    };
    if !PASSWORD_LEN.contains(&password.chars().count()) {
        // Nobody has such a password; hashing a long one would be work for nothing.
        return Err(ApiError::InvalidCredentials);
    }
    let found = find_by_email(&app.pool, email.trim()).await?;
    let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
    let (true, Some(user)) = (app.passwords.verify(password, hash).await?, user) else {
        return Err(ApiError::InvalidCredentials);
    };
    let token = app.sessions.issue(UserId(user.id));
    let cookie = [(header::SET_COOKIE, app.sessions.cookie(&token))];
    Ok((cookie, Json(json!({ "success": true, "user": user.view(), "token": token }))))
}

/// Sign out
///
/// Takes the cookie away.
#[utoipa::path(
    post,
    path = "/signout",
    tag = "accounts",
    operation_id = "signOut",
    responses(
        (
            status = OK,
            description = "The browser has no session any more.",
            body = Success,
            headers(("Set-Cookie" = String, description = "An empty cookie `token` that is over.")),
        ),
        Errors<()>,
    ),
    security(()),
)]
pub async fn sign_out(State(app): State<App>) -> (Cookie, Json<Value>) {
    let cookie = [(header::SET_COOKIE, app.sessions.no_cookie())];
    (cookie, Json(json!({ "success": true })))
}

/// Who is signed in
///
/// The owner of the account that the session is for.
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
pub async fn me(
    State(app): State<App>,
    CurrentUser(user_id): CurrentUser,
) -> Result<Json<Value>, ApiError> {
    let user = sqlx::query_as!(User, "select id, email, phone from users where id = $1", user_id.0)
        .fetch_optional(&app.pool)
        .await?;
    // A token outlives its account when the account is deleted by hand.
    let user = user.ok_or(ApiError::Unauthenticated)?;
    Ok(Json(json!({ "success": true, "user": user.view() })))
}

/// Get a ticket for the WebSocket
///
/// Opens one connection to this account, within 30 seconds.
#[utoipa::path(
    get,
    path = "/ws-ticket",
    tag = "accounts",
    operation_id = "getWebSocketTicket",
    responses(
        (status = OK, description = "The ticket.", body = WebSocketTicket),
        Errors<(SignedIn, Redis)>,
    ),
)]
pub async fn ws_ticket(
    State(app): State<App>,
    CurrentUser(user_id): CurrentUser,
) -> Result<Json<Value>, ApiError> {
    let ticket = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let kept = app.redis.set_expiring(&ticket_key(&ticket), &user_id.to_string(), TICKET_TTL).await;
    kept.map_err(|error| {
        tracing::warn!(%error, "a ticket can't be kept");
        ApiError::RedisUnavailable
    })?;
    Ok(Json(json!({ "success": true, "ticket": ticket, "expiresIn": TICKET_TTL.as_secs() })))
}

/// An answer that the engine does not give to this request.
pub fn unexpected(answer: &Answer) -> ApiError {
    tracing::error!(?answer, "the engine gave an answer to another question");
    ApiError::Internal
}

async fn insert(pool: &PgPool, user: &User, hash: &str) -> Result<(), ApiError> {
    sqlx::query!(
        "insert into users (id, email, phone, password) values ($1, $2, $3, $4)",
        user.id,
        user.email,
        user.phone,
        hash,
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn find_by_email(pool: &PgPool, email: &str) -> Result<Option<(User, String)>, ApiError> {
    let row = sqlx::query!(
        "select id, email, phone, password from users where lower(email) = lower($1)",
        email,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (User { id: row.id, email: row.email, phone: row.phone }, row.password)))
}

fn email(body: &mut Body) -> Option<String> {
    let email = body.text("email")?.trim().to_owned();
    if email.len() > EMAIL_LEN_MAX || !EmailAddress::is_valid(&email) {
        body.refuse("email", "is not an email address");
        return None;
    }
    Some(email)
}

fn phone(body: &mut Body) -> Option<i64> {
    let text = body.digits("phone")?;
    let number = text.trim().strip_prefix('+').unwrap_or(text.trim());
    let digits: String = number.chars().filter(|c| !" -().".contains(*c)).collect();
    let is_number =
        digits.bytes().all(|b| b.is_ascii_digit()) && PHONE_DIGITS.contains(&digits.len());
    match digits.parse() {
        Ok(number) if is_number && number > 0 => Some(number),
        _ => {
            body.refuse("phone", "must be a telephone number of 7 to 15 digits");
            None
        }
    }
}

fn new_password(body: &mut Body) -> Option<String> {
    let password = body.text("password")?;
    if !PASSWORD_LEN.contains(&password.chars().count()) {
        body.refuse("password", "must have 8 to 128 characters");
        return None;
    }
    Some(password)
}
