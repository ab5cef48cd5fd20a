#![doc = include_str!("../README.md")]
#![deny(clippy::float_arithmetic)]

mod calendar;
mod curve;
mod history;
mod ratios;

pub use calendar::Span;
pub use curve::{Change, Curve};
pub use history::{DAY_MS, Day, History, POINTS, Performance, Point};
pub use ratios::{sharpe, sortino};
