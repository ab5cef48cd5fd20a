//! Signing in by a link from a mail.
//!
//! Mail scanners and previews fetch links. So fetching the link does not use it up: it shows a page
//! with a button, and the button's POST does.

use super::begin::{Cookie, Owner, begin_session};
use super::contract::{
    AskingForLink, FollowingLink, LinkPromise, LinkQuery, LinkRequest, LinkToken, SignedInUser,
};
use super::fields;
use crate::access::caller::Arrival;
use crate::access::origin::is_json;
use crate::app::App;
use crate::body::Body;
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, JsonBody, SignsIn};
use crate::json::{Json, True};
use crate::{mail, request_id, secrets};
use axum::extract::{FromRequest as _, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use messages::{MAIL_STREAM, Mail, RequestId, StreamMessage as _, UserId};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use session::Method;
use std::time::Duration;
use streams::Quota;
use tokio::time::sleep;
use uuid::Uuid;

/// Where links lead.
pub const VERIFY_PATH: &str = "/api/v1/user/auth/verify";

/// How long a link is good.
const LINK_TTL: Duration = Duration::from_mins(15);

/// The longest time after which a link is made.
const DELAY_MAX: Duration = Duration::from_secs(1);

/// Takes the mails of accounts that do not exist, and is removed with each.
const DECOY_STREAM: &str = "mail:decoy";

/// Mails to one account: more are a nuisance to their owner.
const MAILS: &str = "5/3600s";

/// The form has one field.
const FORM_LEN_MAX: usize = 1_024;

/// The page between a link and a session. Its only script is the browser's own form.
const PAGE: &str = include_str!("magic_link.html");

/// What is kept of a link: for whom it is, and which of the account's sessions it belongs to.
#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: UserId,
    session_version: i32,
}

/// Why a link does not sign in, as the web UI is told.
#[derive(Clone, Copy)]
enum Failure {
    Invalid,
    Expired,
    Unavailable,
}

/// Ask for a link
///
/// Mails a link that signs in, good for 15 minutes and once, if there is such an account. The
/// answer is the same if there is not, and comes as soon.
#[utoipa::path(
    post,
    path = "/magic-link",
    tag = "accounts",
    operation_id = "askForMagicLink",
    request_body = LinkRequest,
    responses(
        (status = OK, description = "Noted.", body = LinkPromise),
        Errors<(SignsIn, JsonBody, AskingForLink)>,
    ),
    security(()),
)]
pub async fn ask(State(app): State<App>, mut body: Body) -> Result<Json<LinkPromise>, ApiError> {
    let email = fields::email(&mut body);
    body.finish()?;
    let Some(email) = email else { unreachable!("a field without a value was refused") };
    // Whatever comes of it happens after the answer, and at no moment that its sender knows: work
    // that begins at once shows in how fast this and the next answer come.
    let (request_id, tracker) = (request_id::current(), app.background.clone());
    let delay = DELAY_MAX.mul_f64(rand::rng().random());
    tracker.spawn(async move {
        sleep(delay).await;
        if let Err(error) = mail_link(&app, &email, request_id).await {
            tracing::warn!(?error, request.id = %request_id, "a link can't be mailed");
        }
    });
    let message = "If there is an account with this email, a link is on its way. It is good for \
                   15 minutes.";
    Ok(Json(LinkPromise { success: True, message }))
}

/// Follow a link
///
/// Shows a page with a button that signs in, so that programs that fetch links from mails don't use
/// them up. A link that is over leads to the web UI's sign-in page with a `reason`.
#[utoipa::path(
    get,
    path = "/auth/verify",
    tag = "accounts",
    operation_id = "showMagicLink",
    params(LinkQuery),
    responses(
        (status = OK, description = "A page to confirm.", body = String, content_type = "text/html"),
        (
            status = SEE_OTHER,
            description = "The link is over: to the sign-in page.",
            headers(("Location" = String, description = "With `reason`."))
        ),
        Errors<(SignsIn,)>,
    ),
    security(()),
)]
pub async fn show(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Some(token) = token_of(&query) else {
        return Failure::Invalid.redirect(&app);
    };
    match app.redis.get(&key(token)).await {
        Ok(Some(_)) => page(&app, token),
        Ok(None) => Failure::Expired.redirect(&app),
        Err(error) => {
            tracing::warn!(%error, "a link can't be looked up");
            Failure::Unavailable.redirect(&app)
        }
    }
}

