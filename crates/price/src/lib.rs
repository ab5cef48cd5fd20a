#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod amount;
mod decimal;
mod product;

pub use amount::{Price, Qty, Rate, Usd};
pub use decimal::{OutOfRange, ParseError, Rounding};
pub use product::{Notional, Product};

/// The number of decimals of an amount.
pub const DECIMALS: u32 = 8;

/// The integer that represents one: amounts are stored at scale 10^8.
pub const SCALE: i128 = 10_i128.pow(DECIMALS);
