//! The API in the shape of Binance Futures.

pub mod bot;
mod ed25519;
mod exits;
mod fuzz;
mod keys;
mod life;
mod refusals;
mod session;
mod socket;
