//! Names of instruments.

use std::fmt;

/// The maximum length of a symbol.
const LEN_MAX: usize = 16;

/// The name of an instrument: 2 to 16 capital letters and digits, with zeros after the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol([u8; LEN_MAX]);

impl Symbol {
    /// Reads a symbol, if the text is one.
    pub fn read(text: &str) -> Option<Self> {
        let is_valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !(2..=LEN_MAX).contains(&text.len()) || !text.bytes().all(is_valid) {
            return None;
        }
        let mut padded = [0; LEN_MAX];
        padded[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self(padded))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0).expect("letters and digits are UTF-8");
        f.write_str(text.trim_end_matches('\0'))
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
