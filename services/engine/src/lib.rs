#![doc = include_str!("../README.md")]

mod apply;
pub mod config;
mod engine;
mod equity_history;
mod integrity;
mod leadership;
mod listing;
mod metering;
mod observer;
mod outbox;
mod production;
mod progress;
mod recovery;
mod run;
mod shard_metrics;
mod snapshots;
mod snapshotting;
mod status;
mod traces;
pub mod world;

pub use production::Production;
pub use recovery::Refusal;
pub use run::{EngineError, run, run_in};
