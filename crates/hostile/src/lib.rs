#![doc = include_str!("../README.md")]

mod bytes;
mod fields;
mod json;

pub use bytes::{damaged, damaged_text, odd_text};
pub use fields::{RawFields, damaged_fields};
pub use json::{nearly_json, odd_json};

use proptest::test_runner::Config;

/// A configuration with the default number of cases, or `VELOX_FUZZ_CASES` if it is set.
///
/// # Panics
/// When the variable is set and not a number.
pub fn cases(default: u32) -> Config {
    let wanted = std::env::var("VELOX_FUZZ_CASES").ok();
    let wanted = wanted.map(|cases| cases.parse().expect("VELOX_FUZZ_CASES is a number"));
    Config::with_cases(wanted.unwrap_or(default))
}
