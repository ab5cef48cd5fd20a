//! The parameters of a request: those of its query, and those of its form-encoded body.

use super::error::Error;
use crate::clock::time;
use messages::{OrderSide, TimeInForce};
use price::{ParseError, Price, Qty, Usd};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The parameters of a request, with their percent-encoding removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// A type of value that a parameter can have.
pub trait Param: Sized {
    /// Reads the value of the parameter with this name.
    ///
    /// # Errors
    /// When the text is no such value.
    fn read(name: &'static str, text: &str) -> Result<Self, Error>;
}

impl Params {
    /// Parses a query and a body. A parameter in both has the value of the query.
    pub fn parse(query: &str, body: &[u8]) -> Self {
        let owned = |(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into(), value.into());
        let query = form_urlencoded::parse(query.as_bytes()).map(owned);
        Self(query.chain(form_urlencoded::parse(body).map(owned)).collect())
    }

    /// Makes the parameters of a JSON object. Numbers keep their text, and null is no value.
    pub fn of_object(object: BTreeMap<String, Box<RawValue>>) -> Self {
        let text = |json: &RawValue| match serde_json::from_str::<Value>(json.get()) {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) => String::new(),
            _ => json.get().to_owned(),
        };
        Self(object.into_iter().map(|(name, value)| (name, text(&value))).collect())
    }

    /// Returns all parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the text of a parameter; an empty one is as good as none. Names are compared without
    /// case: clients disagree about that of some.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns the value of a parameter, if it is given.
    ///
    /// # Errors
    /// When its text is no such value.
    pub fn optional<T: Param>(&self, name: &'static str) -> Result<Option<T>, Error> {
        self.get(name).map(|text| T::read(name, text)).transpose()
    }

    /// Returns the value of a parameter.
    ///
    /// # Errors
    /// -1102 when it is missing, and when its text is no such value.
    pub fn required<T: Param>(&self, name: &'static str) -> Result<T, Error> {
        self.optional(name)?.ok_or_else(|| Error::missing(name))
    }

    /// Returns whether a flag is given and true.
    ///
    /// # Errors
    /// When its text is neither true nor false.
    pub fn flag(&self, name: &'static str) -> Result<bool, Error> {
        Ok(self.optional(name)?.unwrap_or(false))
    }

    /// Returns the number of rows of a page: `default` if none is given, and at most `max`.
    ///
    /// # Errors
    /// -1130 when it is not from 1 to `max`.
    pub fn limit(&self, default: u32, max: u32) -> Result<u32, Error> {
        match self.optional::<u32>("limit")? {
            None => Ok(default),
            Some(limit) if (1..=max).contains(&limit) => Ok(limit),
            Some(_) => Err(Error::invalid("limit")),
        }
    }

    /// Returns the period that `startTime` and `endTime` name (Unix ms), both included.
    ///
    /// # Errors
    /// When the end is before the start.
    pub fn period(&self) -> Result<(Option<u64>, Option<u64>), Error> {
        let start = self.optional::<Moment>("startTime")?.map(|moment| moment.0);
        let end = self.optional::<Moment>("endTime")?.map(|moment| moment.0);
        match (start, end) {
            (Some(start), Some(end)) if start > end => Err(Error::invalid("endTime")),
            period => Ok(period),
        }
    }

    /// Returns the same period for the tables: from the start to before the millisecond that follows the
    /// end, since clients name the last millisecond that they want.
    ///
    /// # Errors
    /// When the end is before the start.
    pub fn times(&self) -> Result<(Option<OffsetDateTime>, Option<OffsetDateTime>), Error> {
        let (start, end) = self.period()?;
        Ok((start.map(time), end.map(|end| time(end + 1))))
    }
}

/// A point in time (Unix ms) before the year 10000, as is the millisecond after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub u64);

impl Param for Moment {
    fn read(name: &'static str, text: &str) -> Result<Self, Error> {
        let ms = u64::read(name, text)?;
        if ms < 253_402_300_799_999 { Ok(Self(ms)) } else { Err(Error::malformed(name)) }
    }
}

impl Param for String {
    fn read(_: &'static str, text: &str) -> Result<Self, Error> {
        Ok(text.to_owned())
    }
}

impl Param for bool {
    fn read(name: &'static str, text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("true") {
            Ok(true)
        } else if text.eq_ignore_ascii_case("false") {
            Ok(false)
        } else {
            Err(Error::malformed(name))
        }
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {
        $(impl Param for $number {
            fn read(name: &'static str, text: &str) -> Result<Self, Error> {
                text.parse().map_err(|_| Error::malformed(name))
            }
        })+
    };
}

whole_numbers!(u8, u32, u64);

macro_rules! amounts {
    ($($amount:ty => $too_large:ident),+) => {
        $(impl Param for $amount {
            fn read(name: &'static str, text: &str) -> Result<Self, Error> {
                text.parse().map_err(|problem| match problem {
                    ParseError::Malformed => Error::malformed(name),
                    ParseError::TooPrecise => Error::PRECISION,
                    ParseError::OutOfRange => Error::$too_large,
                })
            }
        })+
    };
}

amounts!(Price => PRICE_TOO_LARGE, Qty => TOO_LARGE, Usd => TOO_LARGE);

impl Param for OrderSide {
    fn read(_: &'static str, text: &str) -> Result<Self, Error> {
        text.parse().map_err(|_| Error::SIDE)
    }
}

impl Param for TimeInForce {
    fn read(_: &'static str, text: &str) -> Result<Self, Error> {
        text.parse().map_err(|_| Error::TIME_IN_FORCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_wins_and_an_empty_parameter_is_none() {
        let params = Params::parse("symbol=BTCUSDT&price=", b"symbol=ETHUSDT&qty=1%2E5&Flag=True");
        assert_eq!(params.get("symbol"), Some("BTCUSDT"));
        assert_eq!(params.get("price"), None);
        assert_eq!(params.required::<Qty>("qty").unwrap().to_string(), "1.5");
        assert!(params.flag("flag").unwrap());
        assert_eq!(params.required::<u32>("leverage").unwrap_err(), Error::missing("leverage"));
        let wrong = Params::parse("qty=1.123456789&leverage=x", b"");
        assert_eq!(wrong.required::<Qty>("qty").unwrap_err(), Error::PRECISION);
        assert_eq!(wrong.required::<u32>("leverage").unwrap_err(), Error::malformed("leverage"));
    }

    #[test]
    fn a_page_and_a_period_have_bounds() {
        let read = |query: &str| Params::parse(query, b"");
        assert_eq!(read("").limit(500, 1_000), Ok(500));
        assert_eq!(read("limit=1000").limit(500, 1_000), Ok(1_000));
        for wrong in ["limit=0", "limit=1001"] {
            assert_eq!(read(wrong).limit(500, 1_000), Err(Error::invalid("limit")), "{wrong}");
        }
        let last = read("endTime=253402300799998").period();
        assert_eq!(last, Ok((None, Some(253_402_300_799_998))));
        let beyond = read("endTime=253402300799999").period();
        assert_eq!(beyond, Err(Error::malformed("endTime")));
        assert_eq!(read("startTime=5").period(), Ok((Some(5), None)));
        assert_eq!(read("startTime=5&endTime=4").period(), Err(Error::invalid("endTime")));
    }
}
