#![doc = include_str!("../README.md")]

pub mod config;
mod letter;
mod metering;
mod outbox;
mod run;
mod templates;
pub mod transport;

pub use run::run;
