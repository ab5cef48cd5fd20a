//! The names of instruments.

use crate::ids::InvalidId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The name of an instrument, such as `BTCUSDT`: 2 to 16 capital letters and digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol([u8; Symbol::LEN_MAX]);

impl Symbol {
    const LEN_MIN: usize = 2;
    pub(crate) const LEN_MAX: usize = 16;

    /// The regular expression of a symbol, for descriptions of the API.
    pub const PATTERN: &'static str = "^[A-Z0-9]{2,16}$";

    /// Creates a symbol from a literal.
    ///
    /// # Panics
    /// When the literal is not a symbol.
    pub const fn from_static(text: &'static str) -> Self {
        match Self::checked(text.as_bytes()) {
            Some(symbol) => symbol,
            None => panic!("a symbol has 2 to 16 capital letters and digits"),
        }
    }

    const fn checked(text: &[u8]) -> Option<Self> {
        if text.len() < Self::LEN_MIN || text.len() > Self::LEN_MAX {
            return None;
        }
        let mut padded = [0; Self::LEN_MAX];
        let mut n = 0;
        while n < text.len() {
            if !text[n].is_ascii_uppercase() && !text[n].is_ascii_digit() {
                return None;
            }
            padded[n] = text[n];
            n += 1;
        }
        Some(Self(padded))
    }

    /// The symbol as a number above zero, for fast lookups. Equal symbols have equal numbers.
    pub const fn to_number(self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::LEN_MAX);
        str::from_utf8(&self.0[..len]).expect("letters and digits are UTF-8")
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Symbol {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let expected = "a symbol of 2 to 16 capital letters and digits, such as BTCUSDT";
        Self::checked(text.as_bytes()).ok_or_else(|| InvalidId::new(text, expected))
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Symbol;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a symbol")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Symbol, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_a_checked_text() {
        for text in ["BTCUSDT", "AB", "1000000BOBUSDT", "ABCDEFGHIJKLMNOP"] {
            let symbol: Symbol = text.parse().expect("a symbol");
            assert_eq!((symbol.as_str(), symbol.to_string()), (text, text.to_owned()));
            let json = serde_json::to_string(&symbol).expect("JSON");
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<Symbol>(&json).expect("a symbol"), symbol);
        }
        for text in ["", "A", "btcusdt", "BTC-USDT", "BTC USDT", "ABCDEFGHIJKLMNOPQ", "BTC\0", "ÄÖ"]
        {
            assert!(text.parse::<Symbol>().is_err(), "{text:?}");
            let json = serde_json::to_string(text).expect("JSON");
            assert!(serde_json::from_str::<Symbol>(&json).is_err(), "{text:?}");
        }
    }

    #[test]
    fn symbols_sort_as_their_texts() {
        let texts = ["AB", "ABC", "B", "BTCUSDT", "1000SHIBUSDT"];
        for (a, b) in texts.into_iter().flat_map(|a| texts.map(|b| (a, b))) {
            if let (Ok(first), Ok(second)) = (a.parse::<Symbol>(), b.parse::<Symbol>()) {
                assert_eq!(first.cmp(&second), a.cmp(b), "{a} and {b}");
            }
        }
    }
}
