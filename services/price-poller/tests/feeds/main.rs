//! Tests of every source of prices, with a real Redis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backfill;
mod binance;
mod disputes;
mod fundings;
mod history;
mod hostile;
mod marks;
mod outages;
mod recordings;
mod replay;
mod shards;
mod sim;
mod studio;
