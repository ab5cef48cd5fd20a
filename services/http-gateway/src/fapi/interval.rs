//! The intervals of candles, and where they begin.

use super::error::Error;
use messages::Timeframe;
use time::{Date, Month, OffsetDateTime};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The start of a week: the Monday before 1970-01-01 (Unix ms).
const MONDAY_MS: i64 = -3 * DAY_MS;

/// The length of a candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    name: &'static str,
    length: Length,
    /// The longest stored candle that it is a multiple of.
    made_of: Timeframe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// This time (ms), counted from 1970-01-01 00:00 UTC.
    Fixed(i64),
    /// A week, UTC.
    Week,
    /// A month of the calendar, UTC.
    Month,
}

const fn fixed(name: &'static str, length_ms: i64, made_of: Timeframe) -> Interval {
    Interval { name, length: Length::Fixed(length_ms), made_of }
}

impl Interval {
    /// The intervals, shortest first.
    pub const ALL: [Self; 15] = [
        fixed("1m", MINUTE_MS, Timeframe::M1),
        fixed("3m", 3 * MINUTE_MS, Timeframe::M1),
        fixed("5m", 5 * MINUTE_MS, Timeframe::M5),
        fixed("15m", 15 * MINUTE_MS, Timeframe::M15),
        fixed("30m", 30 * MINUTE_MS, Timeframe::M15),
        fixed("1h", HOUR_MS, Timeframe::H1),
        fixed("2h", 2 * HOUR_MS, Timeframe::H1),
        fixed("4h", 4 * HOUR_MS, Timeframe::H4),
        fixed("6h", 6 * HOUR_MS, Timeframe::H1),
        fixed("8h", 8 * HOUR_MS, Timeframe::H4),
        fixed("12h", 12 * HOUR_MS, Timeframe::H4),
        fixed("1d", DAY_MS, Timeframe::D1),
        fixed("3d", 3 * DAY_MS, Timeframe::D1),
        Self { name: "1w", length: Length::Week, made_of: Timeframe::D1 },
        Self { name: "1M", length: Length::Month, made_of: Timeframe::D1 },
    ];

    /// Finds an interval by its name. `1m` is a minute and `1M` a month.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|interval| interval.name == name).ok_or(Error::INTERVAL)
    }

    /// The longest stored candle that it is a multiple of.
    pub const fn made_of(self) -> Timeframe {
        self.made_of
    }

    /// Returns the number of the candle that contains a time (Unix ms); numbers follow each other.
    pub fn number_at(self, ms: i64) -> i64 {
        match self.length {
            Length::Fixed(length_ms) => ms.div_euclid(length_ms),
            Length::Week => (ms - MONDAY_MS).div_euclid(7 * DAY_MS),
            Length::Month => {
                let at = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000));
                let at = at.expect("times are before the year 10000");
                i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1
            }
        }
    }

    /// Returns the start of a candle (Unix ms) by its number.
    pub fn start_of(self, number: i64) -> i64 {
        match self.length {
            Length::Fixed(length_ms) => number * length_ms,
            Length::Week => number * 7 * DAY_MS + MONDAY_MS,
            Length::Month => {
                let month = u8::try_from(number.rem_euclid(12) + 1).expect("there are 12");
                let month = Month::try_from(month).expect("there are 12");
                // The month after the last one of the calendar is never shown.
                let year = i32::try_from(number.div_euclid(12)).unwrap_or(i32::MAX).min(9_999);
                let first = Date::from_calendar_date(year, month, 1);
                let first = first.expect("years are within the calendar").midnight();
                first.assume_utc().unix_timestamp() * 1_000
            }
        }
    }

    /// Returns the number of the first candle that begins at or after a time (Unix ms).
    pub fn first_from(self, ms: i64) -> i64 {
        let number = self.number_at(ms);
        if self.start_of(number) < ms { number + 1 } else { number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(name: &str, ms: i64) -> i64 {
        let interval = Interval::find(name).unwrap();
        let number = interval.number_at(ms);
        let (start, next) = (interval.start_of(number), interval.start_of(number + 1));
        assert!(start <= ms && ms < next, "{name}");
        assert_eq!(interval.number_at(start), number, "{name}");
        assert_eq!(interval.number_at(next - 1), number, "{name}");
        assert_eq!(interval.first_from(start), number, "{name}");
        assert_eq!(interval.first_from(start + 1), number + 1, "{name}");
        start
    }

    #[test]
    fn candles_begin_on_the_grid_of_the_calendar() {
        // 2024-02-29 23:59:59.999 UTC, a Thursday.
        let ms = 1_709_251_199_999;
        let rows = [
            ("1m", 1_709_251_140_000),
            ("3m", 1_709_251_020_000),
            ("30m", 1_709_249_400_000),
            ("6h", 1_709_229_600_000),
            ("8h", 1_709_222_400_000),
            ("1d", 1_709_164_800_000),
            ("3d", 1_709_164_800_000),
            ("1w", 1_708_905_600_000),
            ("1M", 1_706_745_600_000),
        ];
        for (name, expected) in rows {
            assert_eq!(start(name, ms), expected, "{name}");
        }
        // The next millisecond begins a month, and no week.
        assert_eq!(start("1M", ms + 1), ms + 1);
        assert_eq!(start("1w", ms + 1), 1_708_905_600_000);
        // The first Monday, and the day before it.
        assert_eq!(start("1w", 4 * DAY_MS), 4 * DAY_MS);
        assert_eq!(start("1w", 4 * DAY_MS - 1), MONDAY_MS);
        assert_eq!(start("1M", 0), 0);
        assert_eq!(Interval::find("2m"), Err(Error::INTERVAL));
        assert_eq!(Interval::find("1D"), Err(Error::INTERVAL));
    }

    #[test]
    fn every_interval_is_a_multiple_of_what_it_is_made_of() {
        for interval in Interval::ALL {
            let stored_ms = i64::try_from(interval.made_of.seconds()).unwrap() * 1_000;
            for number in 0..100 {
                assert_eq!(interval.start_of(number) % stored_ms, 0, "{}", interval.name);
            }
        }
    }
}
