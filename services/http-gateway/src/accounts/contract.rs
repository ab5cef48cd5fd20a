//! The errors and the response bodies of the account operations.

use crate::access::caller::Scope;
use crate::access::key_kind::{Algorithm, KeyKind};
use crate::accounts::api_keys::TWO_ACCOUNTS;
use crate::error::{ApiError, Fields, error_sets};
use crate::json::True;
use messages::PositionMode;
use serde::Serialize;
use session::Method;
use std::time::Duration;
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;
use views::Account;

error_sets! {
    /// Errors of signing up.
    SigningUp = [
        ApiError::Validation(Fields::from([
            ("email".to_owned(), "must be a valid email address".to_owned()),
            ("password".to_owned(), "must have 8 to 128 characters".to_owned()),
        ])),
        ApiError::EmailTaken,
        ApiError::PhoneTaken, ApiError::LockedOut(Duration::from_secs(30)),
    ];
    /// Errors of becoming a guest.
    BecomingGuest = [ApiError::AlreadySignedIn];
    /// Errors of registering a guest.
    Registering = [ApiError::AlreadyRegistered];
    /// Errors of an operation that guests may not use.
    RegisteredOnly = [ApiError::RegistrationRequired];
    /// Errors of signing in.
    SigningIn = [
        ApiError::field("password", "is required"),
        ApiError::InvalidCredentials,
        ApiError::LockedOut(Duration::from_secs(8)),
    ];
    /// Errors of an operation that hashes a password.
    Hashing = [ApiError::Busy];
    /// Errors of requesting a link.
    AskingForLink = [ApiError::field("email", "must be a valid email address")];
    /// Errors of using a link.
    FollowingLink = [ApiError::field("token", "is required"), ApiError::LinkExpired];
    /// Errors of changing an account.
    ChangingProfile = [
        ApiError::field("newPassword", "must have 8 to 128 characters"),
        ApiError::WrongPassword,
        ApiError::PasswordRequired,
        ApiError::LockedOut(Duration::from_secs(8)),
        ApiError::PhoneTaken,
    ];
    /// Errors of an operation that API keys may not use.
    SessionOnly = [ApiError::SessionRequired];
    /// Errors of ending a session.
    EndingSession = [
        ApiError::field("sessionId", "must be the UUID of a session"),
        ApiError::SessionNotFound,
    ];
    /// Errors of creating a key.
    MakingKey = [
        ApiError::field("scope", "must be READ or TRADE"),
        ApiError::TooManyKeys,
        ApiError::AccountNameTaken,
        ApiError::TooManyAccounts(10),
        ApiError::KeyFieldsConflict(TWO_ACCOUNTS),
        ApiError::AccountNotFound,
        ApiError::AccountClosed,
    ];
    /// Errors of deleting a key.
    DeletingKey = [
        ApiError::field("keyId", "must be the UUID of an API key"),
        ApiError::KeyNotFound,
    ];
}

/// The owner of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "callers know it as userId")]
pub struct User {
    /// The user's id.
    #[schema(examples("01a20bc0-9a10-7313-9d4f-7a2effa3c781"))]
    pub user_id: Uuid,
    /// The email address, as given at sign-up; null for a guest.
    #[schema(required, examples("you@example.com"))]
    pub email: Option<String>,
    /// The phone number, digits only; null if none was given.
    #[schema(required, pattern = "^[0-9]{1,15}$", examples("15550100"))]
    pub phone: Option<String>,
    /// Whether this is a guest, who has no email and no password yet.
    pub guest: bool,
}

/// A new account and its session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    /// Always true.
    pub success: True,
    /// The account's owner.
    pub user: User,
    /// The account with its deposit; null while the engine is unavailable, see `notice`.
    #[schema(required)]
    pub balance: Option<Account>,
    /// Present when `balance` is null: says that the balance appears later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notice: Option<&'static str>,
    /// The session's token, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    pub token: String,
}

/// A new session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedInUser {
    /// Always true.
    pub success: True,
    /// The session's user.
    pub user: User,
    /// The session's token, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    pub token: String,
}

/// The current user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Me {
    /// Always true.
    pub success: True,
    /// The account's owner.
    pub user: User,
}

/// An account after a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangedProfile {
    /// Always true.
    pub success: True,
    /// The account's owner.
    pub user: User,
    /// After a new password: the token of the session that replaces the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    pub token: Option<String>,
    /// After a new password: the number of the account's API keys that are still valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub api_keys: Option<u32>,
}

/// Success, with nothing more to report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Success {
    /// Always true.
    pub success: True,
}

/// The response to every request for a link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkPromise {
    /// Always true.
    pub success: True,
    /// A message for people, the same whether the account exists or not.
    pub message: &'static str,
}

