//! The four kinds of amount. They share a representation and nothing else: mixing them does not
//! compile.

use crate::SCALE;
use crate::decimal::{self, OutOfRange, ParseError, Rounding};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i128);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// Creates an amount from the integer at scale 10^8: `from_scaled(150_000_000)` is 1.5.
            pub const fn from_scaled(scaled: i128) -> Self {
                Self(scaled)
            }

            /// The integer at scale 10^8.
            pub const fn scaled(self) -> i128 {
                self.0
            }

            /// Returns whether the amount is above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Returns whether the amount is zero.
            pub const fn is_zero(&self) -> bool {
                self.0 == 0
            }

            /// Returns whether the amount is below zero.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Returns the exact sum.
            ///
            /// # Errors
            /// [`OutOfRange`] instead of a wrap.
            pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
                self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
            }

            /// Returns the exact difference.
            ///
            /// # Errors
            /// [`OutOfRange`] instead of a wrap.
            pub fn checked_sub(self, other: Self) -> Result<Self, OutOfRange> {
                self.0.checked_sub(other.0).map(Self).ok_or(OutOfRange)
            }

            /// Returns the negated amount.
            ///
            /// # Errors
            /// [`OutOfRange`] for the smallest `i128`, which cannot be negated.
            pub fn checked_neg(self) -> Result<Self, OutOfRange> {
                self.0.checked_neg().map(Self).ok_or(OutOfRange)
            }

            /// Returns the integer at scale 10^8 for a `BIGINT` column.
            ///
            /// # Errors
            /// [`OutOfRange`] beyond ±92,233,720,368.54775807.
            pub fn to_i64(self) -> Result<i64, OutOfRange> {
                i64::try_from(self.0).map_err(|_| OutOfRange)
            }

            /// Returns the text with all eight decimals, such as `92.00050000`, for readers that take
            /// the number of decimals from it.
            pub fn to_fixed(self) -> String {
                let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
                let scale = SCALE.unsigned_abs();
                format!("{sign}{}.{:08}", size / scale, size % scale)
            }

            /// Returns `self × numerator / denominator`, for a spread, a share or a distance.
            ///
            /// # Errors
            /// [`OutOfRange`] when the result does not fit.
            ///
            /// # Panics
            /// When `denominator` is 0.
            pub fn ratio(
                self,
                numerator: u32,
                denominator: u32,
                rounding: Rounding,
            ) -> Result<Self, OutOfRange> {
                let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
                decimal::mul_div(self.0, numerator, denominator, rounding).map(Self)
            }
        }

        impl From<i64> for $name {
            /// Creates an amount from a `BIGINT` column, the integer at scale 10^8.
            fn from(scaled: i64) -> Self {
                Self(i128::from(scaled))
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                decimal::parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                decimal::print(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        /// Serializes the integer at scale 10^8, in text formats as a string (`"9200050000"`,
        /// because most JSON parsers lose digits of large numbers), in binary formats as an
        /// integer.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    match i64::try_from(self.0) {
                        Ok(short) => serializer.collect_str(&short),
                        Err(_) => serializer.collect_str(&self.0),
                    }
                } else {
                    serializer.serialize_i128(self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    deserializer.deserialize_str(ScaledText).map(Self)
                } else {
                    i128::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

amount! {
    /// The price of one unit of the base asset, in USD, at scale 10^8. May be negative as a
    /// difference of two prices.
    Price
}
amount! {
    /// A quantity of the base asset, at scale 10^8.
    Qty
}
amount! {
    /// Money, at scale 10^8. Negative for a loss.
    Usd
}
amount! {
    /// A ratio, such as a funding rate, at scale 10^8: 0.0001 is 0.01 %.
    Rate
}

impl Usd {
    /// Returns the part of an amount that belongs to a part of a quantity: `self × part / whole`.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result does not fit.
    ///
    /// # Panics
    /// When `whole` is not above zero.
    pub fn portion(self, part: Qty, whole: Qty, rounding: Rounding) -> Result<Self, OutOfRange> {
        decimal::mul_div(self.0, part.0, whole.0, rounding).map(Self)
    }

    /// Returns the move of the price that changes the value of `qty` by `self × numerator /
    /// denominator`.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result does not fit.
    ///
    /// # Panics
    /// When `qty` or `denominator` is not above zero.
    pub fn price_move(
        self,
        qty: Qty,
        numerator: u32,
        denominator: u32,
        rounding: Rounding,
    ) -> Result<Price, OutOfRange> {
        let amount = self.0.checked_mul(i128::from(numerator)).ok_or(OutOfRange)?;
        let divisor = qty.0.checked_mul(i128::from(denominator)).ok_or(OutOfRange)?;
        decimal::mul_div(amount, SCALE, divisor, rounding).map(Price)
    }
}

/// A visitor that reads the integer at scale from a string without allocating.
struct ScaledText;

impl de::Visitor<'_> for ScaledText {
    type Value = i128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer at scale 10^8 in a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<i128, E> {
        // Nearly all amounts fit in 64 bits, which parse several times faster.
        text.parse::<i64>()
            .map(i128::from)
            .or_else(|_| text.parse())
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
