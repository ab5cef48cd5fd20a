//! The gateway's settings.

use crate::access::rate_limits::RateLimitArgs;
use crate::server::ServerLimits;
use connections::{Bounds, FileLimit};
use price::Usd;
use proxies::ProxyArgs;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use session::SigningArgs;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Answers HTTP: accounts, sessions, orders.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address that the API is served on; `::` is all of them, by IPv6 and IPv4.
    #[arg(long, env = "HTTP_HOST", default_value = "::")]
    pub http_host: String,
    /// The port that the API is served on.
    #[arg(long, env = "HTTP_PORT", default_value_t = 3005)]
    pub http_port: u16,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub signing: SigningArgs,
    /// How long a session lasts (s).
    #[arg(long, env = "JWT_TTL_S", default_value_t = 24 * 60 * 60)]
    pub jwt_ttl_s: u64,
    /// Virtual money that a new account starts with (USD).
    #[arg(long, env = "SIGNUP_DEPOSIT", default_value = "1000", value_parser = parse_deposit)]
    pub signup_deposit: Usd,
    /// How long the engine's answer is waited for (ms).
    #[arg(long, env = "ENGINE_TIMEOUT_MS", default_value_t = 5_000)]
    pub engine_timeout_ms: u64,
    /// `production` sends cookies over HTTPS only, and tells browsers to come by HTTPS. Sign-in
    /// links are in the mailer's log in `development` alone.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: String,
    /// Where the web UI is, as browsers see it: its pages may call the API, and links from mails
    /// end there.
    #[arg(long, env = "FRONTEND_URL", default_value = "http://localhost:3000")]
    pub frontend_url: SiteUrl,
    /// Where this API is, as browsers see it, for links in mails; `FRONTEND_URL` unless set.
    #[arg(long, env = "PUBLIC_URL", default_value = "", value_parser = optional_site)]
    pub public_url: MaybeSite,
    /// How many passwords are hashed at once; each takes a core for some 20 ms and 19 MiB. Half
    /// of the cores unless set.
    #[arg(long, env = "PASSWORD_HASH_CONCURRENCY")]
    pub password_hash_concurrency: Option<usize>,
    /// The folder of the built web UI; without it the UI is not served.
    #[arg(long, env = "WEB_DIR")]
    pub web_dir: Option<PathBuf>,
    /// The port that the web UI is served on, with the same API beside it.
    #[arg(long, env = "WEB_PORT", default_value_t = 3000)]
    pub web_port: u16,
    /// Where browsers find the WebSocket, `wss://host/path`; unless set, on `WS_PORT` of the host
    /// that they called.
    #[arg(long, env = "WS_PUBLIC_URL")]
    pub ws_public_url: Option<String>,
    /// The port of the WebSocket, for the web UI.
    #[arg(long, env = "WS_PORT", default_value_t = 3006)]
    pub ws_port: u16,
    /// The most connections at once, on all ports together; never more than the process may open
    /// (`ulimit -n`).
    #[arg(long, env = "HTTP_CONNECTIONS_MAX", default_value_t = 10_000)]
    pub http_connections_max: usize,
    /// The most connections from one address, or requests under way of one address behind a
    /// trusted proxy; never more than half of what the process may open.
    #[arg(long, env = "HTTP_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 500)]
    pub http_connections_per_address_max: usize,
    /// How long a client may take to send the head of a request, and may be silent between two
    /// (ms).
    #[arg(long, env = "HTTP_HEAD_TIMEOUT_MS", default_value_t = 20_000)]
    pub http_head_timeout_ms: u64,
    /// How long new connections are still taken after a SIGTERM (ms): time for a load balancer to
    /// notice.
    #[arg(long, env = "HTTP_STOP_DELAY_MS", default_value_t = 0)]
    pub http_stop_delay_ms: u64,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub rate_limits: RateLimitArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub proxies: ProxyArgs,
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

    /// Where links in mails lead.
    pub fn public_url(&self) -> &str {
        &self.public_url.as_ref().unwrap_or(&self.frontend_url).0
    }

    /// How many threads hash passwords: never all cores, for those are for trading.
    pub fn password_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.password_hash_concurrency.unwrap_or(cores / 2).max(1)
    }

    /// How connections are treated by a process that may open so many files.
    pub fn server_limits(&self, files: FileLimit) -> ServerLimits {
        let open_max = files.connections_max();
        if open_max < self.http_connections_max {
            tracing::warn!(
                connections_max = open_max,
                "HTTP_CONNECTIONS_MAX is more than this process may open; raise `ulimit -n`"
            );
        }
        let bounds = Bounds {
            connections_max: self.http_connections_max.min(open_max),
            per_address_max: self.http_connections_per_address_max.min(open_max.div_ceil(2)),
        };
        ServerLimits {
            bounds,
            head_timeout: Duration::from_millis(self.http_head_timeout_ms),
            stop_delay: Duration::from_millis(self.http_stop_delay_ms),
        }
    }
}

/// What may be left out, in one word: `Option` means something else to the settings' parser.
type MaybeSite = Option<SiteUrl>;

/// A scheme and a host, with a port if need be: what browsers call an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl(pub String);

impl FromStr for SiteUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let site = text.trim_end_matches('/');
        let host = site.strip_prefix("https://").or_else(|| site.strip_prefix("http://"));
        let is_host = |host: &str| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b))
        };
        match host {
            Some(host) if is_host(host) => Ok(Self(site.to_owned())),
            _ => Err(format!("{text:?} is not of the form https://host or http://host:port")),
        }
    }
}

/// Compose files pass an unset variable on as an empty one.
fn optional_site(text: &str) -> Result<MaybeSite, String> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn parse_deposit(text: &str) -> Result<Usd, String> {
    let deposit: Usd = text.parse().map_err(|error| format!("{text:?} {error}"))?;
    if deposit.is_negative() || deposit.to_i64().is_err() {
        return Err(format!("{text:?} is not from 0 to 92233720368"));
    }
    Ok(deposit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_scheme_and_a_host() {
        for (text, site) in [
            ("https://velox.example", Some("https://velox.example")),
            ("http://localhost:3000/", Some("http://localhost:3000")),
            ("http://[::1]:3000", Some("http://[::1]:3000")),
            ("localhost:3000", None),
            ("https://", None),
            ("https://velox.example/path", None),
            ("https://velox.example; script-src *", None),
        ] {
            assert_eq!(text.parse::<SiteUrl>().ok().map(|site| site.0).as_deref(), site, "{text}");
        }
    }
}
