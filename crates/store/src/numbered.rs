//! The pages of an account's rows in one instrument in the order of their numbers, as clients of other
//! exchanges ask for them.

use messages::Symbol;
use time::OffsetDateTime;

/// The greatest number of rows of a page.
pub const PAGE_MAX: i64 = 1_000;

/// The rows of an account in one instrument that a page shows.
///
/// With a number, they begin with it and are in the order of numbers. Otherwise they are in the order
/// of time, which is the same but for rows from before there were numbers: these have their time (Unix
/// ms) as number, which is greater than any that was counted. They begin at the earliest time; without
/// one, they are the newest.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The symbol.
    pub asset: Symbol,
    /// The first number.
    pub number: Option<u64>,
    /// The earliest time.
    pub from: Option<OffsetDateTime>,
    /// The time before which the rows were made.
    pub to: Option<OffsetDateTime>,
}

/// Converts a number for a statement. None is greater than those of rows.
pub fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
