//! The mailer's settings.

use clap::builder::RangedU64ValueParser;
use lettre::message::Mailbox;
use service::{MetricsArgs, RedisArgs};
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, time::Duration};

/// The time a member may spend on an entry besides waiting for a provider.
const CLAIM_MARGIN: Duration = Duration::from_secs(30);

/// Sends mails: through Resend if `RESEND_API_KEY` is set, else by SMTP if `SMTP_URL` is set, else
/// to a folder.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The API key of a Resend account; empty means unset.
    #[arg(long, env = "RESEND_API_KEY", hide_env_values = true, allow_hyphen_values = true)]
    pub resend_api_key: Option<Secret>,
    /// The base URL of Resend's API.
    #[arg(long, env = "RESEND_URL", default_value = "https://api.resend.com")]
    pub resend_url: String,
    /// The mail server, `smtp://[user:password@]host[:port]` or `smtps://…`; empty means unset.
    /// `smtp` upgrades to TLS if the server supports it, and requires it to send a password to
    /// another machine; `?tls=required` and `?tls=none` override this.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, allow_hyphen_values = true)]
    pub smtp_url: Option<Secret>,
    /// The folder for mails as `.eml` files if no provider is set.
    #[arg(long, env = "MAIL_DIR", default_value = "mail")]
    pub mail_dir: PathBuf,
    /// The sender of the mails.
    #[arg(long, env = "MAIL_FROM", default_value = "Velox <no-reply@localhost>")]
    pub mail_from: Mailbox,
    /// `production` restricts cookies to HTTPS and sends HSTS; `development` writes sign-in links
    /// to the mailer's log.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: String,
    /// The maximum number of mails sent concurrently.
    #[arg(long, env = "MAILER_SENDS_MAX", default_value_t = 8)]
    pub sends_max: usize,
    /// The time limit for a provider to accept a mail (ms).
    #[arg(long, env = "MAILER_SEND_TIMEOUT_MS", default_value_t = 10_000, value_parser = up_to_an_hour())]
    pub send_timeout_ms: u64,
    /// The time for which each of the five deliveries of a mail retries while the provider is
    /// unavailable (ms).
    #[arg(long, env = "MAILER_PATIENCE_MS", default_value_t = 180_000, value_parser = up_to_an_hour())]
    pub patience_ms: u64,
    /// This member's name in the group, kept across restarts: entries that it left unacknowledged
    /// are delivered to it at once. Each of several mailers needs its own name.
    #[arg(long, env = "MAILER_CONSUMER", default_value = "mailer-1")]
    pub consumer: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9107>,
}

/// Parses a duration of at most an hour: with more, the mails of a dead member would wait for
/// hours.
fn up_to_an_hour() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=3_600_000)
}

impl Config {
    /// Returns whether sign-in links may be logged.
    pub fn logs_links(&self) -> bool {
        self.app_env == "development"
    }

    /// Returns the time limit for a provider to accept a mail.
    pub const fn send_timeout(&self) -> Duration {
        Duration::from_millis(self.send_timeout_ms)
    }

    /// Returns the time for which a delivery is retried.
    pub const fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }

    /// Returns the idle time after which another member's unacknowledged mails are taken over. It
    /// is not a setting, because a mail that a member still tries to send must never go to a second
    /// one.
    pub fn claim_idle(&self) -> Duration {
        self.patience() + self.send_timeout() + CLAIM_MARGIN
    }
}

/// A setting that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the setting; `None` if it is empty, which is how compose files pass unset variables.
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
