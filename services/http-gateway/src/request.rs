//! Requests, each declared once: what is read of a request, how it is checked and how it is
//! described are one row of a table per field.
//!
//! `requests!` makes a struct with parsed values of each table, the reader that fills it and its
//! part of the API's description. A handler takes it as [`Valid`]. The fields are in a JSON body,
//! the query, the path or the headers; the types of fields ([`FieldType`]) are the same for all.
//!
//! The readers are ours, not serde's: one response names every wrong field of a place, numbers keep
//! the digits that arrived until `price` parses them, an absent value differs from null, and a
//! query is not percent-decoded. `axum::extract::Query` and `serde_path_to_error` stop at the first
//! problem. `serde_json` still parses the body into fields.
//!
//! Three things stay in handlers. That a change has at least one of its fields is a matter of the
//! whole request, and is reported only if no field is wrong. Of a sign-in link's query only the
//! first token is read: the response is a page, and mail programs add parameters. The form on that
//! page is no JSON, and its problems become redirects.

mod amounts;
mod body;
mod description;
mod extract;
mod field;
mod list;
mod word;

pub use amounts::{Count, Leverage, Moment, Positive, Signed, Whole, natural};
pub use body::{BODY_LEN_MAX, Body, NoBody};
pub use description::{Description, Row, components, object, parameters};
pub use extract::{Headers, JsonBody, OptionalJsonBody, Path, Query, Valid};
pub use field::{Defaulted, FieldType, Flag, Nullable, Optional, Problem, Raw};
pub use list::{CommaList, List};

use crate::error::{ApiError, Fields};
use axum::http::HeaderMap;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A request, or the part of one that is in one place.
pub trait Request: Sized {
    /// The place of the fields: one of those in `extract.rs`.
    type Place;
    /// The facts that the fields are read against, besides the request.
    type Given;
    /// The names of the fields.
    const NAMES: &'static [&'static str];

    /// Describes the fields.
    fn rows() -> Vec<Row>;

    /// Reads the fields. Returns `None` if one of them is invalid, which the reader has recorded.
    fn read(reader: &mut Reader<'_>, given: &Self::Given) -> Option<Self>;
}

/// Facts that contain those that a type of fields is read against.
pub trait Gives<T> {
    /// Returns the part that the fields are read against.
    fn give(&self) -> &T;
}

impl<T> Gives<()> for T {
    fn give(&self) -> &() {
        &()
    }
}

/// The fields of a request as they arrived.
pub enum Input<'a> {
    /// The fields of a JSON object.
    Json(&'a BTreeMap<String, Box<RawValue>>),
    /// A query string.
    Query(&'a str),
    /// The parameters of a path; `None` if they are not UTF-8.
    Path(Option<BTreeMap<String, String>>),
    /// The headers.
    Headers(&'a HeaderMap),
}

impl Input<'_> {
    /// Reads a request. Fails if a field is invalid or unknown, and names all that are.
    pub fn read<T: Request>(self, given: &T::Given) -> Result<T, ApiError> {
        let mut reader = Reader { input: self, wrong: Fields::new() };
        let request = T::read(&mut reader, given);
        let mut wrong = reader.wrong;
        wrong.extend(reader.input.unknown(T::NAMES));
        match request {
            Some(request) if wrong.is_empty() => Ok(request),
            _ => Err(ApiError::Validation(wrong)),
        }
    }

    /// Returns the values of a field. Only a query may have several; of a repeated header the first
    /// counts.
    fn values(&self, name: &str) -> Vec<Raw<'_>> {
        match self {
            Self::Json(fields) => {
                fields.get(name).map(|json| Raw::Json(json)).into_iter().collect()
            }
            Self::Query(query) => {
                let values = pairs(query).filter(|(known, _)| *known == name);
                values.map(|(_, value)| Raw::Text(value)).collect()
            }
            Self::Path(None) => vec![Raw::Undecodable],
            Self::Path(Some(parameters)) => {
                parameters.get(name).map(|text| Raw::Text(text)).into_iter().collect()
            }
            Self::Headers(headers) => {
                let value = headers.get(name).into_iter();
                value.map(|value| value.to_str().map_or(Raw::Undecodable, Raw::Text)).collect()
            }
        }
    }

    /// Reads an absent field. If a query lacks a required parameter, its problem is that of an empty
    /// one, which names the values to choose from.
    fn absent<T: FieldType>(&self, given: &T::Given) -> Result<T::Value, Problem> {
        match (self, T::absent()) {
            (Self::Query(_), Err(_)) => T::read(Raw::Text(""), given),
            (_, absent) => absent,
        }
    }

    /// Returns the problem of each field that the request does not have. Paths are matched by the
    /// router, and most headers are not for this API.
    fn unknown(&self, names: &[&str]) -> Fields {
        match self {
            Self::Json(fields) => {
                let unknown = fields.keys().filter(|field| !names.contains(&field.as_str()));
                unknown.map(|field| (field.clone(), not_a_field(names))).collect()
            }
            Self::Query(query) => {
                let unknown = pairs(query).filter(|(name, _)| !names.contains(name));
                let problem = "is not a parameter of this request";
                unknown.map(|(name, _)| (name.to_owned(), problem.to_owned())).collect()
            }
            Self::Path(_) | Self::Headers(_) => Fields::new(),
        }
    }
}

fn not_a_field(names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    format!("is not a field of this request; its fields are {}", names.join(", "))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// A reader of the fields of one request, which records their problems.
pub struct Reader<'a> {
    input: Input<'a>,
    wrong: Fields,
}

