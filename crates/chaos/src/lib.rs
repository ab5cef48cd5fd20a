#![doc = include_str!("../README.md")]

mod amount;
mod archive;
pub mod audit;
mod book;
mod client;
mod deaf;
pub mod entry;
mod faults;
pub mod journal;
mod market;
pub mod report;
pub mod run;
mod torment;
mod trader;
