//! The weeks and months of UTC, added up from days.

use crate::curve::Growth;
use crate::history::{DAY_MS, Day};
use price::{OutOfRange, Rate, Usd};
use time::Date;

/// The first day of 1970, as astronomers count days.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

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

/// Returns the day of its month, from 1, of the day with a number since 1970. A day beyond all calendars
/// counts as a first one.
fn day_of_month(number: u64) -> u64 {
    let julian = i32::try_from(number).ok().and_then(|number| number.checked_add(EPOCH_JULIAN_DAY));
    let date = julian.and_then(|day| Date::from_julian_day(day).ok());
    date.map_or(1, |date| date.day().into())
}
