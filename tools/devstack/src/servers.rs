//! Redis and PostgreSQL as child processes, each in its own folder.
//!
//! A test asks for a throw-away instance, which is removed when the value is dropped:
//!
//! ```no_run
//! use devstack::servers::{PostgresServer, RedisServer};
//!
//! let redis = RedisServer::private()?;
//! let mut postgres = PostgresServer::private()?;
//! println!("{} {}", redis.url(), postgres.url());
//! postgres.kill_hard()?;
//! postgres.restart()?;
//! # Ok::<(), devstack::servers::ServerError>(())
//! ```
//!
//! `cargo xtask up` uses [`RedisServer::launch`] and [`PostgresServer::launch`] with a folder that
//! is kept.

mod account;
mod cluster;
mod error;
mod leash;
mod locate;
mod ports;
mod postgres;
pub mod processes;
mod redis;
mod redis_servers;
mod server;
mod template;

pub use error::ServerError;
pub use locate::{PostgresBinaries, find_postgres, find_redis};
pub use ports::{free_port, is_port_free};
pub use postgres::{Postgres, PostgresConfig};
pub use redis::{Redis, RedisConfig};
pub use redis_servers::RedisServers;
pub use server::Server;

/// A Redis (or Valkey) process.
pub type RedisServer = Server<Redis>;

/// A PostgreSQL process.
pub type PostgresServer = Server<Postgres>;
