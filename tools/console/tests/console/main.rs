//! Tests of every command of the console, on a running stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts_and_orders;
mod adopt;
mod backup;
mod dead_letters;
mod instruments;
mod market_changes;
mod operators;
mod orders;
mod prices;
mod reshard;
mod runbooks;
mod scene;
mod several_accounts;
mod snapshots;
mod statements;
mod status;
mod timescale;
