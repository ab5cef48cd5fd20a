//! What the mails say. Each says the same in HTML and in plain text: both are laid out from one
//! [`Page`].

use crate::letter::{Unmailable, moment};
use askama::Template;
use messages::{Mail, MailEntry};
use time::OffsetDateTime;

/// The content of a mail, not yet laid out.
pub struct Page {
    /// The subject, which is also the heading.
    pub subject: &'static str,
    lead: String,
    action: Option<Action>,
    facts: Vec<Fact>,
    /// What to do when one has not caused this mail.
    caution: &'static str,
}

struct Action {
    label: &'static str,
    link: String,
    /// How long it works.
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
    /// What the mail of this entry says.
    pub fn of(entry: &MailEntry) -> Result<Self, Unmailable> {
        let to = one_line(&entry.to);
        match &entry.mail {
            Mail::MagicLink { link, expires_at_ms } => {
                let validity = format!(
                    "The link is good for {}, until {}.",
                    span(expires_at_ms.saturating_sub(entry.timestamp_ms)),
                    date_and_time(moment(*expires_at_ms)?)
                );
                Ok(Self {
                    subject: "Sign in to Velox",
                    lead: format!("Somebody, hopefully you, asked to sign in as {to}."),
                    action: Some(Action { label: "Sign in", link: one_line(link), validity }),
                    facts: Vec::new(),
                    caution: "If it was not you, you may ignore this mail: without the link nobody \
                              gets in. Don't pass it on.",
                })
            }
            Mail::PasswordChanged { changed_at_ms } => Ok(Self {
                subject: "Your Velox password was changed",
                lead: format!("The account of {to} has a new password."),
                action: None,
                facts: vec![Fact::new("Changed", date_and_time(moment(*changed_at_ms)?))],
                caution: "If it was you, you may ignore this mail. If not, somebody else can get \
                          into your account: ask for a sign-in link and choose another password \
                          now.",
            }),
            Mail::ApiKeyCreated { name, scope, created_at_ms } => Ok(Self {
                subject: "A new API key for your Velox account",
                lead: format!("The account of {to} has a new API key."),
                action: None,
                facts: vec![
                    Fact::new("Name", one_line(name)),
                    Fact::new("Scope", one_line(scope)),
                    Fact::new("Created", date_and_time(moment(*created_at_ms)?)),
                ],
                caution: "If it was you, you may ignore this mail. If not, somebody else can get \
                          into your account: delete the key and choose another password now.",
            }),
        }
    }

    /// Laid out for mail programs that show HTML.
    pub fn html(&self) -> Result<String, askama::Error> {
        Html { page: self }.render()
    }

    /// Laid out for the others.
    pub fn text(&self) -> Result<String, askama::Error> {
        Text { page: self }.render()
    }
}

impl Fact {
    const fn new(name: &'static str, value: String) -> Self {
        Self { name, value }
    }
}

/// What users name may have lines of its own; in plain text they would look like ours.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A stretch of time in words, rounded down.
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
