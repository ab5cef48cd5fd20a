//! The server's settings.

use proxies::ProxyArgs;
use service::{MetricsArgs, RedisArgs};
use session::SigningArgs;
use std::time::Duration;

/// Pushes prices, candles and account changes over a WebSocket.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address that the WebSocket is served on.
    #[arg(long, env = "WS_HOST", default_value = "0.0.0.0")]
    pub ws_host: String,
    /// The port that the WebSocket is served on.
    #[arg(long, env = "WS_PORT", default_value_t = 3006)]
    pub ws_port: u16,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub signing: SigningArgs,
    /// Whether prices and candles are for everybody; `false` asks for a ticket or token first.
    #[arg(long, env = "WS_PUBLIC", default_value_t = true, action = clap::ArgAction::Set)]
    pub ws_public: bool,
    /// How long a client may take for its first message (ms).
    #[arg(long, env = "WS_AUTH_TIMEOUT_MS", default_value_t = 30_000)]
    pub ws_auth_timeout_ms: u64,
    /// How often clients are pinged (ms); one that has not answered by the next ping is dropped.
    #[arg(long, env = "WS_PING_INTERVAL_MS", default_value_t = 30_000)]
    pub ws_ping_interval_ms: u64,
    /// The most connections of this server.
    #[arg(long, env = "WS_CONNECTIONS_MAX", default_value_t = 10_000)]
    pub ws_connections_max: usize,
    /// The most connections from one address.
    #[arg(long, env = "WS_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 100)]
    pub ws_connections_per_address_max: usize,
    /// The most connections of one user.
    #[arg(long, env = "WS_CONNECTIONS_PER_USER_MAX", default_value_t = 20)]
    pub ws_connections_per_user_max: usize,
    /// Web pages that may connect, by origin, separated by commas; `*` for all. Programs, which
    /// send no origin, always may.
    #[arg(
        long,
        env = "WS_ALLOWED_ORIGINS",
        value_delimiter = ',',
        default_value = "http://localhost:3000,http://127.0.0.1:3000,http://localhost:3005,http://127.0.0.1:3005"
    )]
    pub ws_allowed_origins: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub proxies: ProxyArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub redis: RedisArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub metrics: MetricsArgs<9105>,
}

impl Config {
    /// How long a client may take for its first message.
    pub const fn auth_timeout(&self) -> Duration {
        Duration::from_millis(self.ws_auth_timeout_ms)
    }

    /// How often clients are pinged.
    pub const fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.ws_ping_interval_ms)
    }

    /// Whether a page of this origin may connect.
    pub fn is_allowed_origin(&self, origin: &str) -> bool {
        self.ws_allowed_origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}
