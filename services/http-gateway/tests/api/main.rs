//! The API over HTTP, on a real Redis, a real PostgreSQL and the real engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account_performance;
mod accounts;
mod bad_input;
mod bad_messages;
mod bad_orders;
mod browsers;
mod candles;
mod connections;
mod contract;
mod counter;
mod description;
mod fapi;
mod fapi_candles;
mod fapi_market_data;
mod fundings;
mod guests;
mod income;
mod limits;
mod lists;
mod magic_links;
mod market_list;
mod next_quote;
mod order_entry;
mod orders;
mod placed_orders;
mod realized;
mod repeats;
mod sessions;
mod socket;
mod tickers;
mod trading_accounts;
mod web_ui;
