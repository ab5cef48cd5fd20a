#![doc = include_str!("../README.md")]

mod archive;
pub mod audit;
mod client;
mod fault_injector;
mod faults;
pub mod journal;
pub mod list;
mod market;
mod program;
pub mod report;
pub mod run;
mod shards;
mod slow_clients;
mod trader;
