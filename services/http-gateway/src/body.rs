//! JSON bodies, read field by field from the digits that arrived.
//!
//! A number in JSON is text, which most parsers turn into a float first. Here the text itself is
//! kept and parsed by `price`, and one response names every field that is wrong.

use crate::access::origin::is_json;
use crate::error::{ApiError, Fields};
use crate::market_list;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use markets::Markets;
use messages::{Edit, Instrument, LEVERAGE_MAX, Side};
use price::{ParseError, Price, Qty};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Far above any body of this API, far below what could do harm.
const BODY_LEN_MAX: usize = 16 * 1024;

/// The largest part of an oversized body that is read and discarded.
const DISCARDED_LEN_MAX: usize = 32 * 1024 * 1024;

/// A JSON object whose fields are taken one by one.
pub struct Body {
    unread: BTreeMap<String, Box<RawValue>>,
    /// The fields that the handler asked for: those of this request.
    known: BTreeSet<String>,
    wrong: Fields,
}

/// A field's value; none if it is invalid, in which case [`Body::finish`] refuses the request.
type Field<T> = Option<T>;

impl Body {
    /// Parses an object in which no field occurs twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        // Some editors and shells put a byte-order mark before what they write.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Object(unread) = serde_json::from_slice(bytes)
            .map_err(|error| ApiError::MalformedJson(error.to_string()))?;
        Ok(Self { unread, known: BTreeSet::new(), wrong: Fields::new() })
    }

    /// Ends the reading. Fails if a field was invalid or an unknown one is left.
    pub fn finish(mut self) -> Result<(), ApiError> {
        if !self.unread.is_empty() {
            let known: Vec<_> = self.known.into_iter().collect();
            let problem =
                format!("is not a field of this request; its fields are {}", known.join(", "));
            self.wrong.extend(self.unread.into_keys().map(|field| (field, problem.clone())));
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(ApiError::Validation(self.wrong)) }
    }

    /// Records the problem of an invalid field.
    pub fn refuse(&mut self, field: &str, problem: impl Into<String>) {
        self.wrong.insert(field.to_owned(), problem.into());
    }

    /// Returns whether an optional field is present.
    pub fn has(&mut self, field: &str) -> bool {
        self.known.insert(field.to_owned());
        self.unread.contains_key(field)
    }

    /// Takes a required string.
    pub fn text(&mut self, field: &str) -> Field<String> {
        let raw = self.required(field)?;
        match serde_json::from_str::<String>(raw.get()) {
            // PostgreSQL can't store it, and no caller means it.
            Ok(text) if text.contains('\0') => self.wrong(field, "must not contain U+0000"),
            Ok(text) => Some(text),
            Err(_) => self.wrong(field, "must be a string"),
        }
    }

    /// Takes a required string, or the digits of a whole number.
    pub fn digits(&mut self, field: &str) -> Field<String> {
        let raw = self.required(field)?;
        let is_text = raw.get().starts_with('"');
        let digits = |text: String| if is_text { Some(text) } else { natural(&text) };
        let text = number_or_text(&raw).and_then(digits);
        text.or_else(|| self.wrong(field, "must be a whole number or a string"))
    }

    /// Takes a boolean; false if the field is absent.
    pub fn flag(&mut self, field: &str) -> bool {
        let flag = self.take(field).map_or(Ok(false), |raw| serde_json::from_str(raw.get()));
        flag.ok().or_else(|| self.wrong(field, "must be true or false")).unwrap_or_default()
    }

    /// Takes the name of a market; `BTC` is short for `BTCUSDT`.
    pub fn market<'a>(&mut self, field: &str, markets: &'a Markets) -> Field<&'a Instrument> {
        let text = self.text(field)?;
        let found = market_list::find(markets, &text);
        found.or_else(|| self.wrong(field, market_list::problem(markets)))
    }

    /// Takes a side: `LONG` or `SHORT`.
    pub fn side(&mut self, field: &str) -> Field<Side> {
        let text = self.text(field)?;
        text.parse().ok().or_else(|| self.wrong(field, "must be LONG or SHORT"))
    }

    /// Takes a leverage that some market may allow; `10.0` is a whole number, too.
    pub fn leverage(&mut self, field: &str) -> Field<u32> {
        let raw = self.required(field)?;
        number_or_text(&raw)
            .and_then(|text| natural(&text)?.parse().ok())
            .filter(|leverage| (1..=LEVERAGE_MAX.into()).contains(leverage))
            .or_else(|| {
                self.wrong(field, format!("must be a whole number from 1 to {LEVERAGE_MAX}"))
            })
    }

    /// Takes a quantity above zero that an account can hold.
    pub fn qty(&mut self, field: &str) -> Field<Qty> {
        let raw = self.required(field)?;
        self.positive(field, &raw, Qty::is_positive, Qty::to_i64)
    }

    /// Takes a price above zero, if the field is present and not null.
    pub fn optional_price(&mut self, field: &str) -> Option<Price> {
        match self.edit_price(field) {
            Edit::Set(price) => Some(price),
            Edit::Keep | Edit::Remove => None,
        }
    }

    /// Takes a change of a price: above zero to set it, null to remove it, absent to keep it.
    pub fn edit_price(&mut self, field: &str) -> Edit<Price> {
        let Some(raw) = self.take(field) else { return Edit::Keep };
        if raw.get() == "null" {
            return Edit::Remove;
        }
        let price = self.positive(field, &raw, Price::is_positive, Price::to_i64);
        price.map_or(Edit::Keep, Edit::Set)
    }

    fn positive<T: FromStr<Err = ParseError> + Copy>(
        &mut self,
        field: &str,
        raw: &RawValue,
        is_positive: fn(T) -> bool,
        to_i64: fn(T) -> Result<i64, price::OutOfRange>,
    ) -> Field<T> {
        let Some(text) = number_or_text(raw) else {
            return self.wrong(field, "must be a number or a decimal string");
        };
        match text.parse::<T>() {
            Err(problem) => self.wrong(field, problem.to_string()),
            Ok(value) if !is_positive(value) => self.wrong(field, "must be above zero"),
            Ok(value) if to_i64(value).is_err() => self.wrong(field, "is out of range"),
            Ok(value) => Some(value),
        }
    }

    fn required(&mut self, field: &str) -> Option<Box<RawValue>> {
        match self.take(field) {
            Some(raw) if raw.get() != "null" => Some(raw),
            _ => self.wrong(field, "is required"),
        }
    }

    fn take(&mut self, field: &str) -> Option<Box<RawValue>> {
        self.known.insert(field.to_owned());
        self.unread.remove(field)
    }

    fn wrong<T>(&mut self, field: &str, problem: impl Into<String>) -> Option<T> {
        self.refuse(field, problem);
        None
    }
}

