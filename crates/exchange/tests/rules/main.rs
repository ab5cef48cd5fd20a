//! The rules of the exchange, from the outside: entries go in, answers and events come out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod amendments;
mod arrivals;
mod attached_stops;
mod bursts;
mod cost_requests;
mod costs;
mod desk;
mod division;
mod example;
mod hostile;
mod instruments;
mod latency;
mod margins;
mod operators;
mod oracle;
mod order_bounds;
mod order_bursts;
mod order_histories;
mod order_history;
mod order_requests;
mod random_histories;
mod rare_state;
mod recording;
mod reducing_orders;
mod regressions;
mod rejections;
mod resting_orders;
mod scene;
mod snapshots;
mod step;
mod trading;
mod trust;
mod upgrades;
mod vectors;
mod worked_examples;
