//! Trades and candles on real databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod candles;
mod expected;
mod fundings;
mod kills;
mod office;
mod outages;
mod timescaledb;
