//! What requests about accounts hold, and what is answered.

use crate::answer::True;
use crate::error::{ApiError, Fields, error_sets};
use utoipa::ToSchema;
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
        ApiError::PhoneTaken,
    ];
    /// Of signing in.
    SigningIn = [ApiError::field("password", "is missing"), ApiError::InvalidCredentials];
    /// Of what hashes a password.
    Hashing = [ApiError::Busy];
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
    /// brackets and a leading + make no difference, and a JSON number will do.
    #[schema(
        pattern = r"^ *\+?[ .()-]*[1-9]([ .()-]*[0-9]){6,14}[ .()-]*$",
        examples("+1 555 0100")
    )]
    phone: String,
    /// 8 to 128 characters.
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

/// The owner of an account.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct Owner {
    /// Names the account everywhere.
    #[schema(examples("01a20bc0-9a10-7313-9d4f-7a2effa3c781"))]
    user_id: Uuid,
    /// As given at sign-up.
    #[schema(examples("you@example.com"))]
    email: String,
    /// The digits alone.
    #[schema(pattern = "^[0-9]{1,15}$", examples("15550100"))]
    phone: String,
}

/// A new account, signed in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct NewAccount {
    /// Always true.
    success: True,
    /// Its owner.
    user: Owner,
    /// Its balance with the deposit; null while the engine is away, see `notice`.
    #[schema(required)]
    balance: Option<Account>,
    /// That the balance shows later, when it does.
    #[schema(nullable = false)]
    notice: Option<String>,
    /// The session, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    token: String,
}

/// A session.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct Session {
    /// Always true.
    success: True,
    /// Whose it is.
    user: Owner,
    /// The session, for `Authorization: Bearer`; also in the cookie.
    #[schema(format = Password)]
    token: String,
}

/// Who is signed in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct Me {
    /// Always true.
    success: True,
    /// The account's owner.
    user: Owner,
}

/// Done, and there is nothing to tell.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct Success {
    /// Always true.
    success: True,
}

/// What opens a WebSocket to an account, once.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is answered")]
pub struct WebSocketTicket {
    /// Always true.
    success: True,
    /// To be given to the WebSocket.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    ticket: String,
    /// For how many seconds it is good.
    #[schema(minimum = 1, examples(30))]
    expires_in: u64,
}
