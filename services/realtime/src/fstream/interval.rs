//! The lengths of candles that Binance's clients know.

use time::{Date, OffsetDateTime, Time};

/// The length of a day, in seconds.
const DAY_S: u64 = 24 * 60 * 60;

/// The first Monday after 1970-01-01, a Thursday.
const FIRST_MONDAY_S: u64 = 4 * DAY_S;

/// The length of a candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
pub enum Interval {
    #[strum(serialize = "1m")]
    M1,
    #[strum(serialize = "3m")]
    M3,
    #[strum(serialize = "5m")]
    M5,
    #[strum(serialize = "15m")]
    M15,
    #[strum(serialize = "30m")]
    M30,
    #[strum(serialize = "1h")]
    H1,
    #[strum(serialize = "2h")]
    H2,
    #[strum(serialize = "4h")]
    H4,
    #[strum(serialize = "6h")]
    H6,
    #[strum(serialize = "8h")]
    H8,
    #[strum(serialize = "12h")]
    H12,
    #[strum(serialize = "1d")]
    D1,
    #[strum(serialize = "3d")]
    D3,
    #[strum(serialize = "1w")]
    Week,
    #[strum(serialize = "1M")]
    Month,
}

impl Interval {
    /// All of them, shortest first.
    pub const ALL: [Self; 15] = [
        Self::M1,
        Self::M3,
        Self::M5,
        Self::M15,
        Self::M30,
        Self::H1,
        Self::H2,
        Self::H4,
        Self::H6,
        Self::H8,
        Self::H12,
        Self::D1,
        Self::D3,
        Self::Week,
        Self::Month,
    ];

    /// The text in names and events.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The index in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The first ms of the candle that contains a time, and of the one after it (Unix ms).
    pub fn bounds_ms(self, time_ms: u64) -> (u64, u64) {
        let second = time_ms / 1_000;
        let (start_s, end_s) = match self.seconds() {
            Some(len) => {
                let origin = if self == Self::Week { FIRST_MONDAY_S } else { 0 };
                let start = second - second.saturating_sub(origin) % len;
                (start, start + len)
            }
            None => month(second),
        };
        (start_s * 1_000, end_s * 1_000)
    }

    const fn seconds(self) -> Option<u64> {
        Some(match self {
            Self::M1 => 60,
            Self::M3 => 3 * 60,
            Self::M5 => 5 * 60,
            Self::M15 => 15 * 60,
            Self::M30 => 30 * 60,
            Self::H1 => 60 * 60,
            Self::H2 => 2 * 60 * 60,
            Self::H4 => 4 * 60 * 60,
            Self::H6 => 6 * 60 * 60,
            Self::H8 => 8 * 60 * 60,
            Self::H12 => 12 * 60 * 60,
            Self::D1 => DAY_S,
            Self::D3 => 3 * DAY_S,
            Self::Week => 7 * DAY_S,
            Self::Month => return None,
        })
    }
}

/// The first second of the month that contains a time, and of the next month (UTC).
fn month(time_s: u64) -> (u64, u64) {
    let date = i64::try_from(time_s).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    // Trades have times that a date can have.
    let date = date.unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
    let first = date.replace_day(1).unwrap_or(date);
    let days = first.month().length(first.year());
    let start_s = second_of(first);
    (start_s, start_s + u64::from(days) * DAY_S)
}

fn second_of(date: Date) -> u64 {
    date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-14 15:47:09 UTC, a Wednesday.
    const TIME_MS: u64 = 1_707_925_629_500;

    #[test]
    fn candles_begin_where_the_clients_expect_them() {
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
            assert_eq!(interval.bounds_ms(TIME_MS), bounds, "{name}");
            assert_eq!(interval.bounds_ms(bounds.0), bounds);
            assert_eq!(interval.bounds_ms(bounds.1 - 1), bounds);
            assert_eq!(interval.bounds_ms(bounds.1).0, bounds.1);
        }
        assert_eq!(Interval::Week.bounds_ms(0).0, 0);
    }

    #[test]
    fn every_interval_has_its_place_and_name() {
        for (index, interval) in Interval::ALL.into_iter().enumerate() {
            assert_eq!(interval.index(), index);
            assert_eq!(interval.as_str().parse(), Ok(interval));
        }
        assert!("1s".parse::<Interval>().is_err());
    }
}
