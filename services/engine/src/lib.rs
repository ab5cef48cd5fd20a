#![doc = include_str!("../README.md")]

pub mod config;
mod core;
mod engine;
mod history;
mod integrity;
mod metering;
mod observer;
mod production;
mod recovery;
mod reign;
mod run;
mod snapshots;
mod snapshotting;
mod status;
mod traces;
mod unsettled;
pub mod world;

pub use production::Production;
pub use recovery::Refusal;
pub use run::{EngineError, run, run_in};
