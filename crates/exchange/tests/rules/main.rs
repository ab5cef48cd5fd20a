//! The rules of the exchange, from the outside: entries go in, answers and events come out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bursts;
mod desk;
mod example;
mod hostile;
mod instruments;
mod operators;
mod oracle;
mod order_histories;
mod order_history;
mod order_requests;
mod random_histories;
mod regressions;
mod rejections;
mod snapshots;
mod trading;
mod trust;
mod upgrades;
mod vectors;
