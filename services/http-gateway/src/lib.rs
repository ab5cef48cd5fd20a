#![doc = include_str!("../README.md")]

mod access;
mod account_settings;
mod accounts;
mod candles;
mod clock;
pub mod config;
mod docs;
mod engine;
mod error;
mod fills;
mod json;
mod mail;
mod market_list;
mod metering;
pub mod openapi;
mod order_entry;
mod orders;
mod placed_orders;
mod positions;
mod request;
mod request_id;
pub mod routes;
mod secrets;
mod security_headers;
pub mod server;
pub mod state;
pub mod web_ui;
