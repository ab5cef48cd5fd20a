#![doc = include_str!("../README.md")]

mod amount;
mod archive;
pub mod audit;
mod book;
mod client;
pub mod entry;
mod fault_injector;
mod faults;
pub mod journal;
mod market;
pub mod report;
pub mod run;
mod slow_clients;
mod trader;
