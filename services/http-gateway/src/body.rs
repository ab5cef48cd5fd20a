//! JSON bodies, read field by field from the digits that arrived.
//!
//! A number in JSON is text; most readers make a float of it before anybody can look. Here the
//! text itself is kept and parsed by `price`, and every field that is wrong is named in one answer.

use crate::access::origin::is_json;
use crate::assets::{self, MUST_BE_AN_ASSET};
use crate::error::{ApiError, Fields};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use messages::{Edit, OrderType, Symbol};
use price::{ParseError, Price, Qty};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Far above any body of this API, far below what could hurt.
const BODY_LEN_MAX: usize = 16 * 1024;

/// How much of a body that is too large is read for politeness' sake.
const DISCARDED_LEN_MAX: usize = 32 * 1024 * 1024;

/// A JSON object whose fields are taken one after the other.
pub struct Body {
    unread: BTreeMap<String, Box<RawValue>>,
    /// What was asked for: the fields that the request has.
    known: BTreeSet<String>,
    wrong: Fields,
}

/// What stands in for a value that is wrong: the request is refused before anyone uses it.
type Field<T> = Option<T>;

impl Body {
    /// Reads an object; each field may be there once.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        // Some editors and shells put a byte-order mark before what they write.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Object(unread) = serde_json::from_slice(bytes)
            .map_err(|error| ApiError::MalformedJson(error.to_string()))?;
        Ok(Self { unread, known: BTreeSet::new(), wrong: Fields::new() })
    }

    /// Ends the reading: every field was right, and none is left that nobody knows.
    pub fn finish(mut self) -> Result<(), ApiError> {
        if !self.unread.is_empty() {
            let known: Vec<_> = self.known.into_iter().collect();
            let problem = format!("is not a field of this request; it has {}", known.join(", "));
            self.wrong.extend(self.unread.into_keys().map(|field| (field, problem.clone())));
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(ApiError::Validation(self.wrong)) }
    }

    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, field: &str, problem: impl Into<String>) {
        self.wrong.insert(field.to_owned(), problem.into());
    }

    /// Whether a field is there that may be left out.
    pub fn has(&mut self, field: &str) -> bool {
        self.known.insert(field.to_owned());
        self.unread.contains_key(field)
    }

    /// A text that must be there.
    pub fn text(&mut self, field: &str) -> Field<String> {
        let raw = self.required(field)?;
        match serde_json::from_str::<String>(raw.get()) {
            // PostgreSQL keeps none, and nobody means one.
            Ok(text) if text.contains('\0') => self.wrong(field, "must not contain U+0000"),
            Ok(text) => Some(text),
            Err(_) => self.wrong(field, "must be a text"),
        }
    }

    /// A text, or the digits of a whole number.
    pub fn digits(&mut self, field: &str) -> Field<String> {
        let raw = self.required(field)?;
        let is_text = raw.get().starts_with('"');
        let digits = |text: String| if is_text { Some(text) } else { natural(&text) };
        let text = number_or_text(&raw).and_then(digits);
        text.or_else(|| self.wrong(field, "must be a whole number or a text"))
    }

    /// True or false; false if the field is not there.
    pub fn flag(&mut self, field: &str) -> bool {
        let flag = self.take(field).map_or(Ok(false), |raw| serde_json::from_str(raw.get()));
        flag.ok().or_else(|| self.wrong(field, "must be true or false")).unwrap_or_default()
    }

    /// The symbol of something that is traded here; `BTC` is short for `BTCUSDT`.
    pub fn asset(&mut self, field: &str) -> Field<Symbol> {
        let text = self.text(field)?;
        assets::parse(&text).or_else(|| self.wrong(field, MUST_BE_AN_ASSET))
    }

    /// `LONG` or `SHORT`.
    pub fn order_type(&mut self, field: &str) -> Field<OrderType> {
        let text = self.text(field)?;
        text.parse().ok().or_else(|| self.wrong(field, "must be LONG or SHORT"))
    }

    /// 1 to 100; `10.0` is a whole number, too.
    pub fn leverage(&mut self, field: &str) -> Field<u32> {
        let raw = self.required(field)?;
        number_or_text(&raw)
            .and_then(|text| natural(&text)?.parse().ok())
            .filter(|leverage| (1..=100).contains(leverage))
            .or_else(|| self.wrong(field, "must be a whole number from 1 to 100"))
    }

    /// A quantity above zero that an account can hold.
    pub fn qty(&mut self, field: &str) -> Field<Qty> {
        let raw = self.required(field)?;
        self.positive(field, &raw, Qty::is_positive, Qty::to_i64)
    }

    /// A price above zero, if the field is there and not null.
    pub fn optional_price(&mut self, field: &str) -> Option<Price> {
        match self.edit_price(field) {
            Edit::Set(price) => Some(price),
            Edit::Keep | Edit::Remove => None,
        }
    }

    /// A price above zero, null to remove it, or nothing.
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
            return self.wrong(field, "must be a number, or a number in a text");
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
            _ => self.wrong(field, "is missing"),
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

