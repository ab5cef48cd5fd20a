//! The mails to be sent through `mail:stream`.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{MailId, RequestId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An entry of `mail:stream`: a mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailEntry {
    /// The request that caused it, for tracing it through the logs.
    pub request_id: Option<RequestId>,
    /// The id, the same for every attempt to send the mail: providers that support it send the mail
    /// once.
    pub mail_id: MailId,
    /// The sender's clock, Unix ms.
    pub timestamp_ms: u64,
    /// The recipient's address.
    pub to: String,
    /// The content.
    pub mail: Mail,
}

/// The content of a mail. The mailer chooses the wording.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// A link that signs in the person who opens it.
    MagicLink {
        /// The complete URL, which is a secret.
        link: String,
        /// The time at which the link expires, Unix ms.
        expires_at_ms: u64,
    },
    /// The account's password was changed.
    PasswordChanged {
        /// The time of the change, Unix ms.
        changed_at_ms: u64,
    },
    /// An API key was created.
    ApiKeyCreated {
        /// The name that its owner gave it.
        name: String,
        /// The scope of its permissions.
        scope: String,
        /// The time of its creation, Unix ms.
        created_at_ms: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct MagicLinkPayload {
    link: String,
    #[serde(rename = "expiresAt")]
    expires_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct PasswordChangedPayload {
    #[serde(rename = "changedAt")]
    changed_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct ApiKeyCreatedPayload {
    name: String,
    scope: String,
    #[serde(rename = "createdAt")]
    created_at_ms: u64,
}

impl Mail {
    /// The `type` of the entry, also used in logs, such as `MAGIC_LINK`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MagicLink { .. } => "MAGIC_LINK",
            Self::PasswordChanged { .. } => "PASSWORD_CHANGED",
            Self::ApiKeyCreated { .. } => "API_KEY_CREATED",
        }
    }
}

impl fmt::Debug for Mail {
    /// Omits the link: anyone who has it can sign in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MagicLink { link: _, expires_at_ms } => f
                .debug_struct("MagicLink")
                .field("expires_at_ms", expires_at_ms)
                .finish_non_exhaustive(),
            Self::PasswordChanged { changed_at_ms } => {
                f.debug_struct("PasswordChanged").field("changed_at_ms", changed_at_ms).finish()
            }
            Self::ApiKeyCreated { name, scope, created_at_ms } => f
                .debug_struct("ApiKeyCreated")
                .field("name", name)
                .field("scope", scope)
                .field("created_at_ms", created_at_ms)
                .finish(),
        }
    }
}

impl StreamMessage for MailEntry {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.mail.kind())
            .with_some("requestId", self.request_id)
            .with("mailId", self.mail_id)
            .with("timestamp", self.timestamp_ms)
            .with("to", &self.to);
        match self.mail.clone() {
            Mail::MagicLink { link, expires_at_ms } => {
                fields.with_payload(&MagicLinkPayload { link, expires_at_ms })
            }
            Mail::PasswordChanged { changed_at_ms } => {
                fields.with_payload(&PasswordChangedPayload { changed_at_ms })
            }
            Mail::ApiKeyCreated { name, scope, created_at_ms } => {
                fields.with_payload(&ApiKeyCreatedPayload { name, scope, created_at_ms })
            }
        }
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            mail: decode_mail(fields)?,
            request_id: fields.optional_id("requestId")?,
            mail_id: fields.id("mailId")?,
            timestamp_ms: fields.timestamp_ms()?,
            to: fields.required("to")?.to_owned(),
        })
    }
}

fn decode_mail(fields: &Fields) -> Result<Mail, DecodeError> {
    match fields.kind()? {
        "MAGIC_LINK" => {
            let MagicLinkPayload { link, expires_at_ms } = fields.payload()?;
            Ok(Mail::MagicLink { link, expires_at_ms })
        }
        "PASSWORD_CHANGED" => {
            let PasswordChangedPayload { changed_at_ms } = fields.payload()?;
            Ok(Mail::PasswordChanged { changed_at_ms })
        }
        "API_KEY_CREATED" => {
            let ApiKeyCreatedPayload { name, scope, created_at_ms } = fields.payload()?;
            Ok(Mail::ApiKeyCreated { name, scope, created_at_ms })
        }
        other => Err(DecodeError::new("type", format!("is the unknown mail type {other:?}"))),
    }
}
