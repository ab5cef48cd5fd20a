//! Outgoing mails. The same entry always gives the same bytes, so that a provider recognises a
//! repeated mail.

use crate::templates::Page;
use lettre::Address;
use lettre::address::AddressError;
use messages::{MagicLink, Mail, MailEntry, MailId, RequestId};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// The last year that a mail's date may be in.
const YEAR_MAX: i32 = 9_000;

/// A rendered and addressed mail.
pub struct Letter {
    /// The idempotency key.
    pub mail_id: MailId,
    /// The request that asked for it.
    pub request_id: Option<RequestId>,
    /// The recipient.
    pub to: Address,
    /// The time at which the mail was requested.
    pub date: OffsetDateTime,
    /// The subject.
    pub subject: &'static str,
    /// The HTML body.
    pub html: String,
    /// The plain-text body.
    pub text: String,
    /// The sign-in link in the mail, if it has one.
    pub link: Option<Link>,
}

/// A secret link that expires.
pub struct Link {
    url: String,
    expires_at_ms: u64,
}

/// The reason why an entry cannot become a mail.
#[derive(Debug, thiserror::Error)]
pub enum Unmailable {
    /// The recipient's address is invalid.
    #[error("the address is invalid: {0}")]
    Address(#[from] AddressError),
    /// A time is out of range.
    #[error("the time {0} ms is out of range")]
    Time(u64),
    /// A template could not be rendered.
    #[error("the mail cannot be rendered: {0}")]
    Template(#[from] askama::Error),
}

impl Letter {
    /// Renders the mail that an entry requests.
    pub fn write(entry: MailEntry) -> Result<Self, Unmailable> {
        let to = entry.to.parse()?;
        let date = moment(entry.timestamp_ms)?;
        let page = Page::of(&entry)?;
        let (html, text) = (page.html()?, page.text()?);
        let subject = page.subject;
        let link = match entry.mail {
            Mail::MagicLink(MagicLink { link: url, expires_at_ms }) => {
                Some(Link { url, expires_at_ms })
            }
            Mail::PasswordChanged(_) | Mail::ApiKeyCreated(_) => None,
        };
        let (mail_id, request_id) = (entry.mail_id, entry.request_id);
        Ok(Self { mail_id, request_id, to, date, subject, html, text, link })
    }

    /// Returns whether the link in the mail has expired.
    pub fn has_expired(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.expires_at_ms <= unix_ms())
    }

    /// Removes this mail's link from a provider's text, which may quote it.
    pub fn redacted(&self, text: &str) -> String {
        self.link.as_ref().map_or_else(|| text.to_owned(), |link| link.cut_out_of(text))
    }
}

impl Link {
    /// Returns the URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes everything that begins with the link's origin, up to the next space or quote: a
    /// quotation may be shortened or escaped, and the secret is at the end.
    fn cut_out_of(&self, text: &str) -> String {
        let scheme_len = self.url.find("://").map_or(0, |at| at + "://".len());
        let rest = &self.url[scheme_len..];
        let origin_len = scheme_len + rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let origin = &self.url[..origin_len];
        if origin.is_empty() {
            return text.to_owned();
        }
        let mut parts = text.split(origin);
        let mut clean = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| c.is_whitespace() || "\"'<>".contains(c));
            clean.push_str("[link]");
            clean.push_str(&part[end.unwrap_or(part.len())..]);
        }
        clean
    }
}

/// Converts a time to a date, for the text and the headers of a mail.
pub fn moment(unix_ms: u64) -> Result<OffsetDateTime, Unmailable> {
    i64::try_from(unix_ms / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .filter(|time| time.year() <= YEAR_MAX)
        .ok_or(Unmailable::Time(unix_ms))
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or(Duration::ZERO).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_link_is_cut_out() {
        let url = "https://velox.example/in?token=s3cret&to=x".to_owned();
        let link = Link { url: url.clone(), expires_at_ms: 0 };
        let rows = [
            (format!("no {url}"), "no [link]"),
            (format!("\"{url}\" and '{url}'!"), "\"[link]\" and '[link]'!"),
            ("https://velox.example/in?token=s3cr".to_owned(), "[link]"),
            (
                "<a href=https://velox.example/in?token=s3cret&amp;to=x>".to_owned(),
                "<a href=[link]>",
            ),
            ("see https://resend.com/docs".to_owned(), "see https://resend.com/docs"),
        ];
        for (text, clean) in rows {
            assert_eq!(link.cut_out_of(&text), clean);
        }
        let odd = Link { url: "token".to_owned(), expires_at_ms: 0 };
        assert_eq!(odd.cut_out_of("a token"), "a [link]");
    }
}
