//! Every operation against arbitrary-precision integers, over the whole range and at its edges.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use num_bigint::BigInt;
use price::{OutOfRange, ParseError, Price, Qty, Rounding, SCALE, Usd};
use proptest::prelude::*;

/// Values of all magnitudes: a uniform `i128` would nearly always be astronomically large.
fn any_scaled() -> impl Strategy<Value = i128> {
    prop_oneof![
        8 => (any::<i128>(), 0..127_u32).prop_map(|(value, shift)| value >> shift),
        1 => Just(0),
        1 => prop_oneof![Just(i128::MAX), Just(i128::MIN), Just(i128::MIN + 1), Just(1), Just(-1)],
    ]
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    prop_oneof![Just(Rounding::Floor), Just(Rounding::Ceiling)]
}

/// The reference: floor or ceiling division of big integers, independent of the crate's own code.
fn reference_div(numerator: &BigInt, divisor: &BigInt, rounding: Rounding) -> BigInt {
    let quotient = numerator / divisor;
    let exact = &quotient * divisor == *numerator;
    let negative = *numerator < BigInt::ZERO;
    match rounding {
        Rounding::Floor if !exact && negative => quotient - 1,
        Rounding::Ceiling if !exact && !negative => quotient + 1,
        Rounding::Floor | Rounding::Ceiling => quotient,
    }
}

fn fit(value: &BigInt) -> Result<i128, OutOfRange> {
    i128::try_from(value).map_err(|_| OutOfRange)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_text_with_all_decimals_is_the_same_amount(scaled in any_scaled()) {
        let amount = Usd::from_scaled(scaled);
        let text = amount.to_fixed();
        prop_assert_eq!(text.rsplit_once('.').map(|(_, decimals)| decimals.len()), Some(8));
        prop_assert_eq!(text.parse::<Usd>(), Ok(amount));
    }

    #[test]
    fn printing_then_parsing_is_the_identity(scaled in any_scaled()) {
        let amount = Usd::from_scaled(scaled);
        prop_assert_eq!(amount.to_string().parse::<Usd>(), Ok(amount));
    }

    #[test]
    fn a_parsed_text_has_exactly_its_value(
        negative in any::<bool>(), whole in 0_u64.., fraction in "[0-9]{0,12}", exponent in -12_i32..12,
    ) {
        let sign = if negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{sign}{whole}{point}{fraction}e{exponent}");
        // value × 10^8 = digits × 10^(8 + exponent - fraction digits), as a fraction of two big
        // integers.
        let digits: BigInt = format!("{sign}{whole}{fraction}").parse().unwrap();
        let shift = 8 + exponent - i32::try_from(fraction.len()).unwrap();
        let power = BigInt::from(10).pow(shift.unsigned_abs());
        let expected = if shift >= 0 {
            Ok(digits * power)
        } else if &digits % &power == BigInt::ZERO {
            Ok(digits / power)
        } else {
            Err(ParseError::TooPrecise)
        };
        let expected = expected.and_then(|value| fit(&value).map_err(|_| ParseError::OutOfRange));
        prop_assert_eq!(text.parse::<Usd>().map(Usd::scaled), expected);
    }

    #[test]
    fn hostile_texts(text in prop_oneof![
        testkit::hostile::odd_text(),
        testkit::hostile::damaged_text(&["92000.5", "-0.00000001", "1.5e2", "15E-1", "1e30"]),
        ".{0,200}",
    ]) {
        if let Ok(amount) = text.parse::<Price>() {
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
        // The integer at scale, in JSON.
        let json = serde_json::to_string(&text).unwrap();
        if let Ok(amount) = serde_json::from_str::<Qty>(&json) {
            let again = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Qty>(&again).unwrap(), amount);
        }
    }

    #[test]
    fn sums_and_differences_are_exact_or_refused(a in any_scaled(), b in any_scaled()) {
        let (x, y) = (Usd::from_scaled(a), Usd::from_scaled(b));
        prop_assert_eq!(x.checked_add(y).map(Usd::scaled), fit(&(BigInt::from(a) + b)));
        prop_assert_eq!(x.checked_sub(y).map(Usd::scaled), fit(&(BigInt::from(a) - b)));
        prop_assert_eq!(x.checked_neg().map(Usd::scaled), fit(&-BigInt::from(a)));
    }

    #[test]
    fn a_product_is_rounded_once(
        price in any_scaled(), qty in any_scaled(), divisor in 1_u32..1_000, rounding in any_rounding(),
    ) {
        let product = Price::from_scaled(price) * Qty::from_scaled(qty);
        let exact = BigInt::from(price) * qty;
        let expected = fit(&exact).and_then(|_| {
            fit(&reference_div(&exact, &(BigInt::from(SCALE) * divisor), rounding))
        });
        prop_assert_eq!(product.divided_by(divisor).round(rounding).map(Usd::scaled), expected);
        prop_assert_eq!(product, Qty::from_scaled(qty) * Price::from_scaled(price));
    }

    #[test]
    fn a_ratio_is_rounded_once(
        price in any_scaled(), numerator in any::<u32>(), denominator in 1_u32.., rounding in any_rounding(),
    ) {
        let exact = BigInt::from(price) * numerator;
        let expected = fit(&exact)
            .and_then(|_| fit(&reference_div(&exact, &BigInt::from(denominator), rounding)));
        let ratio = Price::from_scaled(price).ratio(numerator, denominator, rounding);
        prop_assert_eq!(ratio.map(Price::scaled), expected);
    }

    #[test]
    fn the_database_integer_is_the_same_or_refused(scaled in any_scaled()) {
        let amount = Qty::from_scaled(scaled);
        prop_assert_eq!(amount.to_i64().is_ok(), i64::try_from(scaled).is_ok());
        if let Ok(stored) = amount.to_i64() {
            prop_assert_eq!(Qty::from(stored), amount);
        }
    }

    #[test]
    fn order_and_sign_are_those_of_the_integers(a in any_scaled(), b in any_scaled()) {
        let amount = Price::from_scaled(a);
        prop_assert_eq!(amount.cmp(&Price::from_scaled(b)), a.cmp(&b));
        prop_assert_eq!((amount.is_positive(), amount.is_negative()), (a > 0, a < 0));
    }

    #[test]
    fn json_carries_the_scaled_integer_as_a_string(scaled in any_scaled()) {
        let json = serde_json::to_string(&Price::from_scaled(scaled)).unwrap();
        prop_assert_eq!(&json, &format!("\"{scaled}\""));
        prop_assert_eq!(serde_json::from_str::<Price>(&json).unwrap(), Price::from_scaled(scaled));
    }
}

