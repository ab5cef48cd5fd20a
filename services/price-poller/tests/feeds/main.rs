//! Every source of prices, into a real Redis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backfill;
mod binance;
mod history;
mod hostile;
mod outages;
mod replay;
mod sim;
mod studio;
