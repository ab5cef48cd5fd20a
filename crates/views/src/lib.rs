#![doc = include_str!("../README.md")]

mod account;
mod amount;
mod market;
mod order;
mod part;
mod ticker;
mod word;

pub use account::{Account, BalanceSheet, RealizedPnl};
pub use market::Market;
pub use order::{ClosedOrder, OpenOrder, OpenedOrder, Order, OrderTerms};
pub use part::Part;
pub use ticker::Ticker;
pub use word::{Closed, Leverage, Open};