/// Reads a body that is not too large. One that is too large is read on and thrown away for a
/// while: a caller that is cut off while it writes never sees why.
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

/// Whether the body is compressed: none of this API is large enough to gain by it.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The digits of a number, or what is in a text.
fn number_or_text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// The digits of a whole number, however it is written: `10`, `10.0`, `1e1`.
fn natural(text: &str) -> Option<String> {
    let scaled = text.parse::<Qty>().ok()?.scaled();
    (scaled >= 0 && scaled % price::SCALE == 0).then(|| (scaled / price::SCALE).to_string())
}

/// Unlike a plain map it doesn't let the second of two equal fields win.
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
                        return Err(M::Error::custom(format_args!("{name:?} is there twice")));
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

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, damaged, nearly_json};
    use proptest::prelude::*;

    fn problems(json: &str) -> Fields {
        let mut body = Body::parse(json.as_bytes()).unwrap();
        body.asset("asset");
        body.order_type("orderType");
        body.leverage("leverage");
        body.qty("qty");
        body.optional_price("stopLoss");
        match body.finish() {
            Ok(()) => Fields::new(),
            Err(ApiError::Validation(fields)) => fields,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named_at_once() {
        let found = problems(r#"{"leverage": 1.5, "qty": "x", "stopLoss": -1, "stoploss": 1}"#);
        let expected = [
            ("asset", "is missing"),
            ("leverage", "must be a whole number from 1 to 100"),
            ("orderType", "is missing"),
            ("qty", "is not a decimal number"),
            ("stopLoss", "must be above zero"),
            (
                "stoploss",
                "is not a field of this request; it has asset, leverage, orderType, qty, stopLoss",
            ),
        ];
        let expected = expected.map(|(field, problem)| (field.to_owned(), problem.to_owned()));
        assert_eq!(found, Fields::from(expected));
    }

    #[test]
    fn numbers_keep_their_digits_however_they_are_written() {
        for json in ["0.00000001", "\"0.00000001\"", "1e-8", "10E-9", "\"1e-8\""] {
            let mut body = Body::parse(format!(r#"{{"qty": {json}}}"#).as_bytes()).unwrap();
            assert_eq!(body.qty("qty").map(Qty::scaled), Some(1), "{json}");
        }
        // A float has no room for these digits.
        let mut body = Body::parse(br#"{"qty": 90071992547.40993123}"#).unwrap();
        assert_eq!(body.qty("qty").map(Qty::scaled), Some(9_007_199_254_740_993_123));
    }

    #[test]
    fn a_leverage_is_a_whole_number_however_it_is_written() {
        for json in ["10", "10.0", "1e1", "\"10\""] {
            let mut body = Body::parse(format!(r#"{{"leverage": {json}}}"#).as_bytes()).unwrap();
            assert_eq!(body.leverage("leverage"), Some(10), "{json}");
        }
        for json in ["0", "101", "9.9", "-1", "4294967297", "1e30", "\"\"", "true"] {
            let mut body = Body::parse(format!(r#"{{"leverage": {json}}}"#).as_bytes()).unwrap();
            assert_eq!(body.leverage("leverage"), None, "{json}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_number_is_said() {
        let rows = [
            ("0", "must be above zero"),
            ("-0.5", "must be above zero"),
            ("0.123456789", "has more than 8 decimals"),
            ("1e30", "is out of range"),
            ("1e99", "is out of range"),
            ("\"NaN\"", "is not a decimal number"),
            ("\"\"", "is not a decimal number"),
            ("true", "must be a number, or a number in a text"),
            ("[1]", "must be a number, or a number in a text"),
            ("null", "is missing"),
        ];
        for (json, problem) in rows {
            let body = format!(
                r#"{{"asset": "btc", "orderType": "LONG", "leverage": "10", "qty": {json}}}"#
            );
            let found = problems(&body);
            assert_eq!(found, Fields::from([("qty".to_owned(), problem.to_owned())]), "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        let twice = "{\"a\":1,\"a\":2}";
        for json in ["", "[]", "1", "{", "{\"a\":1}x", "{\"a\":NaN}", twice, "\u{fffd}"] {
            let parsed = Body::parse(json.as_bytes());
            assert!(matches!(parsed, Err(ApiError::MalformedJson(_))), "{json}");
        }
    }

    #[test]
    fn an_edit_tells_absent_from_null() {
        let mut body = Body::parse(br#"{"stopLoss": null, "takeProfit": "95.5"}"#).unwrap();
        assert_eq!(body.edit_price("stopLoss"), Edit::Remove);
        assert_eq!(body.edit_price("takeProfit"), Edit::Set("95.5".parse().unwrap()));
        assert_eq!(body.edit_price("stopLoss"), Edit::Keep);
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// What a handler relies on: a body that was read to its end has every field.
        #[test]
        fn hostile_bodies(json in nearly_json(&[
            r#"{"asset":"BTCUSDT","orderType":"LONG","leverage":10,"qty":0.01,"stopLoss":90000}"#,
            r#"{"asset":"eth","orderType":"SHORT","leverage":"1e1","qty":"1","stopLoss":null}"#,
        ])) {
            if let Ok(mut body) = Body::parse(json.as_bytes()) {
                let (asset, side) = (body.asset("asset"), body.order_type("orderType"));
                let (leverage, qty) = (body.leverage("leverage"), body.qty("qty"));
                let stop_loss = body.optional_price("stopLoss");
                match body.finish() {
                    Ok(()) => {
                        prop_assert!(asset.is_some() && side.is_some());
                        prop_assert!(leverage.is_some_and(|leverage| (1..=100).contains(&leverage)));
                        prop_assert!(qty.is_some_and(|qty| qty.is_positive() && qty.to_i64().is_ok()));
                        prop_assert!(stop_loss.is_none_or(Price::is_positive));
                    }
                    Err(ApiError::Validation(fields)) => {
                        prop_assert!(!fields.is_empty() && fields.values().all(|problem| !problem.is_empty()));
                    }
                    Err(other) => prop_assert!(false, "{other:?}"),
                }
            }
        }

        #[test]
        fn hostile_bytes(bytes in damaged(vec![br#"{"email":"a@b.example","phone":"+1 555 0100"}"#.to_vec()])) {
            if let Ok(mut body) = Body::parse(&bytes) {
                let (email, phone) = (body.text("email"), body.digits("phone"));
                if body.finish().is_ok() {
                    prop_assert!(email.is_some_and(|email| !email.contains('\0')) && phone.is_some());
                }
            }
        }
    }
}
