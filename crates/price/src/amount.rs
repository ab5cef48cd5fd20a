//! The three kinds of amount. They share a representation and nothing else: mixing them does not compile.

use crate::decimal::{self, OutOfRange, ParseError, Rounding};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i128);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// From the integer at scale 10^8: `from_scaled(150_000_000)` is 1.5.
            pub const fn from_scaled(scaled: i128) -> Self {
                Self(scaled)
            }

            /// The integer at scale 10^8.
            pub const fn scaled(self) -> i128 {
                self.0
            }

            /// Above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Below zero.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// The exact sum.
            ///
            /// # Errors
            /// [`OutOfRange`] instead of a wrap.
            pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
                self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
            }

            /// The exact difference.
            ///
            /// # Errors
            /// [`OutOfRange`] instead of a wrap.
            pub fn checked_sub(self, other: Self) -> Result<Self, OutOfRange> {
                self.0.checked_sub(other.0).map(Self).ok_or(OutOfRange)
            }

            /// The same distance from zero on the other side.
            ///
            /// # Errors
            /// [`OutOfRange`] for the smallest `i128`, which has no opposite.
            pub fn checked_neg(self) -> Result<Self, OutOfRange> {
                self.0.checked_neg().map(Self).ok_or(OutOfRange)
            }

            /// For a `BIGINT` column: the integer at scale 10^8.
            ///
            /// # Errors
            /// [`OutOfRange`] beyond ±92,233,720,368.54775807.
            pub fn to_i64(self) -> Result<i64, OutOfRange> {
                i64::try_from(self.0).map_err(|_| OutOfRange)
            }
        }

        impl From<i64> for $name {
            /// From a `BIGINT` column: the integer at scale 10^8.
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

        /// In text formats the integer at scale 10^8 as a string (`"9200050000"`: JSON's own
        /// numbers lose digits in most readers), in binary formats the integer itself.
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
    /// What one unit of the base asset costs, in USD, at scale 10^8. May be negative as a
    /// difference of two prices.
    Price
}
amount! {
    /// How much of the base asset, at scale 10^8.
    Qty
}
amount! {
    /// Money, at scale 10^8. Negative for a loss.
    Usd
}

impl Price {
    /// `self × numerator / denominator`: a spread, a distance to liquidation, a share.
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
        decimal::mul_div(self.0, i128::from(numerator), i128::from(denominator), rounding).map(Self)
    }
}

/// Reads the integer at scale from a string without allocating.
struct ScaledText;

impl de::Visitor<'_> for ScaledText {
    type Value = i128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer at scale 10^8 in a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<i128, E> {
        // Nearly all amounts fit in 64 bits, which are read several times as fast.
        text.parse::<i64>()
            .map(i128::from)
            .or_else(|_| text.parse())
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
