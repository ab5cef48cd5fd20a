//! A mail as it goes out: the same bytes for the same entry, whenever it is made, so that a
//! provider recognises what it has been given before.

use crate::templates::Page;
use lettre::Address;
use lettre::address::AddressError;
use messages::{Mail, MailEntry, MailId, RequestId};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// The last year that a mail's date may be in.
const YEAR_MAX: i32 = 9_000;

/// A mail, written and addressed.
pub struct Letter {
    /// The idempotency key.
    pub mail_id: MailId,
    /// The request that asked for it.
    pub request_id: Option<RequestId>,
    /// Whom it goes to.
    pub to: Address,
    /// When it was asked for.
    pub date: OffsetDateTime,
    /// Its subject.
    pub subject: &'static str,
    /// What it says, for mail programs that show HTML.
    pub html: String,
    /// What it says, for the others.
    pub text: String,
    /// A link in it that signs in whoever opens it.
    pub link: Option<Link>,
}

/// A link that is a secret, and works for a while.
pub struct Link {
    url: String,
    expires_at_ms: u64,
}

/// Why an entry makes no mail.
#[derive(Debug, thiserror::Error)]
pub enum Unmailable {
    /// Nobody can be reached under this address.
    #[error("the address can't be used: {0}")]
    Address(#[from] AddressError),
    /// It is no time of this era.
    #[error("the time {0} ms is out of range")]
    Time(u64),
    /// A template failed.
    #[error("the mail can't be written: {0}")]
    Template(#[from] askama::Error),
}

impl Letter {
    /// Writes the mail that an entry asks for.
    pub fn write(entry: MailEntry) -> Result<Self, Unmailable> {
        let to = entry.to.parse()?;
        let date = moment(entry.timestamp_ms)?;
        let page = Page::of(&entry)?;
        let (html, text) = (page.html()?, page.text()?);
        let subject = page.subject;
        let link = match entry.mail {
            Mail::MagicLink { link: url, expires_at_ms } => Some(Link { url, expires_at_ms }),
            Mail::PasswordChanged { .. } | Mail::ApiKeyCreated { .. } => None,
        };
        let (mail_id, request_id) = (entry.mail_id, entry.request_id);
        Ok(Self { mail_id, request_id, to, date, subject, html, text, link })
    }

    /// Whether what it is for is over.
    pub fn has_expired(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.expires_at_ms <= unix_ms())
    }

    /// A text of someone else's without this mail's link, which they may have quoted.
    pub fn redacted(&self, text: &str) -> String {
        self.link.as_ref().map_or_else(|| text.to_owned(), |link| link.cut_out_of(text))
    }
}

impl Link {
    /// The whole URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that begins like the link goes, up to the next space or quote: a quotation may
    /// be shortened or escaped, and the secret is at the end.
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

/// A time of the wire, for people and for mail headers.
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