/// A one-time ticket that opens a WebSocket to an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "callers know it as ticket")]
pub struct Ticket {
    /// Always true.
    pub success: True,
    /// The ticket, to be sent to the WebSocket.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub ticket: String,
    /// The number of seconds until the ticket expires.
    #[schema(minimum = 1, examples(30))]
    pub expires_in: u64,
}

/// The open sessions of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionList {
    /// Always true.
    pub success: True,
    /// The sessions, newest first.
    pub sessions: Vec<SessionView>,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Session)]
pub struct SessionView {
    /// The session's id, for ending it.
    pub session_id: Uuid,
    /// The method by which the session was begun.
    #[schema(schema_with = method_schema)]
    pub method: Method,
    /// The time at which it began, in Unix milliseconds.
    #[schema(minimum = 0)]
    pub created_at: u64,
    /// The time at which it expires, in Unix milliseconds.
    #[schema(minimum = 0)]
    pub expires_at: u64,
    /// The network address from which it was begun.
    #[schema(examples("192.0.2.7"))]
    pub address: String,
    /// The `User-Agent` of the client that began it.
    #[schema(max_length = 200)]
    pub user_agent: String,
    /// Whether this is the caller's own session.
    pub current: bool,
}

/// The API keys of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyList {
    /// Always true.
    pub success: True,
    /// The keys, oldest first.
    pub api_keys: Vec<KeyView>,
}

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ApiKey)]
pub struct KeyView {
    /// The key's id, for deleting it; the secret of kind `BEARER` begins with it, after `vlx_`.
    pub key_id: Uuid,
    /// The kind.
    pub kind: KeyKind,
    /// The key of kind `EXCHANGE`, which programs send as `X-MBX-APIKEY`; null for `BEARER`.
    #[schema(required, pattern = "^vlx_[0-9a-f]{32}$")]
    pub key: Option<String>,
    /// The algorithm with which the key signs requests; null for `BEARER`, which does not sign.
    #[schema(required)]
    pub signs_with: Option<Algorithm>,
    /// The name of the key.
    #[schema(examples("market maker"))]
    pub name: String,
    /// The key's permissions.
    pub scope: Scope,
    /// The account that the key reads and trades with.
    pub account_id: Uuid,
    /// The addresses and networks from which the key may be used; any if it is empty.
    pub allowed_addresses: Vec<String>,
    /// The time at which it was created, in Unix milliseconds.
    #[schema(minimum = 0)]
    pub created_at: u64,
    /// The time of its last use, in Unix milliseconds, to the minute; null if never used.
    #[schema(required, minimum = 0)]
    pub last_used_at: Option<u64>,
}

/// A new API key. Its secret, if it has one, is shown only once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MadeKey {
    /// Always true.
    pub success: True,
    /// The new key.
    pub api_key: KeyView,
    /// The secret: of kind `BEARER` the whole key, which programs send as `Authorization: Bearer` or
    /// `X-Api-Key`; of kind `EXCHANGE` the secret that signs requests to `/fapi` and is never sent. Null
    /// for a key that signs with Ed25519: its owner has the private key.
    #[schema(required, format = Password, pattern = "^(vlx_[0-9a-f]{96}|[0-9a-f]{64})$")]
    pub secret: Option<String>,
    /// The position mode of the account; null while the engine is unavailable. An account in mode
    /// `separate`, in which no key of kind `EXCHANGE` can place an order, is set to `one_way` by a new
    /// one that may trade, unless it has a position or an open order.
    #[schema(required, value_type = Option<String>, examples("one_way"))]
    pub mode: Option<PositionMode>,
}

impl PartialSchema for Scope {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        words(
            "`READ` allows reading the account; `TRADE` also allows opening, changing and closing positions.",
            [Self::Read, Self::Trade].map(Self::as_str),
        )
    }
}

impl ToSchema for Scope {}

impl PartialSchema for KeyKind {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        words(
            "`BEARER` is one text for this API; `EXCHANGE` is for the API in the shape of Binance \
             Futures, whose requests are signed: with a secret, or with the owner's private key.",
            [Self::Bearer, Self::Exchange].map(Self::as_str),
        )
    }
}

impl ToSchema for KeyKind {}

impl PartialSchema for Algorithm {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        words(
            "`HMAC_SHA256` signs with the secret, `ED25519` with the owner's private key.",
            [Self::HmacSha256, Self::Ed25519].map(Self::as_str),
        )
    }
}

impl ToSchema for Algorithm {}

fn method_schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    words(
        "The method by which the session was begun: a password, an emailed link, as a guest, or, for \
         the WebSocket, an API key.",
        ["PASSWORD", "MAGIC_LINK", "GUEST", "API_KEY"],
    )
}

fn words<const N: usize>(
    about: &str,
    words: [&'static str; N],
) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let object = utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(about))
        .enum_values(Some(words));
    object.build().into()
}
