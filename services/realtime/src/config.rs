//! The server's settings.

use connections::{Bounds, FileLimit};
use proxies::{AllowedOrigins, ProxyArgs};
use service::{MetricsArgs, RedisArgs};
use session::SigningArgs;
use std::time::Duration;

/// The most connections that are on their way in: a handshake takes milliseconds.
const ARRIVING_MAX: usize = 1_024;

/// Pushes prices, candles and account changes over a WebSocket.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address that the WebSocket is served on; `::` is all of them, by IPv6 and IPv4.
    #[arg(long, env = "WS_HOST", default_value = "::")]
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
    /// How long a client may take to send the head of its request (ms).
    #[arg(long, env = "WS_HEAD_TIMEOUT_MS", default_value_t = 10_000)]
    pub ws_head_timeout_ms: u64,
    /// How long a client may take for its first message (ms).
    #[arg(long, env = "WS_AUTH_TIMEOUT_MS", default_value_t = 30_000)]
    pub ws_auth_timeout_ms: u64,
    /// How often clients are pinged (ms); one that has not answered by the next ping is dropped.
    #[arg(long, env = "WS_PING_INTERVAL_MS", default_value_t = 30_000)]
    pub ws_ping_interval_ms: u64,
    /// The most connections of this server; never more than three quarters of what the process
    /// may open (`ulimit -n`).
    #[arg(long, env = "WS_CONNECTIONS_MAX", default_value_t = 10_000)]
    pub ws_connections_max: usize,
    /// The most connections from one address.
    #[arg(long, env = "WS_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 100)]
    pub ws_connections_per_address_max: usize,
    /// The most connections of one user.
    #[arg(long, env = "WS_CONNECTIONS_PER_USER_MAX", default_value_t = 20)]
    pub ws_connections_per_user_max: usize,
    /// Web pages that may connect, by origin, separated by commas; `*` for all. Pages of the host
    /// by which this server is called always may, and programs, which send no origin.
    #[arg(
        long,
        env = "WS_ALLOWED_ORIGINS",
        value_parser = AllowedOrigins::parse,
        default_value = "http://localhost:3000,http://127.0.0.1:3000,http://localhost:3005,http://127.0.0.1:3005"
    )]
    pub ws_allowed_origins: AllowedOrigins,
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

    /// How long a client may take to send the head of its request.
    pub const fn head_timeout(&self) -> Duration {
        Duration::from_millis(self.ws_head_timeout_ms)
    }

    /// How often clients are pinged.
    pub const fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.ws_ping_interval_ms)
    }

    /// How many `WebSocket`s a process may serve that may open so many files.
    pub fn sockets_max(&self, files: FileLimit) -> usize {
        let open_max = files.connections_max().saturating_mul(3).div_ceil(4);
        if open_max < self.ws_connections_max {
            tracing::warn!(
                connections_max = open_max,
                "WS_CONNECTIONS_MAX is more than this process may open; raise `ulimit -n`"
            );
        }
        self.ws_connections_max.min(open_max)
    }

    /// How many connections may be on their way in beside those.
    pub fn arriving_bounds(&self, files: FileLimit) -> Bounds {
        let left = files.connections_max().saturating_sub(self.sockets_max(files));
        let connections_max = left.clamp(1, ARRIVING_MAX);
        let per_address_max = self.ws_connections_per_address_max.min(connections_max.div_ceil(2));
        Bounds { connections_max, per_address_max }
    }
}
