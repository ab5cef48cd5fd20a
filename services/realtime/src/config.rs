//! The server's settings.

use connections::{Bounds, FileLimit};
use proxies::{AllowedOrigins, ProxyArgs};
use service::{MetricsArgs, RedisArgs};
use session::SigningArgs;
use std::time::Duration;

/// The maximum number of connections before their upgrade; a handshake takes milliseconds.
const ARRIVING_MAX: usize = 1_024;

/// Pushes prices, candles and account changes over WebSocket.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on; `::` is all addresses, IPv6 and IPv4.
    #[arg(long, env = "WS_HOST", default_value = "::")]
    pub ws_host: String,
    /// The port to listen on.
    #[arg(long, env = "WS_PORT", default_value_t = 3006)]
    pub ws_port: u16,
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub signing: SigningArgs,
    /// Serve prices and candles to anonymous clients; `false` requires a ticket or token.
    #[arg(long, env = "WS_PUBLIC", default_value_t = true, action = clap::ArgAction::Set)]
    pub ws_public: bool,
    /// The time in which a client must send the head of its request (ms).
    #[arg(long, env = "WS_HEAD_TIMEOUT_MS", default_value_t = 10_000)]
    pub ws_head_timeout_ms: u64,
    /// The time in which a client must send its first message (ms).
    #[arg(long, env = "WS_AUTH_TIMEOUT_MS", default_value_t = 30_000)]
    pub ws_auth_timeout_ms: u64,
    /// The interval of pings (ms); a client that has not answered by the next ping is dropped.
    #[arg(long, env = "WS_PING_INTERVAL_MS", default_value_t = 30_000)]
    pub ws_ping_interval_ms: u64,
    /// The maximum number of connections of this server; at most three quarters of the files that
    /// the process may open (`ulimit -n`).
    #[arg(long, env = "WS_CONNECTIONS_MAX", default_value_t = 10_000)]
    pub ws_connections_max: usize,
    /// The maximum number of connections from one address.
    #[arg(long, env = "WS_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 100)]
    pub ws_connections_per_address_max: usize,
    /// The maximum number of connections of one user.
    #[arg(long, env = "WS_CONNECTIONS_PER_USER_MAX", default_value_t = 20)]
    pub ws_connections_per_user_max: usize,
    /// The origins of web pages that may connect, separated by commas; `*` for all. Pages of the
    /// server's own host, and programs, which send no origin, may always connect.
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
    /// The time in which a client must send its first message.
    pub const fn auth_timeout(&self) -> Duration {
        Duration::from_millis(self.ws_auth_timeout_ms)
    }

    /// The time in which a client must send the head of its request.
    pub const fn head_timeout(&self) -> Duration {
        Duration::from_millis(self.ws_head_timeout_ms)
    }

    /// The interval of pings.
    pub const fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.ws_ping_interval_ms)
    }

    /// Returns the maximum number of `WebSocket`s of a process with this limit of open files.
    pub fn sockets_max(&self, files: FileLimit) -> usize {
        let open_max = files.connections_max().saturating_mul(3).div_ceil(4);
        if open_max < self.ws_connections_max {
            tracing::warn!(
                connections_max = open_max,
                "WS_CONNECTIONS_MAX exceeds the limit of open files; raise `ulimit -n`"
            );
        }
        self.ws_connections_max.min(open_max)
    }

    /// Returns the bounds on further connections, before their upgrade.
    pub fn arriving_bounds(&self, files: FileLimit) -> Bounds {
        let left = files.connections_max().saturating_sub(self.sockets_max(files));
        let connections_max = left.clamp(1, ARRIVING_MAX);
        let per_address_max = self.ws_connections_per_address_max.min(connections_max.div_ceil(2));
        Bounds { connections_max, per_address_max }
    }
}
