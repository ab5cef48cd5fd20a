//! The content of the mails. HTML and plain text are rendered from the same [`Page`].

use crate::letter::{Unmailable, moment};
use askama::Template;
use messages::{ApiKeyCreated, MagicLink, Mail, MailEntry, PasswordChanged};
use time::OffsetDateTime;

/// The content of a mail, before rendering.
pub struct Page {
    /// The subject, which is also the heading.
    pub subject: &'static str,
    lead: String,
    action: Option<Action>,
    facts: Vec<Fact>,
    /// The advice to a recipient who did not cause this mail.
    caution: &'static str,
}

struct Action {
    label: &'static str,
    link: String,
    /// The sentence on how long the link is valid.
    validity: String,
}

struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    page: &'a Page,
}

impl Page {
    /// Returns the content of the mail that an entry requests.
    pub fn of(entry: &MailEntry) -> Result<Self, Unmailable> {
        let to = one_line(&entry.to);
        match &entry.mail {
            Mail::MagicLink(MagicLink { link, expires_at_ms }) => {
                let validity = format!(
                    "The link is valid for {}, until {}.",
                    span(expires_at_ms.saturating_sub(entry.timestamp_ms)),
                    date_and_time(moment(*expires_at_ms)?)
                );
                Ok(Self {
                    subject: "Sign in to Velox",
                    lead: format!("We received a request to sign in as {to}."),
                    action: Some(Action { label: "Sign in", link: one_line(link), validity }),
                    facts: Vec::new(),
                    caution: "If you did not request this, ignore this email: nobody can sign in \
                              without the link. Do not forward it.",
                })
            }
            Mail::PasswordChanged(PasswordChanged { changed_at_ms }) => Ok(Self {
                subject: "Your Velox password was changed",
                lead: format!("The password of the account {to} was changed."),
                action: None,
                facts: vec![Fact::new("Changed", date_and_time(moment(*changed_at_ms)?))],
                caution: "If you made this change, ignore this email. If not, someone else may \
                          have access to your account: request a sign-in link and choose a new \
                          password now.",
            }),
            Mail::ApiKeyCreated(ApiKeyCreated { name, scope, created_at_ms }) => Ok(Self {
                subject: "A new API key for your Velox account",
                lead: format!("A new API key was created for the account {to}."),
                action: None,
                facts: vec![
                    Fact::new("Name", one_line(name)),
                    Fact::new("Scope", one_line(scope)),
                    Fact::new("Created", date_and_time(moment(*created_at_ms)?)),
                ],
                caution: "If you created it, ignore this email. If not, someone else may have \
                          access to your account: delete the key and choose a new password now.",
            }),
        }
    }

    /// Renders the page as HTML.
    pub fn html(&self) -> Result<String, askama::Error> {
        Html { page: self }.render()
    }

    /// Renders the page as plain text.
    pub fn text(&self) -> Result<String, askama::Error> {
        Text { page: self }.render()
    }
}

impl Fact {
    const fn new(name: &'static str, value: String) -> Self {
        Self { name, value }
    }
}

/// Replaces control characters: line breaks in a user's text would look like lines of the mail.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns a duration in words, rounded down.
fn span(ms: u64) -> String {
    match ms / 60_000 {
        0 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        minutes @ 2..120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    }
}

fn date_and_time(time: OffsetDateTime) -> String {
    let (day, month, year) = (time.day(), time.month(), time.year());
    format!("{day} {month} {year}, {:02}:{:02} UTC", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_rounded_down() {
        let rows = [
            (0, "less than a minute"),
            (59_999, "less than a minute"),
            (60_000, "1 minute"),
            (899_999, "14 minutes"),
            (900_000, "15 minutes"),
            (7_199_999, "119 minutes"),
            (7_200_000, "2 hours"),
            (86_400_000, "24 hours"),
        ];
        for (ms, words) in rows {
            assert_eq!(span(ms), words);
        }
    }
}
