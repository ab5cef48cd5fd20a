//! Signing in with an emailed link.
//!
//! Mail scanners and previews fetch links, so fetching one does not use it up: it shows a page with
//! a button, and the button's POST uses it up.

use super::begin::{Cookie, Owner, begin_session};
use super::contract::{AskingForLink, FollowingLink, LinkPromise, SignedInUser};
use super::requests::{LinkQuery, LinkRequest, LinkToken};
use crate::access::caller::Arrival;
use crate::access::origin::is_json;
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, JsonBody, SignsIn};
use crate::json::{Json, True};
use crate::request::{Input, Valid};
use crate::state::AppState;
use crate::{mail, request_id, secrets};
use axum::extract::{FromRequest as _, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use messages::{MAIL_STREAM, MagicLink, Mail, RequestId, StreamMessage as _, UserId};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use session::Method;
use std::time::Duration;
use streams::Quota;
use tokio::time::sleep;
use uuid::Uuid;

/// The path that links lead to.
pub const VERIFY_PATH: &str = "/api/v1/user/auth/verify";

/// The lifetime of a link.
const LINK_TTL: Duration = Duration::from_mins(15);

/// The longest random delay before a link is created.
const DELAY_MAX: Duration = Duration::from_secs(1);

/// The stream that takes the emails of accounts that do not exist, and is removed with each.
const DECOY_STREAM: &str = "mail:decoy";

/// The quota of emails to one account, which protects its owner from a flood.
const MAILS: &str = "5/3600s";

/// The largest form in bytes; it has one field.
const FORM_LEN_MAX: usize = 1_024;

/// The page that a link opens. It has a form and no script.
const PAGE: &str = include_str!("magic_link.html");

/// The stored part of a link: its user, and the account's session version at the time.
#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: UserId,
    session_version: i32,
}

/// The reason for which a link failed, as passed to the web UI.
#[derive(Clone, Copy)]
enum Failure {
    Invalid,
    Expired,
    Unavailable,
}

/// Request a sign-in link
///
/// Emails a link that signs in, valid once and for 15 minutes, if the account exists. The response
/// and its timing are the same if it does not.
#[utoipa::path(
    post,
    path = "/magic-link",
    tag = "accounts",
    operation_id = "askForMagicLink",
    request_body = LinkRequest,
    responses(
        (status = OK, description = "The request is accepted.", body = LinkPromise),
        Errors<(SignsIn, JsonBody, AskingForLink)>,
    ),
    security(()),
)]
pub async fn ask(
    State(app): State<AppState>,
    Valid(LinkRequest { email }): Valid<LinkRequest>,
) -> Result<Json<LinkPromise>, ApiError> {
    // The work happens after the response and at a random time: if it began at once, the timing of
    // this and the next response would reveal whether the account exists.
    let (request_id, tracker) = (request_id::current(), app.background.clone());
    let delay = DELAY_MAX.mul_f64(rand::rng().random());
    tracker.spawn(async move {
        sleep(delay).await;
        if let Err(error) = mail_link(&app, &email, request_id).await {
            tracing::warn!(?error, request.id = %request_id, "a sign-in link can't be sent");
        }
    });
    let message = "If an account with this email exists, a sign-in link is on its way. It expires \
                   in 15 minutes.";
    Ok(Json(LinkPromise { success: True, message }))
}

/// Open a sign-in link
///
/// Shows a page with a button that signs in, so that programs that fetch links from emails don't
/// use them up. An expired or used link redirects to the web UI's sign-in page with a `reason`.
#[utoipa::path(
    get,
    path = "/auth/verify",
    tag = "accounts",
    operation_id = "showMagicLink",
    params(LinkQuery),
    responses(
        (status = OK, description = "A page with a button to sign in.", body = String, content_type = "text/html"),
        (
            status = SEE_OTHER,
            description = "The link has expired or was used; redirects to the sign-in page.",
            headers(("Location" = String, description = "The sign-in page, with `reason`."))
        ),
        Errors<(SignsIn,)>,
    ),
    security(()),
)]
pub async fn show(State(app): State<AppState>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Some(token) = token_of(&query) else {
        return Failure::Invalid.redirect(&app);
    };
    match app.redis.get(&key(&token)).await {
        Ok(Some(_)) => page(&app, &token),
        Ok(None) => Failure::Expired.redirect(&app),
        Err(error) => {
            tracing::warn!(%error, "a sign-in link can't be looked up");
            Failure::Unavailable.redirect(&app)
        }
    }
}

/// Returns the first token. Anything else is ignored: mail programs add parameters of their own.
fn token_of(query: &str) -> Option<String> {
    let first = query.split('&').find(|pair| pair.starts_with("token="))?;
    Input::Query(first).read::<LinkQuery>(&()).ok()?.token
}

