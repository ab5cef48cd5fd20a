#![doc = include_str!("../README.md")]

pub mod config;
mod core;
mod metering;
mod recovery;
mod run;
mod snapshots;
mod status;

pub use recovery::Refusal;
pub use run::{EngineError, run};
