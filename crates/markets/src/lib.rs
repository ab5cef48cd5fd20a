#![doc = include_str!("../README.md")]

mod file;
mod follow;
mod list;

pub use file::{FileError, parse, read, shipped};
pub use follow::{Followed, follow, published};
pub use list::Markets;
