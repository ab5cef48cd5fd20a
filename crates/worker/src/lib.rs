#![doc = include_str!("../README.md")]

mod batch;
mod job;
mod metering;
mod run;
mod settings;

pub use job::Job;
pub use run::run;
pub use settings::{Batching, Membership};
