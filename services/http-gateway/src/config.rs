//! The gateway's settings.

use crate::access::rate_limits::RateLimitArgs;
use crate::fapi::LimitArgs;
use crate::server::ServerLimits;
use crate::sockets::Limits;
use connections::{Bounds, FileLimit};
use price::Usd;
use proxies::ProxyArgs;
use service::{DatabaseArgs, MetricsArgs, RedisArgs};
use session::SigningArgs;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Serves the HTTP API: accounts, sessions, orders and candles.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address that the API is served on; `::` is all addresses, IPv6 and IPv4.
    #[arg(long, env = "HTTP_HOST", default_value = "::")]
    pub http_host: String,
    /// The port that the API is served on.
    #[arg(long, env = "HTTP_PORT", default_value_t = 3005)]
    pub http_port: u16,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub signing: SigningArgs,
    /// The lifetime of a session (s).
    #[arg(long, env = "JWT_TTL_S", default_value_t = 24 * 60 * 60)]
    pub jwt_ttl_s: u64,
    /// The time for which a guest who does not come back stays signed in (s). Each visit begins it
    /// again; after it, nobody can sign in to the guest's account any more.
    #[arg(long, env = "GUEST_TTL_S", default_value_t = 14 * 24 * 60 * 60)]
    pub guest_ttl_s: u64,
    /// The virtual money that a new account starts with (USD).
    #[arg(long, env = "SIGNUP_DEPOSIT", default_value = "1000", value_parser = parse_deposit)]
    pub signup_deposit: Usd,
    /// The most trading accounts that one user may have open at once, the first one included.
    #[arg(
        long,
        env = "MAX_ACCOUNTS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    pub max_accounts: u32,
    /// The time to wait for the engine's reply (ms).
    #[arg(long, env = "ENGINE_TIMEOUT_MS", default_value_t = 5_000)]
    pub engine_timeout_ms: u64,
    /// `production` restricts cookies to HTTPS and sends HSTS; `development` writes sign-in links
    /// to the mailer's log.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: String,
    /// The web UI's URL as browsers see it: its pages may call the API, and links from emails end
    /// there.
    #[arg(long, env = "FRONTEND_URL", default_value = "http://localhost:3000")]
    pub frontend_url: SiteUrl,
    /// This API's URL as browsers see it, for links in emails; `FRONTEND_URL` if unset.
    #[arg(long, env = "PUBLIC_URL", default_value = "", value_parser = optional_site)]
    pub public_url: MaybeSite,
    /// The number of passwords that are hashed at once; each takes a core for some 20 ms and
    /// 19 MiB. Half of the cores if unset.
    #[arg(long, env = "PASSWORD_HASH_CONCURRENCY")]
    pub password_hash_concurrency: Option<usize>,
    /// The directory of the built web UI; if unset, the UI is not served.
    #[arg(long, env = "WEB_DIR")]
    pub web_dir: Option<PathBuf>,
    /// The port that the web UI and the same API are served on.
    #[arg(long, env = "WEB_PORT", default_value_t = 3000)]
    pub web_port: u16,
    /// The WebSocket's URL as browsers see it, `wss://host/path`; if unset, `WS_PORT` of the
    /// request's host.
    #[arg(long, env = "WS_PUBLIC_URL")]
    pub ws_public_url: Option<String>,
    /// The port of the WebSocket, for the web UI.
    #[arg(long, env = "WS_PORT", default_value_t = 3006)]
    pub ws_port: u16,
    /// The most concurrent connections on all ports together; capped by the process's limit of
    /// open files (`ulimit -n`).
    #[arg(long, env = "HTTP_CONNECTIONS_MAX", default_value_t = 10_000)]
    pub http_connections_max: usize,
    /// The most connections from one address, or concurrent requests of one address behind a
    /// trusted proxy; capped by half of the process's limit of open files.
    #[arg(long, env = "HTTP_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 500)]
    pub http_connections_per_address_max: usize,
    /// The time a client may take to send a request's head, and may stay idle between requests
    /// (ms).
    #[arg(long, env = "HTTP_HEAD_TIMEOUT_MS", default_value_t = 20_000)]
    pub http_head_timeout_ms: u64,
    /// The time for which new connections are still accepted after SIGTERM (ms), for a load
    /// balancer to notice.
    #[arg(long, env = "HTTP_STOP_DELAY_MS", default_value_t = 0)]
    pub http_stop_delay_ms: u64,
    /// The most WebSocket connections for order entry of this gateway.
    #[arg(long, env = "ORDER_ENTRY_CONNECTIONS_MAX", default_value_t = 1_000)]
    pub order_entry_connections_max: usize,
    /// The most WebSocket connections for order entry of one user at this gateway, or from one address
    /// if their requests name accounts.
    #[arg(long, env = "ORDER_ENTRY_CONNECTIONS_PER_USER_MAX", default_value_t = 10)]
    pub order_entry_connections_per_user_max: usize,
    /// The interval of pings on WebSocket connections for order entry (ms); a client that has not
    /// answered by the next ping is dropped.
    #[arg(
        long,
        env = "ORDER_ENTRY_PING_INTERVAL_MS",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub order_entry_ping_interval_ms: u64,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub rate_limits: RateLimitArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub fapi_limits: LimitArgs,
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
    /// Returns the time to wait for the engine's reply.
    pub const fn engine_timeout(&self) -> Duration {
        Duration::from_millis(self.engine_timeout_ms)
    }

    /// Returns whether cookies are restricted to HTTPS.
    pub fn is_production(&self) -> bool {
        self.app_env == "production"
    }

    /// Returns the URL that links in emails start with.
    pub fn public_url(&self) -> &str {
        &self.public_url.as_ref().unwrap_or(&self.frontend_url).0
    }

    /// Returns the number of threads that hash passwords; half of the cores stay free for trading.
    pub fn password_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.password_hash_concurrency.unwrap_or(cores / 2).max(1)
    }

    /// Returns the limits of WebSocket connections for order entry.
    pub const fn order_entry_limits(&self) -> Limits {
        Limits {
            total: self.order_entry_connections_max,
            per_holder: self.order_entry_connections_per_user_max,
            ping_interval: Duration::from_millis(self.order_entry_ping_interval_ms),
        }
    }

    /// Returns the limits of connections, given the process's limit of open files.
    pub fn server_limits(&self, files: FileLimit) -> ServerLimits {
        let open_max = files.connections_max();
        if open_max < self.http_connections_max {
            tracing::warn!(
                connections_max = open_max,
                "HTTP_CONNECTIONS_MAX exceeds this process's limit of open files; raise `ulimit -n`"
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

/// An optional site, as an alias, because clap gives a literal `Option` another meaning.
type MaybeSite = Option<SiteUrl>;

/// A scheme and a host, optionally with a port: an origin in terms of browsers.
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
            _ => Err(format!("{text:?} must have the form https://host or http://host:port")),
        }
    }
}

/// Parses a site; empty is none, because Compose files pass unset variables on as empty ones.
fn optional_site(text: &str) -> Result<MaybeSite, String> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn parse_deposit(text: &str) -> Result<Usd, String> {
    let deposit: Usd = text.parse().map_err(|error| format!("{text:?} {error}"))?;
    if deposit.is_negative() || deposit.to_i64().is_err() {
        return Err(format!("{text:?} must be from 0 to 92233720368"));
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