#[test]
fn texts_and_what_they_are() {
    let rows: &[(&str, Result<i128, ParseError>)] = &[
        ("0", Ok(0)),
        ("-0", Ok(0)),
        ("92000.5", Ok(9_200_050_000_000)),
        ("39432.48000000", Ok(3_943_248_000_000)),
        ("0.00000001", Ok(1)),
        ("-0.00000001", Ok(-1)),
        ("1.5e2", Ok(15_000_000_000)),
        ("15E-1", Ok(150_000_000)),
        ("1e+2", Ok(10_000_000_000)),
        ("100000000e-16", Ok(1)),
        ("0.100000000000", Ok(10_000_000)),
        ("007", Ok(700_000_000)),
        ("0e64", Ok(0)),
        ("0.000000001", Err(ParseError::TooPrecise)),
        ("1e-9", Err(ParseError::TooPrecise)),
        ("1e30", Ok(10_i128.pow(38))),
        ("1e31", Err(ParseError::OutOfRange)),
        ("1e65", Err(ParseError::OutOfRange)),
        ("1e99999999999", Err(ParseError::OutOfRange)),
        ("9999999999999999999999999999999999999999999", Err(ParseError::OutOfRange)),
        ("1701411834604692317316873037158.84105727", Ok(i128::MAX)),
        ("-1701411834604692317316873037158.84105728", Ok(i128::MIN)),
        ("1701411834604692317316873037158.84105728", Err(ParseError::OutOfRange)),
        ("", Err(ParseError::Malformed)),
        ("-", Err(ParseError::Malformed)),
        ("+1", Err(ParseError::Malformed)),
        (".5", Err(ParseError::Malformed)),
        ("5.", Err(ParseError::Malformed)),
        ("1e", Err(ParseError::Malformed)),
        ("1.2.3", Err(ParseError::Malformed)),
        ("1,5", Err(ParseError::Malformed)),
        (" 1", Err(ParseError::Malformed)),
        ("0x10", Err(ParseError::Malformed)),
        ("NaN", Err(ParseError::Malformed)),
        ("Infinity", Err(ParseError::Malformed)),
        ("١", Err(ParseError::Malformed)),
    ];
    for (text, expected) in rows {
        assert_eq!(text.parse::<Price>().map(Price::scaled), *expected, "{text:?}");
    }
    let long = "1".repeat(200);
    assert_eq!(long.parse::<Price>(), Err(ParseError::OutOfRange));
}

#[test]
fn numbers_print_every_digit_and_no_more() {
    let rows = [(0, "0"), (1, "0.00000001"), (-150_000_000, "-1.5"), (10_i128.pow(8), "1")];
    for (scaled, text) in rows {
        assert_eq!(Usd::from_scaled(scaled).to_string(), text);
    }
    assert_eq!(format!("{:>8}|{:+}", Usd::from(150_000_000), Usd::from(1)), "     1.5|+0.00000001");
}

#[test]
fn json_numbers_and_other_strings_are_not_scaled_integers() {
    for json in ["1", "1.5", "\"1.5\"", "\"\"", "null", "\"1e3\""] {
        assert!(serde_json::from_str::<Price>(json).is_err(), "{json}");
    }
}
