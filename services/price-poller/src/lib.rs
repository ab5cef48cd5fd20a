#![doc = include_str!("../README.md")]

pub mod archive;
pub mod average;
mod binance;
pub mod binance_frame;
mod binance_marks;
mod binance_trades;
pub mod candles;
pub mod config;
mod feed;
pub mod history;
mod lanes;
mod marks;
mod metering;
pub mod outlier_filter;
pub mod premium;
mod prices;
mod publisher;
pub mod quote;
mod replay;
mod run;
mod settlements;
pub mod sim;
pub mod sim_history;
mod subscriptions;
mod venue_fundings;
pub mod venue_rates;

pub use run::run;
