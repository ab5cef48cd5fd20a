#![doc = include_str!("../README.md")]

mod account;
mod amend;
pub mod amount;
mod cancel;
mod close;
mod close_all;
mod closed;
mod entry;
mod execute;
mod fees;
mod fill;
mod funding;
mod guards;
pub mod income;
mod instrument;
mod leverage;
mod life;
mod limits;
mod maintenance;
mod margin;
mod mark;
mod message;
mod mode;
mod model;
mod modify;
mod next;
mod operate;
mod order;
mod order_message;
mod past;
mod payload;
mod place;
mod position;
mod quote;
mod reset;
mod rest;
mod reverse;
mod rounds;
mod submit;
mod symbol;
mod tick;
mod ticket;
pub mod view;

pub use account::{Account, BalanceSheet, Event};
pub use cancel::Names;
pub use closed::Record;
pub use entry::{Entry, Id};
pub use instrument::{
    Bracket, FillAt, Funding, FundingSource, Instrument, LiquidationModel, TradingStatus,
    TriggerPrice,
};
pub use limits::Rules;
pub use mode::Mode;
pub use model::{Model, Outcome, Placed, PositionState, Rejection, Verdict};
pub use order::{Kind, Order, Status, TimeInForce};
pub use past::{Ended, Past};
pub use position::{Open, Position};
pub use symbol::Symbol;
