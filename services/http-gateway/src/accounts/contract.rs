//! What requests about accounts hold, and what is answered.

use crate::access::caller::Scope;
use crate::error::{ApiError, Fields, error_sets};
use crate::json::True;
use serde::Serialize;
use session::Method;
use std::time::Duration;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;
use views::Account;

error_sets! {
    /// Of signing up.
    SigningUp = [
        ApiError::Validation(Fields::from([
            ("email".to_owned(), "is not an email address".to_owned()),
            ("password".to_owned(), "must have 8 to 128 characters".to_owned()),
        ])),
        ApiError::EmailTaken,
        ApiError::PhoneTaken, ApiError::LockedOut(Duration::from_secs(30)),
    ];
    /// Of signing in.
    SigningIn = [
        ApiError::field("password", "is missing"),
        ApiError::InvalidCredentials,
        ApiError::LockedOut(Duration::from_secs(8)),
    ];
    /// Of what hashes a password.
    Hashing = [ApiError::Busy];
    /// Of asking for a link.
    AskingForLink = [ApiError::field("email", "is not an email address")];
    /// Of following one.
    FollowingLink = [ApiError::field("token", "is missing"), ApiError::LinkExpired];
    /// Of changing one's account.
    ChangingProfile = [
        ApiError::field("newPassword", "must have 8 to 128 characters"),
        ApiError::WrongPassword,
        ApiError::PasswordRequired,
        ApiError::LockedOut(Duration::from_secs(8)),
        ApiError::PhoneTaken,
    ];
    /// Of what only a session may do.
    SessionOnly = [ApiError::SessionRequired];
    /// Of ending a session.
    EndingSession = [
        ApiError::field("sessionId", "is not a session's id, which is a UUID"),
        ApiError::SessionNotFound,
    ];
    /// Of making a key.
    MakingKey = [ApiError::field("scope", "must be READ or TRADE"), ApiError::TooManyKeys];
    /// Of deleting a key.
    DeletingKey = [
        ApiError::field("keyId", "is not a key's id, which is a UUID"),
        ApiError::KeyNotFound,
    ];
}

/// A new account.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct SignUp {
    /// Where its owner gets mail; unique in any case of its letters.
    #[schema(format = Email, max_length = 254, examples("you@example.com"))]
    email: String,
    /// A telephone number of 7 to 15 digits with its country code, unique. Spaces, dots, dashes,
    /// brackets and a leading + make no difference, and a whole JSON number will do.
    #[schema(pattern = r"^\+?[1-9]([ .-]?[0-9]){6,14}$", examples("+1 555 0100"))]
    phone: String,
    /// 8 to 128 characters, and none of those that are guessed first.
    #[schema(
        format = Password,
        min_length = 8,
        max_length = 128,
        pattern = "^[^\\u0000]*$",
        examples("correct horse battery")
    )]
    password: String,
}

/// Who signs in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct NewSession {
    /// As at sign-up, in any case of its letters.
    #[schema(pattern = "^[^\\u0000]*$", examples("you@example.com"))]
    email: String,
    /// The account's password.
    #[schema(format = Password, pattern = "^[^\\u0000]*$", examples("correct horse battery"))]
    password: String,
}

/// Who wants a link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct LinkRequest {
    /// As at sign-up, in any case of its letters.
    #[schema(format = Email, max_length = 254, examples("you@example.com"))]
    email: String,
}

/// The token of a link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct LinkToken {
    /// As in the link.
    #[schema(format = Password, pattern = "^[0-9a-f]{64}$")]
    token: String,
}

/// The token of a link, in the link.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query that is read by hand")]
pub struct LinkQuery {
    /// What the mail's link says.
    #[param(format = Password)]
    token: Option<String>,
}

/// What is to change. What is absent stays as it is.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    min_properties = 2,
    example = json!({ "password": "correct horse battery", "phone": "+1 555 0101" })
)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct ProfileChange {
    /// The password of now; not needed for a new one within 15 minutes of using a mailed link.
    #[schema(
        nullable = false,
        format = Password,
        pattern = "^[^\\u0000]*$",
        examples("correct horse battery")
    )]
    password: Option<String>,
    /// A new telephone number, as at sign-up.
    #[schema(nullable = false, pattern = r"^\+?[1-9]([ .-]?[0-9]){6,14}$")]
    phone: Option<String>,
    /// A new password, as at sign-up. All sessions end, and this one is replaced by a new one.
    #[schema(
        nullable = false,
        format = Password,
        min_length = 8,
        max_length = 128,
        pattern = "^[^\\u0000]*$",
        examples("correct horse battery staple")
    )]
    new_password: Option<String>,
    /// With a new password: whether all API keys end as well; they stay by default.
    #[schema(nullable = false)]
    end_api_keys: Option<bool>,
}

