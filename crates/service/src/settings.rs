//! Settings shared by several services. The documentation of a field is its help text.

use crate::sampling::sample_pool;
use crate::secret;
use messages::SHARDS_MAX;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::path::{Path, PathBuf};
use std::{fmt, time::Duration};
use streams::{Address, Redis, Replication};

/// The longest wait of a query for a free connection: a later response of the gateway would be of
/// no use to the client.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of Redis.
#[derive(Clone, clap::Args)]
pub struct RedisArgs {
    /// URL of Redis, `redis://[user:password@]host:port[/db]`, or `rediss://…` for TLS; overrides
    /// `REDIS_HOST` and `REDIS_PORT`. Several nodes of a Redis Cluster are separated by commas.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, allow_hyphen_values = true)]
    pub redis_url: Option<String>,
    /// Host of Redis, if `REDIS_URL` is not set.
    #[arg(long, env = "REDIS_HOST", default_value = "127.0.0.1")]
    pub redis_host: String,
    /// Port of Redis, if `REDIS_URL` is not set.
    #[arg(long, env = "REDIS_PORT", default_value_t = 6380)]
    pub redis_port: u16,
    /// PEM file of the authority that signed the certificate of a `rediss://` server; if unset,
    /// the authorities that browsers trust.
    #[arg(long, env = "REDIS_CA_FILE")]
    pub redis_ca_file: Option<PathBuf>,
    /// Whether a URL with a single node is that of a Redis Cluster, whose other nodes are found there.
    #[arg(long, env = "REDIS_CLUSTER")]
    pub redis_cluster: bool,
    /// The number of shards that the accounts are spread over: the same for all services.
    /// `velox reshard` changes it while they are stopped.
    #[arg(
        long,
        env = "SHARDS",
        default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(SHARDS_MAX))
    )]
    pub shards: u16,
    /// The servers that must have an order before it is answered, and an event before it is recorded:
    /// `local`, the one it was sent to; `replicated`, also a replica of it; `replicated-fsync`, both on
    /// their disks (Redis 7.2 or later).
    #[arg(long, env = "DURABILITY", default_value = "local")]
    pub durability: Durability,
    /// The number of replicas that must have it, unless `DURABILITY` is `local`.
    #[arg(
        long,
        env = "DURABILITY_REPLICAS",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=10)
    )]
    pub durability_replicas: u32,
}

/// The servers that must have an order before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// The one that it was sent to.
    Local,
    /// Also replicas of it.
    Replicated,
    /// The server and its replicas, on their disks.
    ReplicatedFsync,
}

impl RedisArgs {
    /// The URL of Redis.
    pub fn url(&self) -> String {
        match self.redis_url.as_deref() {
            // Compose files pass an unset variable as an empty one.
            None | Some("") if self.redis_host.contains(':') => {
                format!("redis://[{}]:{}", self.redis_host, self.redis_port)
            }
            None | Some("") => format!("redis://{}:{}", self.redis_host, self.redis_port),
            Some(url) => url.to_owned(),
        }
    }

    /// Creates the handle to Redis, which connects on first use.
    ///
    /// # Errors
    /// When the URL or the CA file is invalid.
    pub fn open(&self) -> Result<Redis, streams::Error> {
        let (url, ca_file) = (self.url(), self.ca_file());
        let (is_cluster, shards) = (self.redis_cluster, self.shards);
        let replication =
            |on_disk| Some(Replication { replicas: self.durability_replicas, on_disk });
        let replication = match self.durability {
            Durability::Local => None,
            Durability::Replicated => replication(false),
            Durability::ReplicatedFsync => replication(true),
        };
        Redis::open(Address { url: &url, ca_file, is_cluster, shards, replication })
    }

    /// The PEM file of the authority, if set.
    pub fn ca_file(&self) -> Option<&Path> {
        self.redis_ca_file.as_deref().filter(|file| !file.as_os_str().is_empty())
    }
}

impl fmt::Debug for RedisArgs {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisArgs").finish_non_exhaustive()
    }
}

/// The address of PostgreSQL.
#[derive(Clone, clap::Args)]
pub struct DatabaseArgs {
    /// URL of PostgreSQL, `postgres://user:password@host:port/database`.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        allow_hyphen_values = true,
        value_parser = secret(parse_database),
        default_value = "postgres://postgres:postgres@127.0.0.1:5433/trading_db"
    )]
    pub database_url: PgConnectOptions,
    /// The most connections that one process opens.
    #[arg(long, env = "DATABASE_CONNECTIONS_MAX", default_value_t = 10)]
    pub database_connections_max: u32,
}

impl DatabaseArgs {
    /// A pool that connects on first use, so that a service starts and reports what it waits for
    /// while the database is unavailable. Its connections are counted in the metrics.
    pub fn pool(&self) -> PgPool {
        let pool = PgPoolOptions::new()
            .max_connections(self.database_connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.database_url.clone());
        sample_pool(pool.clone());
        pool
    }
}

impl fmt::Debug for DatabaseArgs {
    /// Omits the URL, which contains a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseArgs")
            .field("database_connections_max", &self.database_connections_max)
            .finish_non_exhaustive()
    }
}

fn parse_database(text: &str) -> Result<PgConnectOptions, String> {
    // Not the parser's own error, which may quote a part of the URL.
    let unusable = |_| "is not of the form postgres://user:password@host:port/database".to_owned();
    text.parse().map_err(unusable)
}

/// The address of `/metrics`, `/healthz` and `/readyz`; each service has its own default port.
#[derive(Clone, Debug, clap::Args)]
pub struct MetricsArgs<const PORT: u16> {
    /// The address that metrics and health are served on; `localhost` is this machine only, `::`
    /// all addresses.
    #[arg(long, env = "METRICS_HOST", default_value = "localhost")]
    pub metrics_host: String,
    /// The port that metrics and health are served on; 0 for a free one.
    #[arg(long, env = "METRICS_PORT", default_value = PORT.to_string())]
    pub metrics_port: u16,
}
