#![doc = include_str!("../README.md")]

mod batch;
mod job;
mod metering;
mod row;
mod run;
mod settings;

pub use job::{Job, StoreError, time_of};
pub use row::{Row, compare};
pub use run::run;
pub use settings::{Batching, Membership};
