//! The API over HTTP, on a real Redis, a real PostgreSQL and the real engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod bad_input;
mod candles;
mod contract;
mod counter;
mod description;
mod orders;
mod sessions;
