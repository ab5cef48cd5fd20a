//! JSON bodies, parsed into fields that are read one by one.

use super::{FieldType, Input, Raw, Request};
use crate::access::origin::is_json;
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{self, FromRequest};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Far above any body of this API, far below what could do harm.
pub const BODY_LEN_MAX: usize = 16 * 1024;

/// The largest part of an oversized body that is read and discarded.
const DISCARDED_LEN_MAX: usize = 32 * 1024 * 1024;

/// The fields of a JSON object, unread. Handlers take one in place of
/// [`Valid`](super::Valid) if a request is read against facts that they have to look up.
#[derive(Default)]
pub struct Body(BTreeMap<String, Box<RawValue>>);

impl Body {
    /// Parses an object in which no field occurs twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        // Some editors and shells put a byte-order mark before what they write.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice(bytes).map_err(|error| ApiError::MalformedJson(error.to_string()))
    }

    /// Reads a request.
    pub fn read<T: Request>(&self, given: &T::Given) -> Result<T, ApiError> {
        Input::Json(&self.0).read(given)
    }

    /// Reads one field by itself, whatever is wrong with the others. `None` if it is invalid.
    pub fn field<T: FieldType<Given = ()>>(&self, name: &str) -> Option<T::Value> {
        T::read(Raw::Json(self.0.get(name)?), &()).ok()
    }

    /// Parses the body of a request.
    pub async fn required(request: extract::Request) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        if is_encoded(request.headers()) {
            return Err(ApiError::UnsupportedEncoding);
        }
        let bytes = read(request.into_body()).await?;
        Self::parse(&bytes)
    }

    /// Parses the body of a request. A body that is null or absent has no fields.
    pub async fn optional(request: extract::Request) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = read(request.into_body()).await?;
        match (bytes.is_empty() || bytes.trim_ascii() == b"null", is_json) {
            (true, _) => Self::parse(b"{}"),
            (false, true) => Self::parse(&bytes),
            (false, false) => Err(ApiError::UnsupportedMediaType),
        }
    }
}

impl FromRequest<AppState> for Body {
    type Rejection = ApiError;

    async fn from_request(request: extract::Request, _app: &AppState) -> Result<Self, ApiError> {
        Self::required(request).await
    }
}

/// The absence of a body. What a client means by a body that nobody reads is not done silently: a
/// cancel with a filter there would cancel everything.
pub struct NoBody;

impl FromRequest<AppState> for NoBody {
    type Rejection = ApiError;

    async fn from_request(request: extract::Request, _app: &AppState) -> Result<Self, ApiError> {
        let is_nothing = |bytes: Vec<u8>| matches!(bytes.trim_ascii(), b"" | b"null" | b"{}");
        if read(request.into_body()).await.is_ok_and(is_nothing) {
            return Ok(Self);
        }
        Err(ApiError::field(
            "body",
            "is not allowed: this request takes its fields from the address",
        ))
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

/// A plain map would accept duplicate fields.
impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Body;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Body, M::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if fields.contains_key(&name) {
                        return Err(M::Error::custom(format_args!("duplicate field {name:?}")));
                    }
                    fields.insert(name, value);
                }
                Ok(Body(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}
