//! The gateway's settings.

use price::Usd;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The shortest secret that is accepted: HS256 keys below 256 bits can be guessed offline.
const SECRET_LEN_MIN: usize = 32;

/// Answers HTTP: accounts, sessions, orders.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address that the API is served on.
    #[arg(long, env = "HTTP_HOST", default_value = "0.0.0.0")]
    pub http_host: String,
    /// The port that the API is served on.
    #[arg(long, env = "HTTP_PORT", default_value_t = 3005)]
    pub http_port: u16,
    /// Signs session tokens; at least 32 bytes, the same for all gateways.
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Secret,
    /// How long a session lasts (s).
    #[arg(long, env = "JWT_TTL_S", default_value_t = 24 * 60 * 60)]
    pub jwt_ttl_s: u64,
    /// Virtual money that a new account starts with (USD).
    #[arg(long, env = "SIGNUP_DEPOSIT", default_value = "1000", value_parser = parse_deposit)]
    pub signup_deposit: Usd,
    /// How long the engine's answer is waited for (ms).
    #[arg(long, env = "ENGINE_TIMEOUT_MS", default_value_t = 5_000)]
    pub engine_timeout_ms: u64,
    /// `production` sends cookies over HTTPS only.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: String,
    /// How many passwords are hashed at once; each takes a core for some 20 ms and 19 MiB.
    #[arg(long, env = "PASSWORD_HASH_CONCURRENCY", default_value_t = 2)]
    pub password_hash_concurrency: usize,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9101>,
}

impl Config {
    /// How long the engine's answer is waited for.
    pub const fn engine_timeout(&self) -> Duration {
        Duration::from_millis(self.engine_timeout_ms)
    }

    /// Whether cookies are for HTTPS alone.
    pub fn is_production(&self) -> bool {
        self.app_env == "production"
    }
}

fn parse_deposit(text: &str) -> Result<Usd, String> {
    let deposit: Usd = text.parse().map_err(|error| format!("{text:?} {error}"))?;
    if deposit.is_negative() || deposit.to_i64().is_err() {
        return Err(format!("{text:?} is not from 0 to 92233720368"));
    }
    Ok(deposit)
}

/// A secret that is not printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// For the one place that signs with it.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() < SECRET_LEN_MIN {
            return Err(format!(
                "has {} bytes and needs at least {SECRET_LEN_MIN}; make one with `openssl rand -hex 32`",
                text.len()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