impl Reader<'_> {
    /// Reads a field. A repeated parameter must be right every time, and the last one counts.
    pub fn field<T: FieldType>(&mut self, name: &str, given: &T::Given) -> Option<T::Value> {
        let mut outcomes: Vec<_> =
            self.input.values(name).into_iter().map(|raw| T::read(raw, given)).collect();
        if outcomes.is_empty() {
            outcomes.push(self.input.absent::<T>(given));
        }
        let mut value = None;
        for outcome in outcomes {
            value = outcome.map_err(|problem| self.refuse(name, problem)).ok();
        }
        value
    }

    /// Checks a field that was read against others and what is given.
    pub fn check<T, G>(
        &mut self,
        name: &str,
        value: Option<T>,
        given: &G,
        check: impl FnOnce(&T, &G) -> Result<(), Problem>,
    ) -> Option<T> {
        let value = value?;
        match check(&value, given) {
            Ok(()) => Some(value),
            Err(problem) => {
                self.refuse(name, problem);
                None
            }
        }
    }

    fn refuse(&mut self, name: &str, problem: Problem) {
        self.wrong.insert(name.to_owned(), problem.into_owned());
    }
}

/// Defines requests as tables: their place, the facts that they are read against and, of each
/// field, the meaning, the type, the name and an example. A check compares a field with the fields
/// above it, each of which is `None` if it is invalid, and with what is given. A body may have an
/// example as a whole, and a minimum number of fields for its description.
macro_rules! requests {
    (@given) => { () };
    (@given $given:ty) => { $given };
    (@described JsonBody $request:ident, $about:expr, $examples:expr, $least:expr) => {
        impl utoipa::PartialSchema for $request {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::request::object::<Self>($about, &$examples, &$least).into()
            }
        }

        impl utoipa::ToSchema for $request {
            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                schemas.extend($crate::request::components::<Self>());
            }
        }
    };
    (@described OptionalJsonBody $($rest:tt)+) => {
        $crate::request::requests!(@described JsonBody $($rest)+);
    };
    (@described $place:ident $request:ident, $($rest:tt)+) => {
        impl utoipa::IntoParams for $request {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                $crate::request::parameters::<Self>()
            }
        }
    };
    ($(
        $(#[doc = $about:literal])+
        pub struct $request:ident in $place:ident $(given $given:ty)? {
            $($(#[doc = $doc:literal])* $field:ident: $type:ty = $name:literal
                $(, $example:literal)? $(, check: $check:expr)?;)+
        } $(example $sample:tt $(with at least $least:literal)?;)?
    )+) => {$(
        $(#[doc = $about])+
        pub struct $request {
            $($(#[doc = $doc])* pub $field: <$type as $crate::request::FieldType>::Value,)+
        }

        impl $crate::request::Request for $request {
            type Place = $crate::request::$place;
            type Given = $crate::request::requests!(@given $($given)?);
            const NAMES: &'static [&'static str] = &[$($name),+];

            fn rows() -> Vec<$crate::request::Row> {
                vec![$(
                    $crate::request::Row::new::<$type>(
                        $name,
                        concat!("" $(, $doc, "\n")*),
                        vec![$(serde_json::json!($example))?],
                    ),
                )+]
            }

            fn read(
                reader: &mut $crate::request::Reader<'_>,
                given: &Self::Given,
            ) -> Option<Self> {
                $(
                    let $field =
                        reader.field::<$type>($name, $crate::request::Gives::give(given));
                    $(let $field = reader.check($name, $field, given, $check);)?
                )+
                Some(Self { $($field: $field?),+ })
            }
        }

        $crate::request::requests!(
            @described $place $request, concat!($($about, "\n"),+),
            [$(serde_json::json!($sample))?], [$($($least)?)?]
        );
    )+};
}
pub(crate) use requests;

/// Defines a body whose fields are those of two requests together.
macro_rules! joined {
    ($(
        $(#[doc = $about:literal])+
        pub struct $request:ident of $first:ident: $First:ty, $second:ident: $Second:ty,
            given $given:ty;
    )+) => {$(
        $(#[doc = $about])+
        pub struct $request {
            pub $first: $First,
            pub $second: $Second,
        }

        impl $crate::request::Request for $request {
            type Place = $crate::request::JsonBody;
            type Given = $given;
            const NAMES: &'static [&'static str] = &{
                let (first, second) = (
                    <$First as $crate::request::Request>::NAMES,
                    <$Second as $crate::request::Request>::NAMES,
                );
                let mut names = [""; <$First as $crate::request::Request>::NAMES.len()
                    + <$Second as $crate::request::Request>::NAMES.len()];
                let mut n = 0;
                while n < names.len() {
                    names[n] =
                        if n < first.len() { first[n] } else { second[n - first.len()] };
                    n += 1;
                }
                names
            };

            fn rows() -> Vec<$crate::request::Row> {
                let mut rows = <$First as $crate::request::Request>::rows();
                rows.extend(<$Second as $crate::request::Request>::rows());
                rows
            }

            fn read(
                reader: &mut $crate::request::Reader<'_>,
                given: &Self::Given,
            ) -> Option<Self> {
                let first = <$First as $crate::request::Request>::read(
                    reader,
                    $crate::request::Gives::give(given),
                );
                let second = <$Second as $crate::request::Request>::read(
                    reader,
                    $crate::request::Gives::give(given),
                );
                Some(Self { $first: first?, $second: second? })
            }
        }

        impl utoipa::PartialSchema for $request {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let about = concat!($($about, "\n"),+);
                $crate::request::object::<Self>(about, &[], &[]).into()
            }
        }

        impl utoipa::ToSchema for $request {
            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                schemas.extend($crate::request::components::<Self>());
            }
        }
    )+};
}
pub(crate) use joined;

#[cfg(test)]
mod tests;
