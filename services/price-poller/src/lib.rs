#![doc = include_str!("../README.md")]

pub mod archive;
mod binance;
pub mod binance_frame;
pub mod candles;
pub mod config;
mod feed;
pub mod history;
mod metering;
pub mod outlier_filter;
mod prices;
mod publisher;
pub mod quote;
mod replay;
mod run;
pub mod sim;
pub mod sim_history;
mod subscriptions;

pub use run::run;
