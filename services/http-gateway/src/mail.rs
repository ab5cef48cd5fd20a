//! Mails, on their way to the mailer.

use crate::app::App;
use crate::clock::unix_ms;
use messages::{MAIL_STREAM, Mail, MailEntry, MailId, RequestId, StreamMessage as _};
use uuid::Uuid;

/// Hands a mail to the mailer.
///
/// # Errors
/// When Redis is away.
async fn send(
    app: &App,
    to: String,
    mail: Mail,
    request_id: RequestId,
) -> Result<(), streams::Error> {
    app.redis.append(MAIL_STREAM, &entry(to, mail, request_id).encode()).await.map(drop)
}

/// A mail of this moment, as the mailer takes it.
pub fn entry(to: String, mail: Mail, request_id: RequestId) -> MailEntry {
    let mail_id = MailId(Uuid::now_v7());
    MailEntry { request_id: Some(request_id), mail_id, timestamp_ms: unix_ms(), to, mail }
}

/// Hands over a mail about something that has happened, whether that works or not.
pub fn send_later(app: &App, to: String, mail: Mail, request_id: RequestId) {
    let (app, kind) = (app.clone(), mail.kind());
    app.background.clone().spawn(async move {
        if let Err(error) = send(&app, to, mail, request_id).await {
            tracing::warn!(%error, kind, request.id = %request_id, "a mail can't be handed over");
        }
    });
}
