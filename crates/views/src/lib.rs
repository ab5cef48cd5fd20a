#![doc = include_str!("../README.md")]

mod account;
mod amount;
mod order;
mod part;
mod word;

pub use account::{Account, BalanceSheet};
pub use order::{ClosedOrder, OpenOrder, OpenedOrder, Order, OrderTerms};
pub use part::Part;
pub use word::{Closed, Leverage, Open};
