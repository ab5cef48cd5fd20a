#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod amount;
mod decimal;
mod product;

pub use amount::{Price, Qty, Usd};
pub use decimal::{OutOfRange, ParseError, Rounding};
pub use product::Product;

/// How many decimals an amount has.
pub const DECIMALS: u32 = 8;

/// The integer that stands for one: amounts are stored times 10^8.
pub const SCALE: i128 = 10_i128.pow(DECIMALS);
