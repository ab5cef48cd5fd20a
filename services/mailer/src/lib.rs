#![doc = include_str!("../README.md")]

pub mod config;
mod letter;
mod outbox;
mod run;
mod templates;
pub mod transport;

pub use run::run;
