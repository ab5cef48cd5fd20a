//! The arithmetic of amounts: parse, print and multiply-then-divide on `i128` at scale 10^8.

use crate::{DECIMALS, SCALE};
use std::fmt;

/// The maximum length of a number's text. An `i128` has 39 digits; the limit leaves room for
/// insignificant zeros and keeps hostile input cheap.
const TEXT_LEN_MAX: usize = 128;

/// The largest absolute exponent of a text. Beyond 10^±64 no value fits.
const EXPONENT_MAX: i32 = 64;

/// The direction in which an inexact result is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Toward minus infinity: P&L, and the bid.
    Floor,
    /// Toward plus infinity: margin, fees, and the ask.
    Ceiling,
}

/// The error for a result that does not fit in an `i128`, or in an `i64` for a database column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount is out of range")]
pub struct OutOfRange;

/// The reason why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is not of the form `-12.5` or `1.25e1`, as for `NaN`, `Infinity` and the empty
    /// text.
    #[error("is not a decimal number")]
    Malformed,
    /// The value is not a multiple of 10^-8. Zeros after the eighth decimal are accepted.
    #[error("has more than 8 decimals")]
    TooPrecise,
    /// The value is too large, or its exponent is beyond ±64.
    #[error("is out of range")]
    OutOfRange,
}

/// Reads a decimal text (JSON's number grammar, leading zeros allowed) into an integer at scale
/// 10^8.
pub(crate) fn parse(text: &str) -> Result<i128, ParseError> {
    if text.len() > TEXT_LEN_MAX {
        return Err(ParseError::OutOfRange);
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(ParseError::Malformed),
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return Err(ParseError::Malformed);
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = whole.bytes().chain(fraction.bytes());
    let fraction_len = i32::try_from(fraction.len()).expect("the text is at most 128 bytes long");
    let shift = i32::try_from(DECIMALS).expect("8 fits") + exponent - fraction_len;
    shift_decimal(accumulate(digits, negative)?, shift)
}

fn parse_exponent(text: &str) -> Result<i32, ParseError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParseError::Malformed);
    }
    match text.parse::<i32>() {
        Ok(exponent) if (-EXPONENT_MAX..=EXPONENT_MAX).contains(&exponent) => Ok(exponent),
        _ => Err(ParseError::OutOfRange),
    }
}

/// Accumulates with the sign, so that the smallest `i128` can be read as well as the largest.
fn accumulate(digits: impl Iterator<Item = u8>, negative: bool) -> Result<i128, ParseError> {
    digits
        .map(|byte| i128::from(byte - b'0'))
        .try_fold(0_i128, |sum, digit| {
            let sum = sum.checked_mul(10)?;
            if negative { sum.checked_sub(digit) } else { sum.checked_add(digit) }
        })
        .ok_or(ParseError::OutOfRange)
}

fn shift_decimal(value: i128, shift: i32) -> Result<i128, ParseError> {
    if value == 0 {
        return Ok(0);
    }
    let factor = 10_i128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        factor.and_then(|f| value.checked_mul(f)).ok_or(ParseError::OutOfRange)
    } else {
        match factor {
            Some(f) if value % f == 0 => Ok(value / f),
            _ => Err(ParseError::TooPrecise),
        }
    }
}

/// Prints all stored digits, without trailing zeros: `92.0005`, `-3`, `0`.
pub(crate) fn print(scaled: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let scale = SCALE.unsigned_abs();
    let (whole, fraction) = (scaled.unsigned_abs() / scale, scaled.unsigned_abs() % scale);
    let mut text = whole.to_string();
    if fraction != 0 {
        let padded = format!(".{fraction:08}");
        text.push_str(padded.trim_end_matches('0'));
    }
    f.pad_integral(scaled >= 0, "", &text)
}

/// Returns `a × b / divisor`, rounded once. `divisor` must be positive.
///
/// # Errors
/// When the product does not fit in 128 bits. Divided by the largest divisor (a scale times a
/// `u32`), it would still be forty times beyond what a `BIGINT` column and so any position can
/// hold.
pub(crate) fn mul_div(
    a: i128,
    b: i128,
    divisor: i128,
    rounding: Rounding,
) -> Result<i128, OutOfRange> {
    assert!(divisor > 0, "callers divide by scales, leverages and ratios, all positive");
    let product = match (i64::try_from(a), i64::try_from(b)) {
        // The common case: factors of 64 bits can't overflow, so no check is needed.
        (Ok(a), Ok(b)) => i128::from(a).wrapping_mul(i128::from(b)),
        _ => a.checked_mul(b).ok_or(OutOfRange)?,
    };
    // A single division, because it dominates the cost. The remainder is smaller than the divisor,
    // so this can't wrap.
    let quotient = product / divisor;
    let remainder = product.wrapping_sub(quotient.wrapping_mul(divisor));
    let bump = match rounding {
        Rounding::Floor if remainder < 0 => -1,
        Rounding::Ceiling if remainder > 0 => 1,
        Rounding::Floor | Rounding::Ceiling => 0,
    };
    quotient.checked_add(bump).ok_or(OutOfRange)
}
