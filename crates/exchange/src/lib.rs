#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod account;
mod admit;
mod book;
mod by_age;
mod by_owner;
mod close;
mod draft;
mod due;
mod ended;
mod events;
mod exchange;
mod execution;
mod exits;
mod fill;
mod funding;
mod index;
mod instruments;
mod invariants;
mod ladder;
mod ledger;
mod modify;
mod operate;
mod order;
mod orders;
mod place;
mod position;
mod query;
mod reset;
mod resting;
mod settings;
mod slab;
pub mod snapshot;
mod sweep;
mod text;
mod tick;
mod trailing;
mod trails;
mod triggers;
mod valuation;
mod waiting;
mod waits;
mod watch;

pub use exchange::{DEFAULT_RULES, Exchange, Outcome};
pub use invariants::BrokenInvariant;
pub use ledger::Ledger;
