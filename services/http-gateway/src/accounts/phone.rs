//! Phone numbers, as digits with a country code.

use std::ops::RangeInclusive;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// The allowed number of digits with the country code (E.164), as in the database's constraint
/// `users_phone_digits`.
pub const DIGITS: RangeInclusive<usize> = 7..=15;

const MALFORMED: &str = "must be a phone number of 7 to 15 digits";

const NATIONAL: &str =
    "must start with the country code, without the 0 of national calls, as in +49 30 1234567";

/// Parses a phone number.
///
/// # Errors
/// The problem, as the end of a sentence.
pub fn parse(text: &str) -> Result<i64, &'static str> {
    let plain: String = text.chars().filter(|c| !is_separator(*c)).collect();
    let (number, has_plus) = plain.strip_prefix('+').map_or((&*plain, false), |rest| (rest, true));
    if number.contains("(0)") {
        return Err(NATIONAL);
    }
    let digits: String = number.chars().filter(|c| !"()".contains(*c)).collect();
    // In many countries `+` is dialled as `00`.
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

/// Returns whether people and address books put this between digits: spaces and dashes of all
/// kinds, dots, and invisible characters.
fn is_separator(c: char) -> bool {
    let category = c.general_category();
    let is_hidden = matches!(category, GeneralCategory::Format | GeneralCategory::DashPunctuation);
    // U+2212 is a minus sign, which people type as a dash.
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
