//! The weeks and months of UTC, added up from days.

use crate::curve::Growth;
use crate::history::{DAY_MS, Day};
use price::{OutOfRange, Rate, Usd};

/// The number of the first day of 1970, counted from the first of March of the year 0.
const EPOCH_DAY: u64 = 719_468;

/// The days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;

/// The days of a week.
const WEEK: u64 = 7;

/// The number of the first Monday's day: 1970 began on a Thursday.
const FIRST_MONDAY: u64 = 4;

/// A day that has ended, with the growth before and after it.
pub struct EndedDay {
    pub day: Day,
    pub from: Growth,
    pub to: Growth,
}

/// A week or a month, or what a period has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The beginning of the whole week or month, Unix ms.
    pub start_ms: u64,
    /// The P&L of its days.
    pub pnl: Usd,
    /// The return from the beginning of its first day to the end of its last one.
    pub rate: Rate,
}

/// Adds up the days of each week; a week begins on Monday.
pub fn weeks(days: &[EndedDay]) -> Result<Vec<Span>, OutOfRange> {
    spans(days, |number| number.saturating_sub((number + WEEK - FIRST_MONDAY) % WEEK))
}

/// Adds up the days of each month.
pub fn months(days: &[EndedDay]) -> Result<Vec<Span>, OutOfRange> {
    spans(days, |number| number - (day_of_month(number) - 1))
}

/// Adds up neighbouring days whose span begins on the same day, by the number of the day since 1970.
fn spans(days: &[EndedDay], first_of: impl Fn(u64) -> u64) -> Result<Vec<Span>, OutOfRange> {
    let start_ms = |ended: &EndedDay| first_of(ended.day.start_ms / DAY_MS) * DAY_MS;
    let mut spans = Vec::new();
    for days in days.chunk_by(|one, next| start_ms(one) == start_ms(next)) {
        if let (Some(begun), Some(ended)) = (days.first(), days.last()) {
            let sum = days.iter().try_fold(Usd::ZERO, |sum, ended| sum.checked_add(ended.day.pnl));
            let rate = ended.to.since(begun.from);
            spans.push(Span { start_ms: start_ms(begun), pnl: sum?, rate });
        }
    }
    Ok(spans)
}

/// Returns the day of its month, from 1, of the day with a number since 1970. Counted from the first of
/// March, a leap day is the last day of its year, and the months are of 153 days in five.
const fn day_of_month(number: u64) -> u64 {
    let of_era = (number + EPOCH_DAY) % ERA_DAYS;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5 + 1
}
