#![doc = include_str!("../README.md")]

pub mod account_resets;
pub mod accounts;
pub mod balance_adjustments;
pub mod closed_orders;
pub mod equity;
mod error;
pub mod fills;
pub mod funding_rates;
pub mod income;
mod moment;
pub mod numbered;
pub mod orders;
mod row;

pub use error::StoreError;
pub use moment::time_of;
pub use row::{Row, compare};
