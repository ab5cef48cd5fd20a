#![doc = include_str!("../README.md")]

pub mod board;
mod candles;
pub mod config;
mod connection;
mod feed;
mod fstream;
mod identity;
mod members;
mod metering;
mod outbox;
pub mod protocol;
mod server;
mod status;
mod tape;

pub use server::run;
