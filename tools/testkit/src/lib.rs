//! Test infrastructure; never a dependency of a service.
//!
//! [`report`] prints benchmark results. With the feature `clients`, `stack` runs the real service
//! binaries on private servers, `binance` and `binance_rest` are a mock venue that provides their
//! prices and funding rates, `timescale` is PostgreSQL with TimescaleDB, `trader` is a client of the HTTP
//! API, and `signing` signs requests to the one in the shape of Binance Futures. With the feature `hostile`,
//! `hostile` makes input that no parser expects.

#[cfg(feature = "clients")]
pub mod binance;
#[cfg(feature = "clients")]
pub mod binance_rest;
#[cfg(feature = "hostile")]
pub mod hostile;
pub mod report;
#[cfg(feature = "clients")]
pub mod signing;
#[cfg(feature = "clients")]
pub mod stack;
#[cfg(feature = "clients")]
pub mod symbols;
#[cfg(feature = "clients")]
pub mod timescale;
#[cfg(feature = "clients")]
pub mod trader;
