//! Transports for mails: Resend, SMTP and a folder.

mod folder;
mod resend;
mod smtp;

use crate::config::Config;
use crate::letter::Letter;
use folder::Folder;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use resend::Resend;
use smtp::Smtp;
use std::time::{Duration, SystemTime};

/// The maximum number of characters kept of a provider's response.
const REASON_LEN_MAX: usize = 300;

/// A transport for mails.
pub enum Transport {
    /// Resend's HTTP API.
    Resend(Resend),
    /// A mail server.
    Smtp(Smtp),
    /// Files in a folder, for trying Velox out.
    Folder(Folder),
}

/// The reason why a mail was not sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The provider refuses the mail; retrying does not help.
    #[error("refused: {0}")]
    Refused(String),
    /// The provider is unavailable; retrying may help.
    #[error("unavailable: {reason}")]
    Unavailable {
        /// The failure.
        reason: String,
        /// The pause that the provider asks for, if it does.
        retry_after: Option<Duration>,
    },
}

impl Transport {
    /// Creates the transport that the settings select.
    ///
    /// # Errors
    /// If its settings are invalid.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let (key, url) = (&config.resend_api_key, &config.smtp_url);
        let from = config.mail_from.clone();
        if let Some(key) = key.as_ref().and_then(|key| key.reveal()) {
            return Ok(Self::Resend(Resend::new(&config.resend_url, key, &from)?));
        }
        if let Some(url) = url.as_ref().and_then(|url| url.reveal()) {
            return Ok(Self::Smtp(Smtp::new(url, from)?));
        }
        Ok(Self::Folder(Folder::new(&config.mail_dir, from, config.logs_links())?))
    }

    /// Returns its name in logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resend(_) => "resend",
            Self::Smtp(_) => "smtp",
            Self::Folder(_) => "folder",
        }
    }

    /// Sends a letter, in a single attempt. The text of an error is safe to log and store.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let sent = match self {
            Self::Resend(resend) => resend.send(letter).await,
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.send(letter).await,
        };
        sent.map_err(|error| {
            error.map_reason(|reason| {
                letter.redacted(&reason).chars().take(REASON_LEN_MAX).collect()
            })
        })
    }
}

impl SendError {
    pub(crate) const fn unavailable(reason: String) -> Self {
        Self::Unavailable { reason, retry_after: None }
    }

    fn map_reason(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Refused(reason) => Self::Refused(change(reason)),
            Self::Unavailable { reason, retry_after } => {
                Self::Unavailable { reason: change(reason), retry_after }
            }
        }
    }
}

/// Returns the letter as an Internet message.
fn message(letter: &Letter, from: &Mailbox) -> Result<Message, SendError> {
    // A receiver may recognise a duplicate by its id.
    let message_id = format!("<{}@{}>", letter.mail_id, from.email.domain());
    let parts = MultiPart::alternative()
        .boundary(format!("velox-{}", letter.mail_id))
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(SinglePart::html(letter.html.clone()));
    Message::builder()
        .from(from.clone())
        .to(letter.to.clone().into())
        .subject(letter.subject)
        .date(SystemTime::from(letter.date))
        .message_id(Some(message_id))
        .raw_header(automatic())
        .multipart(parts)
        .map_err(|error| SendError::Refused(error.to_string()))
}

/// Returns the header that prevents automatic replies (RFC 3834).
fn automatic() -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(name, "auto-generated".to_owned())
}
