//! The gateway's settings.

use price::Usd;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use session::Secret;
use std::time::Duration;

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
