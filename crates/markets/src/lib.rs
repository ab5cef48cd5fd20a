#![doc = include_str!("../README.md")]

mod file;
#[cfg(feature = "follow")]
mod follow;
mod list;
mod quote;

pub use file::{FileError, parse, read, shipped};
#[cfg(feature = "follow")]
pub use follow::{Followed, follow, published};
pub use list::Markets;
pub use quote::{quote, quoted};
