#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod account;
mod book;
mod by_owner;
mod close;
mod closed;
mod exchange;
mod exits;
mod index;
mod instruments;
mod invariants;
mod ladder;
mod ledger;
mod modify;
mod operate;
mod place;
mod position;
mod query;
mod slab;
pub mod snapshot;
mod triggers;
mod valuation;

pub use exchange::{DEFAULT_RULES, Exchange, Outcome};
pub use invariants::BrokenInvariant;
pub use ledger::Ledger;
