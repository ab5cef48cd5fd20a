#![doc = include_str!("../README.md")]

mod file_limit;
mod gate;
mod server;
pub mod websocket;

pub use file_limit::FileLimit;
pub use gate::{Bounds, Gate};
pub use server::{Door, Timing, serve};