/// Sign in with a link
///
/// Uses the link up. The link's page sends the token as a form and is redirected to the web UI;
/// programs send JSON and get the session in the response.
#[utoipa::path(
    post,
    path = "/auth/verify",
    tag = "accounts",
    operation_id = "useMagicLink",
    request_body = LinkToken,
    responses(
        (
            status = OK,
            description = "Signed in.",
            body = SignedInUser,
            headers(("Set-Cookie" = String, description = "The session, as the cookie `velox_session`.")),
        ),
        (
            status = SEE_OTHER,
            description = "For the form: redirects to the web UI, signed in; or, if the link has expired or \
                was used, to the sign-in page with `reason`.",
            headers(("Location" = String, description = "The page of the web UI.")),
        ),
        Errors<(SignsIn, JsonBody, FollowingLink, Database)>,
    ),
    security(()),
)]
pub async fn verify(
    State(app): State<AppState>,
    arrival: Arrival,
    request: Request,
) -> Result<Response, ApiError> {
    if is_json(request.headers()) || !is_form(&request) {
        let Valid(LinkToken { token }) = Valid::<LinkToken>::from_request(request, &app).await?;
        let (user, token, cookie) = use_up(&app, &token, &arrival).await?;
        let body = SignedInUser { success: True, user: user.view(), token };
        return Ok((cookie, Json(body)).into_response());
    }
    let form = axum::body::to_bytes(request.into_body(), FORM_LEN_MAX).await;
    let form = form.map_err(|_| ApiError::PayloadTooLarge)?;
    let token = std::str::from_utf8(&form).ok().and_then(|form| form.strip_prefix("token="));
    let failure = match use_up(&app, token.unwrap_or_default(), &arrival).await {
        Ok((_, _, cookie)) => {
            let onward = Redirect::to(&format!("{}/trade", app.frontend_url));
            return Ok((cookie, onward).into_response());
        }
        Err(ApiError::LinkExpired) => Failure::Expired,
        Err(ApiError::Validation(_)) => Failure::Invalid,
        Err(_) => Failure::Unavailable,
    };
    Ok(failure.redirect(&app))
}

/// Creates and emails a link, if the account exists and its quota is not used up. If it does not
/// exist, PostgreSQL and Redis do the same work, of which nothing remains.
async fn mail_link(app: &AppState, email: &str, request_id: RequestId) -> Result<(), ApiError> {
    let quota: Quota = MAILS.parse().expect("a constant that is tested");
    let address = secrets::fingerprint(&email.to_lowercase()).to_hex();
    let standing = app.redis.charge(&format!("rate:mails:{}", &address[..32]), quota).await?;
    if !standing.is_admitted {
        tracing::info!("the quota of sign-in links for an address is used up");
        return Ok(());
    }
    let row = sqlx::query!(
        r#"select id, email as "email!", "sessionVersion" as session_version
           from users where lower(email) = lower($1)"#,
        email,
    )
    .fetch_optional(&app.pool)
    .await?;
    let (stream, to, user_id, session_version) = match row {
        Some(row) => (MAIL_STREAM, row.email, UserId(row.id), row.session_version),
        None => (DECOY_STREAM, email.to_owned(), UserId(Uuid::nil()), 0),
    };
    let token = secrets::generate();
    let kept = Kept { user_id, session_version };
    let json = serde_json::to_string(&kept).expect("it is plain JSON");
    let link = format!("{}{VERIFY_PATH}?token={token}", app.public_url);
    let ttl_ms = u64::try_from(LINK_TTL.as_millis()).expect("a quarter of an hour fits");
    let mail = Mail::MagicLink(MagicLink { link, expires_at_ms: unix_ms() + ttl_ms });
    let mut batch = app.redis.batch();
    batch.set_expiring(&key(&token), &json, LINK_TTL);
    batch.append(stream, &mail::entry(to, mail, request_id).encode()).remove(DECOY_STREAM);
    batch.send().await?;
    Ok(())
}

/// Uses up a token: of several concurrent requests with it, one gets a session.
async fn use_up(
    app: &AppState,
    token: &str,
    arrival: &Arrival,
) -> Result<(Owner, String, Cookie), ApiError> {
    if !secrets::is_well_formed(token) {
        return Err(ApiError::field("token", "is not a token of a sign-in link"));
    }
    let kept = app.redis.take(&key(token)).await?;
    let kept = kept.and_then(|json| serde_json::from_str::<Kept>(&json).ok());
    let kept = kept.ok_or(ApiError::LinkExpired)?;
    let owner = match Owner::find(&app.pool, kept.user_id).await {
        Err(ApiError::Unauthenticated) => return Err(ApiError::LinkExpired),
        found => found?,
    };
    // A new password, or signing out everywhere, has revoked it.
    if owner.session_version != kept.session_version {
        return Err(ApiError::LinkExpired);
    }
    let (token, cookie) = begin_session(app, &owner, Method::MagicLink, arrival).await?;
    Ok((owner, token, cookie))
}

/// Returns the Redis key of a token: a hash, so that reading Redis is not enough to sign in.
fn key(token: &str) -> String {
    format!("magic-link:{}", secrets::fingerprint(token).to_hex())
}

fn page(app: &AppState, token: &str) -> Response {
    let nonce = &secrets::generate()[..32];
    let html = PAGE.replace("{nonce}", nonce).replace("{token}", token);
    // Browsers apply the policy to a form's redirect as well, so it names the web UI.
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        app.frontend_url
    );
    let policy = HeaderValue::from_str(&policy).expect("the settings were checked");
    // With no referrer at all, browsers would also hide the form's origin.
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (StatusCode::OK, headers, Html(html)).into_response()
}

fn is_form(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| {
        value.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
    })
}

impl Failure {
    fn redirect(self, app: &AppState) -> Response {
        let reason = match self {
            Self::Invalid => "link-invalid",
            Self::Expired => "link-expired",
            Self::Unavailable => "unavailable",
        };
        Redirect::to(&format!("{}/signin?reason={reason}", app.frontend_url)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};

    #[test]
    fn the_quota_of_mails_is_one() {
        assert!(MAILS.parse::<Quota>().is_ok());
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// The token goes into the page as text and into Redis as part of a key.
        #[test]
        fn hostile_tokens(query in damaged_text(&[format!("token={}", "0123456789abcdef".repeat(4))])) {
            if let Some(token) = token_of(&query) {
                prop_assert_eq!(token.len(), 64);
                prop_assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
            }
        }
    }
}
