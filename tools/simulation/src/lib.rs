#![doc = include_str!("../README.md")]

mod costs;
mod database;
mod draw;
mod executor;
mod log;
mod orders;
mod plan;
mod sabotage;
mod server;
mod shrink;
mod trial;
mod verdict;
mod week;
mod world;

pub use plan::{Fault, Plan, Step, What};
pub use sabotage::Sabotage;
pub use shrink::shrink;
pub use trial::run;
pub use verdict::Failure;
pub use week::{Report, Week};
