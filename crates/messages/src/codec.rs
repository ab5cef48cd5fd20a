//! Conversion between messages and the fields of a stream entry.

use crate::ids::InvalidId;
use serde::{Serialize, de::DeserializeOwned};
use std::{borrow::Cow, str::FromStr};

/// The format that this code writes and the newest that it reads.
const VERSION: u32 = 1;

/// The field that carries the trace context of an entry.
const TRACEPARENT: &str = "traceparent";

/// The length of version, trace, span and flags in hex.
const TRACEPARENT_LEN: usize = 55;

/// The maximum length of a quote from the entry in an error: the fault shows at the start, and
/// hostile input must not fill the logs.
const QUOTE_CHARS_MAX: usize = 200;

/// A message that can be stored as a stream entry.
pub trait StreamMessage: Sized {
    /// Encodes the message as fields, in the order in which `redis-cli` shows them.
    fn encode(&self) -> Fields;

    /// Decodes the message; the error names the invalid field and the reason.
    fn decode(fields: &Fields) -> Result<Self, DecodeError>;
}

/// The fields of one stream entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(Cow<'static, str>, Vec<u8>)>);

/// A field of an entry that cannot be decoded, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}` {problem}")]
pub struct DecodeError {
    /// The field's name, or its path inside the payload (`payload.qtyInt`).
    pub field: String,
    /// The problem, as the end of a sentence that starts with the field.
    pub problem: String,
}

impl DecodeError {
    pub(crate) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: shortened(field.to_owned()), problem: shortened(problem.into()) }
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(QUOTE_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Fields {
    /// Starts an entry of the given type.
    pub(crate) fn of_type(kind: &'static str) -> Self {
        Self(Vec::with_capacity(7)).with("v", VERSION).with("type", kind)
    }

    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids and numbers, cheaper to pass than to borrow"
    )]
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.push(name, value.to_string().into_bytes());
        self
    }

    #[must_use]
    pub(crate) fn with_text(mut self, name: &'static str, value: String) -> Self {
        self.push(name, value.into_bytes());
        self
    }

    #[must_use]
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    #[must_use]
    pub(crate) fn with_payload(mut self, payload: &impl Serialize) -> Self {
        let json =
            serde_json::to_vec(payload).expect("messages have string keys and no failing parts");
        self.push("payload", json);
        self
    }

    /// Adds a field with the raw bytes from the wire.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: Vec<u8>) {
        self.0.push((name.into(), value));
    }

    /// The fields as names and raw values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_slice()))
    }

    /// The OpenTelemetry trace context of the entry in W3C format, passed on unchanged from a
    /// request to its outputs. A malformed value is ignored.
    pub fn traceparent(&self) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(name, _)| name == TRACEPARENT)?;
        let is_one = value.len() == TRACEPARENT_LEN
            && value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
        std::str::from_utf8(value).ok().filter(|_| is_one)
    }

    /// Adds the entry to a trace.
    pub fn set_traceparent(&mut self, traceparent: &str) {
        self.push(TRACEPARENT, traceparent.as_bytes().to_vec());
    }

    /// The entry's `type`, after checking that its version is known.
    pub(crate) fn kind(&self) -> Result<&str, DecodeError> {
        match self.parse::<u32>("v", "a whole number") {
            Ok(None | Some(VERSION)) => self.required("type"),
            Ok(Some(other)) => Err(DecodeError::new(
                "v",
                format!("is {other}; this version of Velox reads {VERSION}"),
            )),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, DecodeError> {
        match self.0.iter().find(|(found, _)| found == name) {
            None => Ok(None),
            Some((_, value)) => std::str::from_utf8(value)
                .map(Some)
                .map_err(|_| DecodeError::new(name, "is not UTF-8 text")),
        }
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, DecodeError> {
        self.optional(name)?.ok_or_else(|| DecodeError::new(name, "is missing"))
    }

    /// Parses the field as a number, if it is present.
    fn parse<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.optional(name)? else { return Ok(None) };
        let value =
            text.parse().map_err(|_| DecodeError::new(name, format!("is not {expected}")))?;
        Ok(Some(value))
    }

    pub(crate) fn timestamp_ms(&self) -> Result<u64, DecodeError> {
        self.parse("timestamp", "a time in Unix milliseconds")?
            .ok_or_else(|| DecodeError::new("timestamp", "is missing"))
    }

    pub(crate) fn id<T: FromStr<Err = InvalidId>>(&self, name: &str) -> Result<T, DecodeError> {
        self.optional_id(name)?.ok_or_else(|| DecodeError::new(name, "is missing"))
    }

    pub(crate) fn optional_id<T: FromStr<Err = InvalidId>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.optional(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| DecodeError::new(name, format!("is wrong: {error}")))
    }

    pub(crate) fn payload<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        decode_payload(self.required("payload")?)
    }
}

pub(crate) fn decode_payload<T: DeserializeOwned>(json: &str) -> Result<T, DecodeError> {
    // Tracking the path doubles the cost of parsing, so it is done only after an error.
    serde_json::from_str(json).or_else(|_| decode_payload_with_path(json))
}

#[cold]
fn decode_payload_with_path<T: DeserializeOwned>(json: &str) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let payload = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "payload".to_owned() } else { format!("payload.{path}") };
        DecodeError::new(&field, format!("is wrong: {}", error.into_inner()))
    })?;
    deserializer.end().map_err(|error| {
        DecodeError::new("payload", format!("has trailing characters: {error}"))
    })?;
    Ok(payload)
}

impl FromIterator<(String, Vec<u8>)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect())
    }
}
