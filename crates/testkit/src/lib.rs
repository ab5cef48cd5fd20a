//! What Velox's own tests and `cargo xtask` stand on; never a dependency of a service.
//!
//! [`servers`] starts private Redis and PostgreSQL processes, [`cargo`] runs cargo from within,
//! [`report`] shows what a benchmark has measured. With the feature `clients`, `stack` runs the real
//! service binaries on them, `binance` is a venue for them to read prices from, `timescale` is
//! PostgreSQL with TimescaleDB, and `trader` is somebody who uses it all over HTTP.

#[cfg(feature = "clients")]
pub mod binance;
pub mod cargo;
pub mod report;
pub mod servers;
#[cfg(feature = "clients")]
pub mod stack;
#[cfg(feature = "clients")]
pub mod timescale;
#[cfg(feature = "clients")]
pub mod trader;
