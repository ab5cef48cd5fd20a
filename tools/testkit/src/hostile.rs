//! Hostile input for tests of every parser of foreign data.
//!
//! Random bytes fail at the first brace and test nothing, so the generators damage valid examples:
//! bits flip, ranges are removed or duplicated, JSON members are renamed, numbers get a hundred
//! thousand digits.
//!
//! `VELOX_FUZZ_CASES` sets the number of cases per test, for a longer run than usual:
//! `VELOX_FUZZ_CASES=100000 cargo test hostile`.

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
