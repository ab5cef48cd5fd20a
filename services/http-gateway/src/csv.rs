//! CSV files (RFC 4180) of any number of rows.
//!
//! A file is read from the database and sent in pieces. Each piece is read on demand, where the
//! last one ended: however long the file and however slow the client, the gateway holds one piece
//! in its memory and no connection to the database.

use crate::error::ApiError;
use crate::request::{Description, FieldType, Problem, Raw};
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use std::fmt;
use std::future::Future;
use std::num::NonZero;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The number of rows in a piece: some 300 kB.
pub const PIECE_LEN: i64 = 1_000;

/// The usual length of a row in bytes.
const ROW_LEN: usize = 256;

const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// Three decimals, so that times also sort as strings.
const MILLISECONDS: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second { decimal_digits: NonZero::new(3) })
    .encode();

/// Writes the rows of a piece.
pub fn rows<T>(
    items: impl IntoIterator<Item = T>,
    write_row: impl Fn(T, &mut String) -> fmt::Result,
) -> String {
    let items = items.into_iter();
    let mut text = String::with_capacity(items.size_hint().0 * ROW_LEN);
    for item in items {
        write_row(item, &mut text).expect("a String takes all that is written to it");
    }
    text
}

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Json,
    /// A file of all that matches.
    Csv,
}

impl FieldType for Format {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        match &*raw.text()? {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err("must be json or csv".into()),
        }
    }

    fn absent() -> Result<Self, Problem> {
        Ok(Self::Json)
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        let object = object.enum_values(Some(["json", "csv"])).default(Some(json!("json")));
        Description::inline(object)
    }
}

/// Streams the pieces of a file. `read` returns the rows after a place and, unless they are the
/// last ones, the place where they end.
pub fn pieces<C, F>(
    read: impl Fn(Option<C>) -> F + Send,
) -> impl Stream<Item = Result<String, ApiError>> + Send
where
    C: Send,
    F: Future<Output = Result<(String, Option<C>), ApiError>> + Send,
{
    stream::try_unfold((read, Some(None)), async |(read, after)| {
        let Some(after) = after else { return Ok(None) };
        let (rows, next) = read(after).await?;
        Ok(Some((rows, (read, next.map(Some)))))
    })
}

/// Returns a file: the row of names, and the rows in `pieces`. Cells with anything but numbers,
/// times, ids and fixed words would need quotes; there are none.
pub async fn file(
    name: &'static str,
    names: &'static str,
    pieces: impl Stream<Item = Result<String, ApiError>> + Send + 'static,
) -> Result<Response, ApiError> {
    let mut pieces = Box::pin(pieces);
    // The first piece is awaited, so that an unavailable database is still an error with a status.
    // A later failure breaks the connection: half a file must not look complete.
    let first = pieces.try_next().await?.unwrap_or_default();
    let file = stream::iter([Ok(names.to_owned()), Ok(first)]).chain(pieces);
    let file = file.map_ok(Bytes::from).map_err(|_| "the rest of the file can't be read");
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}

/// Formats a time in UTC.
pub fn iso(unix_ms: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Iso8601::<MILLISECONDS>).ok()).unwrap_or_default()
}

/// Formats a value, or an empty cell for none.
pub fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Reports whether a response is a file, which may be long and is worth compressing.
pub fn is_file(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|media_type| media_type == MEDIA_TYPE)
}