/// A key to be made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a body that is read field by field")]
pub struct NewKey {
    /// What its owner calls it; without control characters.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[^\\u0000-\\u001f\\u007f]*$",
        examples("market maker")
    )]
    name: String,
    /// What it may do.
    scope: Scope,
}

/// The owner of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "callers know it as userId")]
pub struct User {
    /// Names the account everywhere.
    #[schema(examples("01a20bc0-9a10-7313-9d4f-7a2effa3c781"))]
    pub user_id: Uuid,
    /// As given at sign-up.
    #[schema(examples("you@example.com"))]
    pub email: String,
    /// The digits alone.
    #[schema(pattern = "^[0-9]{1,15}$", examples("15550100"))]
    pub phone: String,
}

/// A new account, signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccount {
    /// Always true.
    pub success: True,
    /// Its owner.
    pub user: User,
    /// Its balance with the deposit; null while the engine is away, see `notice`.
    #[schema(required)]
    pub balance: Option<Account>,
    /// That the balance shows later, when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub notice: Option<&'static str>,
    /// The session, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    pub token: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedInUser {
    /// Always true.
    pub success: True,
    /// Whose it is.
    pub user: User,
    /// The session, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    pub token: String,
}

/// Who is signed in.
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
    /// With a new password: the session that replaces the one that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    pub token: Option<String>,
    /// With a new password: how many API keys of the account are still good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub api_keys: Option<u32>,
}

/// Done, and there is nothing to tell.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Success {
    /// Always true.
    pub success: True,
}

/// What is said to everybody who asks for a link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkPromise {
    /// Always true.
    pub success: True,
    /// The same whether there is such an account or not.
    pub message: &'static str,
}

/// What opens a WebSocket to an account, once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "callers know it as ticket")]
pub struct Ticket {
    /// Always true.
    pub success: True,
    /// To be given to the WebSocket.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub ticket: String,
    /// For how many seconds it is good.
    #[schema(minimum = 1, examples(30))]
    pub expires_in: u64,
}

/// Where an account is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionList {
    /// Always true.
    pub success: True,
    /// Newest first.
    pub sessions: Vec<SessionView>,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Session)]
pub struct SessionView {
    /// For ending it.
    pub session_id: Uuid,
    /// What was shown to begin it.
    #[schema(schema_with = method_schema)]
    pub method: Method,
    /// When it began, Unix ms.
    #[schema(minimum = 0)]
    pub created_at: u64,
    /// When it ends by itself, Unix ms.
    #[schema(minimum = 0)]
    pub expires_at: u64,
    /// The network address from which it was begun.
    #[schema(examples("192.0.2.7"))]
    pub address: String,
    /// What the program called itself that began it.
    #[schema(max_length = 200)]
    pub user_agent: String,
    /// Whether it is the session that asks.
    pub current: bool,
}

/// An account's keys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyList {
    /// Always true.
    pub success: True,
    /// Oldest first.
    pub api_keys: Vec<KeyView>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ApiKey)]
pub struct KeyView {
    /// For deleting it; also what the key begins with, after `vlx_`.
    pub key_id: Uuid,
    /// What its owner calls it.
    #[schema(examples("market maker"))]
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made, Unix ms.
    #[schema(minimum = 0)]
    pub created_at: u64,
    /// When it was used last, Unix ms, to the minute; null if never.
    #[schema(required, minimum = 0)]
    pub last_used_at: Option<u64>,
}

/// A new key. This is the only time that it is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MadeKey {
    /// Always true.
    pub success: True,
    /// The key.
    pub api_key: KeyView,
    /// What a program sends, as `Authorization: Bearer` or `X-Api-Key`.
    #[schema(format = Password, pattern = "^vlx_[0-9a-f]{96}$")]
    pub secret: String,
}

impl PartialSchema for Scope {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        words(
            "READ sees everything of the account; TRADE also opens, changes and closes positions.",
            [Self::Read, Self::Trade].map(Self::as_str),
        )
    }
}

impl ToSchema for Scope {}

fn method_schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    words(
        "What was shown to begin it: a password, a link from a mail, or an API key, for the \
         WebSocket.",
        ["PASSWORD", "MAGIC_LINK", "API_KEY"],
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
