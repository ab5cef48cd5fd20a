#![doc = include_str!("../README.md")]

mod answer;
pub mod app;
mod assets;
mod body;
mod candles;
pub mod config;
mod docs;
mod engine;
mod error;
pub mod openapi;
mod orders;
mod password;
mod request_id;
mod session;
mod users;
