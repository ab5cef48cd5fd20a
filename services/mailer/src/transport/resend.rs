//! Resend's HTTP API.

use crate::letter::Letter;
use crate::transport::SendError;
use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The maximum size of a response in bytes. Usual ones have a few hundred.
const ANSWER_LEN_MAX: usize = 64 * 1024;

/// The header by which Resend detects repeated mails for 24 hours.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The name of the temporary one of the two errors for a key in use: the first request with it is
/// still being processed.
const STILL_UNDER_WAY: &str = "concurrent_idempotent_requests";

/// A Resend account.
pub struct Resend {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    emails: Uri,
    authorization: HeaderValue,
    from: String,
}

#[derive(Serialize)]
struct Email<'a> {
    from: &'a str,
    to: [&'a str; 1],
    subject: &'a str,
    html: &'a str,
    text: &'a str,
}

/// The body of an error response.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    name: String,
    message: String,
}

impl Resend {
    /// Creates the transport, without connecting.
    pub fn new(url: &str, key: &str, from: &Mailbox) -> anyhow::Result<Self> {
        let emails = format!("{}/emails", url.trim_end_matches('/')).parse();
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}"))
            .context("RESEND_API_KEY contains invalid characters")?;
        authorization.set_sensitive(true);
        let https = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http();
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(https.enable_http1().build()),
            emails: emails.context("RESEND_URL is not a URL")?,
            authorization,
            from: from.to_string(),
        })
    }

    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let (status, headers, body) = self.post(letter).await.map_err(SendError::unavailable)?;
        judge(status, &headers, &body)
    }

    async fn post(&self, letter: &Letter) -> Result<(StatusCode, HeaderMap, Bytes), String> {
        let email = Email {
            from: &self.from,
            to: [letter.to.as_ref()],
            subject: letter.subject,
            html: &letter.html,
            text: &letter.text,
        };
        let json = serde_json::to_vec(&email).expect("texts are JSON");
        let request = Request::post(self.emails.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, letter.mail_id.to_string())
            .body(Full::from(json))
            .map_err(|error| error.to_string())?;
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_LEN_MAX).collect().await;
        Ok((head.status, head.headers, body.map_err(|error| error.to_string())?.to_bytes()))
    }
}

/// Converts a response to the result of an attempt.
fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    let complaint = serde_json::from_slice::<Complaint>(body).unwrap_or_default();
    let said = match (complaint.name.as_str(), complaint.message.as_str()) {
        ("", "") => String::from_utf8_lossy(body).into_owned(),
        (name, message) => format!("{name}: {message}"),
    };
    let reason = format!("HTTP {}: {said}", status.as_u16());
    let is_passing = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => true,
        StatusCode::CONFLICT => complaint.name == STILL_UNDER_WAY,
        status => !status.is_client_error(),
    };
    if is_passing {
        Err(SendError::Unavailable { reason, retry_after: retry_after(headers) })
    } else {
        Err(SendError::Refused(reason))
    }
}

/// Parses `Retry-After`. Resend sends seconds; the other form of the header, a date, is ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_means_sent_later_or_never() {
        let rows = [
            (200, "", r#"{"id":"x"}"#, "sent"),
            (201, "", "", "sent"),
            (429, "5", r#"{"name":"rate_limit_exceeded","message":"slow down"}"#, "later in 5s"),
            (429, "soon", "", "later"),
            (408, "", "", "later"),
            (409, "", r#"{"name":"concurrent_idempotent_requests","message":"wait"}"#, "later"),
            (409, "", r#"{"name":"invalid_idempotent_request","message":"other"}"#, "never"),
            (401, "", "", "never"),
            (403, "", "", "never"),
            (422, "", r#"{"name":"validation_error","message":"bad to"}"#, "never"),
            (301, "", "", "later"),
            (500, "", "<html>", "later"),
            (503, "2", "", "later in 2s"),
        ];
        for (status, pause, body, expected) in rows {
            let status = StatusCode::from_u16(status).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, pause.parse().unwrap());
            let meaning = match judge(status, &headers, body.as_bytes()) {
                Ok(()) => "sent".to_owned(),
                Err(SendError::Refused(_)) => "never".to_owned(),
                Err(SendError::Unavailable { retry_after: None, .. }) => "later".to_owned(),
                Err(SendError::Unavailable { retry_after: Some(pause), .. }) => {
                    format!("later in {pause:?}")
                }
            };
            assert_eq!(meaning, expected, "{status} {body}");
        }
    }
}
