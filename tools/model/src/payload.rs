//! Reading of payloads.

use crate::symbol::Symbol;
use serde_json::Value;

/// The error for an entry of which a part is missing or has the wrong form.
pub struct Unreadable;

/// The payload of an entry.
#[derive(Clone, Copy)]
pub struct Payload<'a>(pub &'a Value);

impl<'a> Payload<'a> {
    /// A text.
    pub fn text(self, name: &str) -> Result<&'a str, Unreadable> {
        self.optional_text(name)?.ok_or(Unreadable)
    }

    /// An amount, which is a text of digits.
    pub fn amount(self, name: &str) -> Result<i128, Unreadable> {
        self.optional_amount(name)?.ok_or(Unreadable)
    }

    /// A whole number.
    pub fn number(self, name: &str) -> Result<u64, Unreadable> {
        self.optional_number(name)?.ok_or(Unreadable)
    }

    /// A symbol.
    pub fn symbol(self, name: &str) -> Result<Symbol, Unreadable> {
        Symbol::read(self.text(name)?).ok_or(Unreadable)
    }

    /// A text that may be absent or null.
    pub fn optional_text(self, name: &str) -> Result<Option<&'a str>, Unreadable> {
        self.given(name).map(|value| value.as_str().ok_or(Unreadable)).transpose()
    }

    /// An amount that may be absent or null.
    pub fn optional_amount(self, name: &str) -> Result<Option<i128>, Unreadable> {
        let text = self.optional_text(name)?;
        text.map(|text| text.parse().map_err(|_| Unreadable)).transpose()
    }

    /// A whole number that may be absent or null.
    pub fn optional_number(self, name: &str) -> Result<Option<u64>, Unreadable> {
        self.given(name).map(|value| value.as_u64().ok_or(Unreadable)).transpose()
    }

    /// An amount after an edit: absent keeps it, null removes it, an amount replaces it.
    pub fn edited(self, name: &str, current: Option<i128>) -> Result<Option<i128>, Unreadable> {
        if self.0.get(name).is_none() { Ok(current) } else { self.optional_amount(name) }
    }

    /// `true` or `false`; `false` if it is absent.
    pub fn flag(self, name: &str) -> Result<bool, Unreadable> {
        self.given(name).map_or(Ok(false), |value| value.as_bool().ok_or(Unreadable))
    }

    /// A value, unless it is absent or null.
    pub fn given(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}
