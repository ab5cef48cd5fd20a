//! Sending emails through the mailer.

use crate::clock::unix_ms;
use crate::state::AppState;
use messages::{MAIL_STREAM, Mail, MailEntry, MailId, RequestId, StreamMessage as _};
use uuid::Uuid;

/// Hands an email to the mailer.
///
/// # Errors
/// When Redis is unavailable.
async fn send(
    app: &AppState,
    to: String,
    mail: Mail,
    request_id: RequestId,
) -> Result<(), streams::Error> {
    app.redis.append(MAIL_STREAM, &entry(to, mail, request_id).encode()).await.map(drop)
}

/// Returns the mailer's entry for an email, with a new id and the current time.
pub fn entry(to: String, mail: Mail, request_id: RequestId) -> MailEntry {
    let mail_id = MailId(Uuid::now_v7());
    MailEntry { request_id: Some(request_id), mail_id, timestamp_ms: unix_ms(), to, mail }
}

/// Hands an email to the mailer in the background. A failure is only logged.
pub fn send_later(app: &AppState, to: String, mail: Mail, request_id: RequestId) {
    let (app, kind) = (app.clone(), mail.kind());
    app.background.clone().spawn(async move {
        if let Err(error) = send(&app, to, mail, request_id).await {
            tracing::warn!(%error, kind, request.id = %request_id, "an email can't be handed to the mailer");
        }
    });
}
