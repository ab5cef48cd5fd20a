#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod curve;
mod history;
mod ratios;

pub use curve::{Change, Curve};
pub use history::{DAY_MS, Day, History, POINTS_MAX, Performance, Point};
pub use ratios::{sharpe, sortino};
