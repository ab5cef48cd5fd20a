//! Telephone numbers, as digits with a country code.

use std::ops::RangeInclusive;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// With the country code (E.164). The database holds numbers to the same, `users_phone_digits`.
pub const DIGITS: RangeInclusive<usize> = 7..=15;

const MALFORMED: &str = "must be a telephone number of 7 to 15 digits";

const NATIONAL: &str = "must begin with the country code, as in +49 30 1234567, without the 0 of calls within a country";

/// The number that is written here.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn parse(text: &str) -> Result<i64, &'static str> {
    let plain: String = text.chars().filter(|c| !is_separator(*c)).collect();
    let (number, has_plus) = plain.strip_prefix('+').map_or((&*plain, false), |rest| (rest, true));
    if number.contains("(0)") {
        return Err(NATIONAL);
    }
    let digits: String = number.chars().filter(|c| !"()".contains(*c)).collect();
    // `00` is how many countries dial a `+`.
    let digits = if has_plus { &*digits } else { digits.strip_prefix("00").unwrap_or(&digits) };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MALFORMED);
    }
    if digits.starts_with('0') {
        return Err(NATIONAL);
    }
    let number = DIGITS.contains(&digits.len()).then(|| digits.parse().ok()).flatten();
    number.ok_or(MALFORMED)
}

/// What people and address books put between digits: spaces and dashes of all kinds, dots, and
/// characters that are not seen.
fn is_separator(c: char) -> bool {
    let category = c.general_category();
    let is_hidden = matches!(category, GeneralCategory::Format | GeneralCategory::DashPunctuation);
    // U+2212 is a minus, and a dash to whoever types it.
    c.is_whitespace() || is_hidden || ".\u{2212}".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_any_kind_make_no_difference() {
        for text in [
            "15550100",
            "+1 555-0100",
            " +1 (555) 01.00 ",
            "+1\u{a0}555\u{202f}0100",
            "+1 555\u{2011}01\u{2013}00",
            "\u{202a}+1 555\u{2212}0100\u{202c}",
            "\u{feff}1555\u{200b}0100",
            "001 555 0100",
        ] {
            assert_eq!(parse(text), Ok(15_550_100), "{text:?}");
        }
    }

    #[test]
    fn a_national_zero_is_refused_with_a_sentence() {
        for text in ["030 1234567", "+49 (0)30 1234567", "+49 (0) 30 1234567", "+030 1234567"] {
            assert_eq!(parse(text), Err(NATIONAL), "{text}");
        }
        for text in ["", "+", "123456", "1234567890123456", "1555010O", "1/5550100", "-", "00"] {
            assert_eq!(parse(text), Err(MALFORMED), "{text}");
        }
    }
}
