//! The whole of Velox as real processes, from sign-up to the closed order in the database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closures;
mod expectation;
mod failover;
mod full_disk;
mod leaderboard;
mod liquidation;
mod mail;
mod market_data;
mod new_market;
mod outages;
mod request_ids;
mod twenty_markets;
