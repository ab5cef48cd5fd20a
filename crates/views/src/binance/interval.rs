//! The intervals of candles, and where they begin.

use messages::Timeframe;
use time::{Date, Month, OffsetDateTime};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The start of a week: the Monday before 1970-01-01 (Unix ms).
const MONDAY_MS: i64 = -3 * DAY_MS;

/// Declares the intervals, one row each: the variant, its name, its length, and the longest stored
/// candle that it is a multiple of.
macro_rules! intervals {
    ($($(#[$doc:meta])* $Name:ident = $name:literal, $length:expr, $MadeOf:ident;)+) => {
        /// The length of a candle.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString)]
        #[strum(parse_err_ty = InvalidInterval, parse_err_fn = no_interval)]
        pub enum Interval {
            $($(#[$doc])* #[strum(serialize = $name)] $Name,)+
        }

        impl Interval {
            /// All of them, shortest first.
            pub const ALL: [Self; 15] = [$(Self::$Name,)+];

            /// The text in names and events: `1m` is a minute and `1M` a month.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Name => $name,)+
                }
            }

            const fn length(self) -> Length {
                match self {
                    $(Self::$Name => $length,)+
                }
            }

            /// The longest stored candle that it is a multiple of.
            pub const fn made_of(self) -> Timeframe {
                match self {
                    $(Self::$Name => Timeframe::$MadeOf,)+
                }
            }
        }
    };
}

intervals! {
    /// A minute.
    M1 = "1m", Length::Fixed(MINUTE_MS), M1;
    /// Three minutes.
    M3 = "3m", Length::Fixed(3 * MINUTE_MS), M1;
    /// Five minutes.
    M5 = "5m", Length::Fixed(5 * MINUTE_MS), M5;
    /// A quarter of an hour.
    M15 = "15m", Length::Fixed(15 * MINUTE_MS), M15;
    /// Half an hour.
    M30 = "30m", Length::Fixed(30 * MINUTE_MS), M15;
    /// An hour.
    H1 = "1h", Length::Fixed(HOUR_MS), H1;
    /// Two hours.
    H2 = "2h", Length::Fixed(2 * HOUR_MS), H1;
    /// Four hours.
    H4 = "4h", Length::Fixed(4 * HOUR_MS), H4;
    /// Six hours.
    H6 = "6h", Length::Fixed(6 * HOUR_MS), H1;
    /// Eight hours.
    H8 = "8h", Length::Fixed(8 * HOUR_MS), H4;
    /// Half a day.
    H12 = "12h", Length::Fixed(12 * HOUR_MS), H4;
    /// A day.
    D1 = "1d", Length::Fixed(DAY_MS), D1;
    /// Three days.
    D3 = "3d", Length::Fixed(3 * DAY_MS), D1;
    /// A week.
    Week = "1w", Length::Week, D1;
    /// A month of the calendar.
    Month = "1M", Length::Month, D1;
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

/// A text that names no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInterval;

const fn no_interval(_: &str) -> InvalidInterval {
    InvalidInterval
}

impl Interval {
    /// The index in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the number of the candle that contains a time (Unix ms); numbers follow each other.
    pub fn number_at(self, ms: i64) -> i64 {
        match self.length() {
            Length::Fixed(length_ms) => ms.div_euclid(length_ms),
            Length::Week => (ms - MONDAY_MS).div_euclid(7 * DAY_MS),
            Length::Month => {
                let at = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000));
                // Candles have times before the year 10000.
                let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
                i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1
            }
        }
    }

    /// Returns the start of a candle (Unix ms) by its number.
    pub fn start_of(self, number: i64) -> i64 {
        match self.length() {
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

    /// Returns the first ms of the candle that contains a time, and of the one after it (Unix ms); not
    /// before 1970.
    pub fn bounds_ms(self, ms: u64) -> (u64, u64) {
        let number = self.number_at(i64::try_from(ms).unwrap_or_default());
        let start = |number| u64::try_from(self.start_of(number)).unwrap_or_default();
        (start(number), start(number + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(name: &str, ms: i64) -> i64 {
        let interval: Interval = name.parse().unwrap();
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
    }

    #[test]
    fn the_bounds_of_a_candle_are_those_of_the_clients() {
        // 2024-02-14 15:47:09 UTC, a Wednesday.
        let ms = 1_707_925_629_500;
        let rows = [
            ("1m", 1_707_925_620, 60),
            ("3m", 1_707_925_500, 180),
            ("30m", 1_707_924_600, 1_800),
            ("2h", 1_707_919_200, 7_200),
            ("8h", 1_707_897_600, 28_800),
            ("12h", 1_707_912_000, 43_200),
            ("1d", 1_707_868_800, 86_400),
            ("3d", 1_707_868_800, 3 * 86_400),
            // Monday, 2024-02-12.
            ("1w", 1_707_696_000, 7 * 86_400),
            // February has 29 days.
            ("1M", 1_706_745_600, 29 * 86_400),
        ];
        for (name, start_s, len_s) in rows {
            let interval: Interval = name.parse().unwrap();
            let bounds = (start_s * 1_000, (start_s + len_s) * 1_000);
            assert_eq!(interval.bounds_ms(ms), bounds, "{name}");
            assert_eq!(interval.bounds_ms(bounds.0), bounds);
            assert_eq!(interval.bounds_ms(bounds.1 - 1), bounds);
            assert_eq!(interval.bounds_ms(bounds.1).0, bounds.1);
        }
        assert_eq!(Interval::Week.bounds_ms(0), (0, 4 * 86_400_000));
        // No candle has such a time; it is no reason to stop.
        for interval in Interval::ALL {
            interval.bounds_ms(u64::MAX);
        }
    }

    #[test]
    fn every_interval_is_a_multiple_of_what_it_is_made_of() {
        for interval in Interval::ALL {
            let stored_ms = i64::try_from(interval.made_of().seconds()).unwrap() * 1_000;
            for number in 0..100 {
                assert_eq!(interval.start_of(number) % stored_ms, 0, "{}", interval.as_str());
            }
        }
    }

    #[test]
    fn every_interval_has_its_place_and_name() {
        for (index, interval) in Interval::ALL.into_iter().enumerate() {
            assert_eq!(interval.index(), index);
            assert_eq!(interval.as_str().parse(), Ok(interval));
        }
        for name in ["1s", "2m", "1D"] {
            assert_eq!(name.parse::<Interval>(), Err(InvalidInterval), "{name}");
        }
    }
}
