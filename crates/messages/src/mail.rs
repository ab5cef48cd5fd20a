//! The mails to be sent through `mail:stream`.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{MailId, RequestId};
use crate::kinds::messages;
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

messages! {
    /// The content of a mail. The mailer chooses the wording.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Mail: "mail" {
        payload {
            /// A link that signs in the person who opens it.
            MagicLink(MagicLink) = "MAGIC_LINK",
            /// The account's password was changed.
            PasswordChanged(PasswordChanged) = "PASSWORD_CHANGED",
            /// An API key was created.
            ApiKeyCreated(ApiKeyCreated) = "API_KEY_CREATED",
        }
    }
}

/// A link that signs in the person who opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MagicLink {
    /// The complete URL, which is a secret.
    pub link: String,
    /// The time at which the link expires, Unix ms.
    #[serde(rename = "expiresAt")]
    pub expires_at_ms: u64,
}

/// A change of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// The time of the change, Unix ms.
    #[serde(rename = "changedAt")]
    pub changed_at_ms: u64,
}

/// A new API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    /// The name that its owner gave it.
    pub name: String,
    /// The scope of its permissions.
    pub scope: String,
    /// The time of its creation, Unix ms.
    #[serde(rename = "createdAt")]
    pub created_at_ms: u64,
}

impl fmt::Debug for MagicLink {
    /// Omits the link: anyone who has it can sign in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MagicLink")
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

impl StreamMessage for MailEntry {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.mail.kind())
            .with_some("requestId", self.request_id)
            .with("mailId", self.mail_id)
            .with("timestamp", self.timestamp_ms)
            .with("to", &self.to);
        self.mail.encode_payload(fields)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            mail: Mail::decode_kind(fields)?,
            request_id: fields.optional_id("requestId")?,
            mail_id: fields.id("mailId")?,
            timestamp_ms: fields.timestamp_ms()?,
            to: fields.required("to")?.to_owned(),
        })
    }
}
