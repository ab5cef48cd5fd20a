//! What goes into `mail:stream`: mails to be sent.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{MailId, RequestId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of `mail:stream`: a mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailEntry {
    /// The request that it comes from, for following it through the logs.
    pub request_id: Option<RequestId>,
    /// The same mail has the same id, however often it is sent: providers that know it send it
    /// once.
    pub mail_id: MailId,
    /// The sender's clock, Unix ms.
    pub timestamp_ms: u64,
    /// The address that it goes to.
    pub to: String,
    /// What it says.
    pub mail: Mail,
}

/// What a mail says. How it says it is the mailer's to know.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// A link that signs in whoever opens it.
    MagicLink {
        /// The whole URL: a secret.
        link: String,
        /// Until when it works, Unix ms.
        expires_at_ms: u64,
    },
    /// The account has a new password.
    PasswordChanged {
        /// Since when, Unix ms.
        changed_at_ms: u64,
    },
    /// The account has a new API key.
    ApiKeyCreated {
        /// What its owner calls it.
        name: String,
        /// What it may do.
        scope: String,
        /// Since when it works, Unix ms.
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
    /// `MAGIC_LINK` and so on, as in the entry's `type` and in logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MagicLink { .. } => "MAGIC_LINK",
            Self::PasswordChanged { .. } => "PASSWORD_CHANGED",
            Self::ApiKeyCreated { .. } => "API_KEY_CREATED",
        }
    }
}

impl fmt::Debug for Mail {
    /// Without the link: who has it can sign in.
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
        other => Err(DecodeError::new("type", format!("is {other:?}, which is no mail"))),
    }
}
