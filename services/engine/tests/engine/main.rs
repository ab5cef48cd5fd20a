//! The engine on a real Redis and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bursts;
mod clock;
mod damage;
mod floor;
mod listings;
mod recovery;
mod requests;
mod snapshots;
mod standby;
mod upgrades;
