//! Amounts as integers at scale 10^8, with the divisions that the rules need.

use serde_json::{Map, Value};

/// One unit.
pub const SCALE: i128 = 100_000_000;

/// ⌊a / b⌋ for b > 0.
pub const fn floor_div(a: i128, b: i128) -> i128 {
    a.div_euclid(b)
}

/// ⌈a / b⌉ for b > 0.
pub const fn ceil_div(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

/// ⌊a × b / c⌋ for c > 0, where a × b may not fit: a has two parts, the quotient and the rest.
pub const fn floor_mul_div(a: i128, b: i128, c: i128) -> i128 {
    a.div_euclid(c) * b + floor_div(a.rem_euclid(c) * b, c)
}

/// ⌈a × b / c⌉ for c > 0, likewise.
pub const fn ceil_mul_div(a: i128, b: i128, c: i128) -> i128 {
    a.div_euclid(c) * b + ceil_div(a.rem_euclid(c) * b, c)
}

/// Reports whether the amount fits in a `BIGINT` column.
pub fn fits(amount: i128) -> bool {
    i64::try_from(amount).is_ok()
}

/// Formats an amount as a decimal, such as `-2.090269`.
pub fn decimal(amount: i128) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, fraction) = (amount.abs() / SCALE, amount.abs() % SCALE);
    let fraction = format!("{fraction:08}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{digits}"),
    }
}

/// Reads an amount from a message, where it is a string of digits.
pub fn read(payload: &Value, name: &str) -> Option<i128> {
    payload.get(name)?.as_str()?.parse().ok()
}

/// Writes an amount as HTTP responses do: as a decimal and as an integer.
pub fn put(object: &mut Map<String, Value>, name: &str, amount: i128) {
    object.insert(name.to_owned(), decimal(amount).into());
    object.insert(format!("{name}Int"), amount.to_string().into());
}

/// Does the same for an optional amount.
pub fn put_optional(object: &mut Map<String, Value>, name: &str, amount: Option<i128>) {
    if let Some(amount) = amount {
        put(object, name, amount);
    } else {
        object.insert(name.to_owned(), Value::Null);
        object.insert(format!("{name}Int"), Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_round_as_named() {
        assert_eq!((floor_div(7, 2), floor_div(-7, 2)), (3, -4));
        assert_eq!((ceil_div(7, 2), ceil_div(-7, 2), ceil_div(6, 2)), (4, -3, 3));
    }

    #[test]
    fn products_are_divided_in_two_parts() {
        assert_eq!((floor_mul_div(7, 3, 2), ceil_mul_div(7, 3, 2)), (10, 11));
        assert_eq!((floor_mul_div(-7, 3, 2), ceil_mul_div(-7, 3, 2)), (-11, -10));
        assert_eq!((floor_mul_div(7, -3, 2), ceil_mul_div(7, -3, 2)), (-11, -10));
        let largest = i128::from(i64::MAX) * i128::from(i64::MAX);
        assert_eq!(ceil_mul_div(largest, 1_000_000, 1_000_000), largest);
    }

    #[test]
    fn decimals_have_no_zeros_at_the_end() {
        let rows = [
            (0, "0"),
            (100_000_000_000, "1000"),
            (9_233_144_265, "92.33144265"),
            (-209_026_900, "-2.090269"),
            (-1, "-0.00000001"),
        ];
        for (amount, text) in rows {
            assert_eq!(decimal(amount), text);
        }
    }
}
