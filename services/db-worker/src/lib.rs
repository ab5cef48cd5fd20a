#![doc = include_str!("../README.md")]

pub mod config;
mod run;
mod store;

pub use run::run;
