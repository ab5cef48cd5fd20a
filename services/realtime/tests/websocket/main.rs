//! Tests of the server with a real Redis, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod binance;
mod binance_events;
mod binance_margin;
mod binance_market;
mod binance_orders;
mod binance_user;
mod desk;
mod half_requests;
mod introduction;
mod limits;
mod outages;
mod prices;
mod sessions;
