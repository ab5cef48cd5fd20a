#![doc = include_str!("../README.md")]

pub mod app;
mod assets;
mod body;
mod candles;
pub mod config;
mod engine;
mod error;
mod orders;
mod password;
mod request_id;
mod session;
mod users;
