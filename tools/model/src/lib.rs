#![doc = include_str!("../README.md")]

mod account;
pub mod amount;
mod close;
mod closed;
mod entry;
mod limits;
mod message;
mod model;
mod modify;
mod operate;
mod past;
mod payload;
mod place;
mod position;
mod symbol;
mod tick;
pub mod view;

pub use account::{Account, BalanceSheet, Event};
pub use closed::Record;
pub use entry::{Entry, Id};
pub use limits::{Instrument, Rules};
pub use model::{Model, Outcome, PositionState, Rejection, Verdict};
pub use past::{Ended, Past};
pub use position::{Open, Position};
pub use symbol::Symbol;
