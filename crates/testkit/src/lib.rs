//! Test infrastructure for Velox's tests and `cargo xtask`; never a dependency of a service.
//!
//! [`servers`] starts private Redis and PostgreSQL processes, [`cargo`] runs cargo from within
//! cargo, [`report`] prints benchmark results. With the feature `clients`, `stack` runs the real
//! service binaries on these servers, `binance` is a mock venue that provides their prices,
//! `timescale` is PostgreSQL with TimescaleDB, and `trader` is a client of the HTTP API.

#[cfg(feature = "clients")]
pub mod binance;
pub mod cargo;
pub mod report;
pub mod servers;
#[cfg(feature = "clients")]
pub mod stack;
#[cfg(feature = "clients")]
pub mod symbols;
#[cfg(feature = "clients")]
pub mod timescale;
#[cfg(feature = "clients")]
pub mod trader;