/// Reads a body up to the limit. A larger one is read on and discarded for a while: a client that
/// is cut off while it sends never sees the error.
async fn read(body: axum::body::Body) -> Result<Vec<u8>, ApiError> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut len) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ApiError::MalformedJson(error.to_string()))?;
        len += chunk.len();
        if len > DISCARDED_LEN_MAX {
            break;
        }
        if len <= BODY_LEN_MAX {
            bytes.extend_from_slice(&chunk);
        }
    }
    if len > BODY_LEN_MAX { Err(ApiError::PayloadTooLarge) } else { Ok(bytes) }
}

/// Returns whether the body is compressed; no body of this API is large enough to gain from it.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Returns the digits of a number, or the contents of a string.
fn number_or_text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// Returns the digits of a whole number, however it is written: `10`, `10.0`, `1e1`.
fn natural(text: &str) -> Option<String> {
    let scaled = text.parse::<Qty>().ok()?.scaled();
    (scaled >= 0 && scaled % price::SCALE == 0).then(|| (scaled / price::SCALE).to_string())
}

/// A JSON object that, unlike a plain map, refuses duplicate fields.
struct Object(BTreeMap<String, Box<RawValue>>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if fields.contains_key(&name) {
                        return Err(M::Error::custom(format_args!("duplicate field {name:?}")));
                    }
                    fields.insert(name, value);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        if is_encoded(request.headers()) {
            return Err(ApiError::UnsupportedEncoding);
        }
        let bytes = read(request.into_body()).await?;
        Self::parse(&bytes)
    }
}

/// A body that may be null or absent, along with its content type.
pub struct OptionalBody(pub Body);

impl<S: Send + Sync> FromRequest<S> for OptionalBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = read(request.into_body()).await?;
        match (bytes.is_empty() || bytes.trim_ascii() == b"null", is_json) {
            (true, _) => Body::parse(b"{}").map(Self),
            (false, true) => Body::parse(&bytes).map(Self),
            (false, false) => Err(ApiError::UnsupportedMediaType),
        }
    }
}

#[cfg(test)]
mod tests;
