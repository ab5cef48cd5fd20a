//! Formatting of times, durations and sizes for people.

use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

/// The current time (Unix ms).
pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}

/// Formats a time in UTC, to the millisecond.
pub fn time(unix_ms: u64) -> String {
    let Some(t) = moment(unix_ms) else { return format!("{unix_ms} ms") };
    let (month, ms) = (u8::from(t.month()), t.millisecond());
    format!(
        "{}-{month:02}-{:02} {:02}:{:02}:{:02}.{ms:03}Z",
        t.year(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// Converts a time from Unix ms; `None` if it is beyond the calendar.
pub fn moment(unix_ms: u64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok()
}

/// Converts a time to Unix ms.
pub fn unix_ms(moment: OffsetDateTime) -> u64 {
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// Formats the time since a past time.
pub fn age(unix_ms: u64) -> String {
    span(now_ms().saturating_sub(unix_ms))
}

/// Formats a duration in suitable units.
pub fn span(ms: u64) -> String {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match ms {
        0..SECOND => format!("{ms} ms"),
        SECOND..MINUTE => format!("{}.{} s", ms / SECOND, ms % SECOND / 100),
        MINUTE..HOUR => format!("{} min {} s", ms / MINUTE, ms % MINUTE / SECOND),
        HOUR..DAY => format!("{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
        DAY.. => format!("{} d {} h", ms / DAY, ms % DAY / HOUR),
    }
}

/// Formats a size in a suitable unit.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), "B");
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1_024, next);
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// Formats a value, or a dash for none.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_spans_and_sizes() {
        assert_eq!(time(1_795_493_501_491), "2026-11-24 04:11:41.491Z");
        for (ms, text) in [
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h 0 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(span(ms), text);
        }
        for (bytes, text) in [(1_023, "1023 B"), (1_024, "1.0 KiB"), (1_572_864, "1.5 MiB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
