//! The mailer's settings.

use clap::builder::RangedU64ValueParser;
use lettre::message::Mailbox;
use service::{MetricsArgs, RedisArgs};
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, time::Duration};

/// For what a member does with an entry besides waiting for a provider.
const CLAIM_MARGIN: Duration = Duration::from_secs(30);

/// Sends mails: through Resend where `RESEND_API_KEY` is set, else by SMTP where `SMTP_URL` is set,
/// else into a folder.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The key of a Resend account; empty is unset.
    #[arg(long, env = "RESEND_API_KEY", hide_env_values = true, allow_hyphen_values = true)]
    pub resend_api_key: Option<Secret>,
    /// Resend's API.
    #[arg(long, env = "RESEND_URL", default_value = "https://api.resend.com")]
    pub resend_url: String,
    /// A mail server, `smtp://[user:password@]host[:port]` or `smtps://…`; empty is unset. `smtp`
    /// changes to TLS where the server can, and must before it sends a password to another
    /// machine; `?tls=required` and `?tls=none` say otherwise.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, allow_hyphen_values = true)]
    pub smtp_url: Option<Secret>,
    /// Where mails are left as `.eml` files when no provider is set.
    #[arg(long, env = "MAIL_DIR", default_value = "mail")]
    pub mail_dir: PathBuf,
    /// Whom mails come from.
    #[arg(long, env = "MAIL_FROM", default_value = "Velox <no-reply@localhost>")]
    pub mail_from: Mailbox,
    /// `production` restricts cookies to HTTPS and sends HSTS; `development` writes sign-in links
    /// to the mailer's log.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: String,
    /// How many mails are sent at the same moment.
    #[arg(long, env = "MAILER_SENDS_MAX", default_value_t = 8)]
    pub sends_max: usize,
    /// How long a provider may take to accept a mail (ms).
    #[arg(long, env = "MAILER_SEND_TIMEOUT_MS", default_value_t = 10_000, value_parser = up_to_an_hour())]
    pub send_timeout_ms: u64,
    /// For how long a mail is tried again while its provider is away (ms), at each of its five
    /// deliveries.
    #[arg(long, env = "MAILER_PATIENCE_MS", default_value_t = 180_000, value_parser = up_to_an_hour())]
    pub patience_ms: u64,
    /// This member's name in the group, kept across restarts: what it left unacknowledged comes
    /// back to it at once. Give each of several mailers its own.
    #[arg(long, env = "MAILER_CONSUMER", default_value = "mailer-1")]
    pub consumer: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9107>,
}

/// Longer, and what a dead member left would wait for hours.
fn up_to_an_hour() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=3_600_000)
}

impl Config {
    /// Whether sign-in links may be in the log.
    pub fn logs_links(&self) -> bool {
        self.app_env == "development"
    }

    /// How long a provider may take to accept a mail.
    pub const fn send_timeout(&self) -> Duration {
        Duration::from_millis(self.send_timeout_ms)
    }

    /// For how long one delivery is tried again.
    pub const fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }

    /// After how long another member's unacknowledged mails are taken over: not a setting of its
    /// own, since a mail that a member still tries to send must never go to a second one.
    pub fn claim_idle(&self) -> Duration {
        self.patience() + self.send_timeout() + CLAIM_MARGIN
    }
}

/// A setting that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The setting itself; nothing when it is empty, which is how compose files pass on what is
    /// not set.
    pub fn reveal(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