fn token_of(query: &str) -> Option<&str> {
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    secrets::is_well_formed(token).then_some(token)
}

/// Sign in by a link
///
/// Uses the link up. The page of the link sends its token as a form and is led on to the web UI;
/// programs send JSON and get the session as an answer.
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
            description = "Of the form: signed in, and on to the web UI; or, if the link is over, to \
                the sign-in page with `reason`.",
            headers(("Location" = String, description = "Where to go on.")),
        ),
        Errors<(SignsIn, JsonBody, FollowingLink, Database)>,
    ),
    security(()),
)]
pub async fn verify(
    State(app): State<App>,
    arrival: Arrival,
    request: Request,
) -> Result<Response, ApiError> {
    if is_json(request.headers()) || !is_form(&request) {
        let mut body = Body::from_request(request, &app).await?;
        let token = body.text("token");
        body.finish()?;
        let Some(token) = token else { unreachable!("a field without a value was refused") };
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

/// Makes and mails a link, if there is such an account and it is not flooded with them. Where there
/// is none, PostgreSQL and Redis are asked to do the same work, and nothing is left of it.
async fn mail_link(app: &App, email: &str, request_id: RequestId) -> Result<(), ApiError> {
    let quota: Quota = MAILS.parse().expect("a constant that is tested");
    let address = secrets::fingerprint(&email.to_lowercase()).to_hex();
    let standing = app.redis.charge(&format!("rate:mails:{}", &address[..32]), quota).await?;
    if !standing.is_admitted {
        tracing::info!("no more links to one address for now");
        return Ok(());
    }
    let row = sqlx::query!(
        r#"select id, email, "sessionVersion" as session_version
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
    let mail = Mail::MagicLink { link, expires_at_ms: unix_ms() + ttl_ms };
    let mut batch = app.redis.batch();
    batch.set_expiring(&key(&token), &json, LINK_TTL);
    batch.append(stream, &mail::entry(to, mail, request_id).encode()).remove(DECOY_STREAM);
    batch.send().await?;
    Ok(())
}

/// Of all who come with the same token, one gets a session.
async fn use_up(
    app: &App,
    token: &str,
    arrival: &Arrival,
) -> Result<(Owner, String, Cookie), ApiError> {
    if !secrets::is_well_formed(token) {
        return Err(ApiError::field("token", "is not the token of a link"));
    }
    let kept = app.redis.take(&key(token)).await?;
    let kept = kept.and_then(|json| serde_json::from_str::<Kept>(&json).ok());
    let kept = kept.ok_or(ApiError::LinkExpired)?;
    let owner = match Owner::find(&app.pool, kept.user_id).await {
        Err(ApiError::Unauthenticated) => return Err(ApiError::LinkExpired),
        found => found?,
    };
    // A new password, or signing out everywhere, has voided it.
    if owner.session_version != kept.session_version {
        return Err(ApiError::LinkExpired);
    }
    let (token, cookie) = begin_session(app, &owner, Method::MagicLink, arrival).await?;
    Ok((owner, token, cookie))
}

/// Who reads Redis can't sign in with what is found there.
fn key(token: &str) -> String {
    format!("magic-link:{}", secrets::fingerprint(token).to_hex())
}

fn page(app: &App, token: &str) -> Response {
    let nonce = &secrets::generate()[..32];
    let html = PAGE.replace("{nonce}", nonce).replace("{token}", token);
    // Browsers hold a form's redirect to the policy as well, so the web UI is named.
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        app.frontend_url
    );
    let policy = HeaderValue::from_str(&policy).expect("the settings were checked");
    // Without a referrer at all, browsers would hide the form's origin too.
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
    fn redirect(self, app: &App) -> Response {
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
    use hostile::{cases, damaged_text};
    use proptest::prelude::*;

    #[test]
    fn the_quota_of_mails_is_one() {
        assert!(MAILS.parse::<Quota>().is_ok());
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// What gets into the page as text, and into Redis as a part of a key.
        #[test]
        fn hostile_tokens(query in damaged_text(&[format!("token={}", "0123456789abcdef".repeat(4))])) {
            if let Some(token) = token_of(&query) {
                prop_assert_eq!(token.len(), 64);
                prop_assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
            }
        }
    }
}
