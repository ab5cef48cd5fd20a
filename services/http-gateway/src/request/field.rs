//! Types of fields: how a value is read and described. A new one is one `impl` of [`FieldType`].

use super::Description;
use messages::Edit;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::marker::PhantomData;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The problem of a field: the end of a sentence that begins with its name.
pub type Problem = Cow<'static, str>;

const REQUIRED: Problem = Cow::Borrowed("is required");

/// A type of fields.
pub trait FieldType {
    /// The parsed value.
    type Value;
    /// The facts that a value is read against, `()` for most types.
    type Given;

    /// Parses a value.
    fn read(raw: Raw<'_>, given: &Self::Given) -> Result<Self::Value, Problem>;

    /// Returns the value of an absent field, if it is not required.
    fn absent() -> Result<Self::Value, Problem> {
        Err(REQUIRED)
    }

    /// Describes the values.
    fn description() -> Description;
}

/// The value of a field as it arrived.
#[derive(Clone, Copy)]
pub enum Raw<'a> {
    /// The JSON of a body's field.
    Json(&'a RawValue),
    /// The text of a parameter or a header.
    Text(&'a str),
    /// The bytes of a path that are not UTF-8, or of a header that are not printable ASCII.
    Undecodable,
}

impl<'a> Raw<'a> {
    /// Returns the string.
    pub fn text(self) -> Result<Cow<'a, str>, Problem> {
        match self {
            Self::Json(json) if json.get() == "null" => Err(REQUIRED),
            Self::Json(json) => match serde_json::from_str::<String>(json.get()) {
                // PostgreSQL can't store it, and no caller means it.
                Ok(text) if text.contains('\0') => Err("must not contain U+0000".into()),
                Ok(text) => Ok(text.into()),
                Err(_) => Err("must be a string".into()),
            },
            Self::Text(text) => Ok(text.into()),
            Self::Undecodable => Err("must be valid UTF-8".into()),
        }
    }

    /// Returns the digits of a number, or the contents of a string; `None` for anything else. Most
    /// parsers would turn the number into a float first.
    pub fn digits(self) -> Result<Option<Cow<'a, str>>, Problem> {
        let Self::Json(json) = self else { return self.text().map(Some) };
        Ok(match json.get().as_bytes() {
            b"null" => return Err(REQUIRED),
            [b'"', ..] => serde_json::from_str::<String>(json.get()).ok().map(Cow::from),
            [b'-' | b'0'..=b'9', ..] => Some(json.get().into()),
            _ => None,
        })
    }

    /// Returns whether this is a number in JSON.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Json(json) if matches!(json.get().as_bytes(), [b'-' | b'0'..=b'9', ..]))
    }

    fn is_null(self) -> bool {
        matches!(self, Self::Json(json) if json.get() == "null")
    }
}

/// A field that may be absent, but not null.
pub struct Optional<T>(PhantomData<T>);

impl<T: FieldType> FieldType for Optional<T> {
    type Value = Option<T::Value>;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<Option<T::Value>, Problem> {
        T::read(raw, given).map(Some)
    }

    fn absent() -> Result<Option<T::Value>, Problem> {
        Ok(None)
    }

    fn description() -> Description {
        T::description()
    }
}

/// A field that may be null or absent, which is the same.
pub struct Nullable<T>(PhantomData<T>);

impl<T: FieldType> FieldType for Nullable<T> {
    type Value = Option<T::Value>;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<Option<T::Value>, Problem> {
        if raw.is_null() { Ok(None) } else { T::read(raw, given).map(Some) }
    }

    fn absent() -> Result<Option<T::Value>, Problem> {
        Ok(None)
    }

    fn description() -> Description {
        T::description().nullable()
    }
}

/// A change of a value: a value sets it, null removes it, and absent it stays.
impl<T: FieldType> FieldType for Edit<T> {
    type Value = Edit<T::Value>;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<Edit<T::Value>, Problem> {
        if raw.is_null() { Ok(Edit::Remove) } else { T::read(raw, given).map(Edit::Set) }
    }

    fn absent() -> Result<Edit<T::Value>, Problem> {
        Ok(Edit::Keep)
    }

    fn description() -> Description {
        T::description().nullable()
    }
}

/// A number with a default.
pub struct Defaulted<T, const DEFAULT: u32>(PhantomData<T>);

impl<T: FieldType<Value: From<u32>>, const DEFAULT: u32> FieldType for Defaulted<T, DEFAULT> {
    type Value = T::Value;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<T::Value, Problem> {
        T::read(raw, given)
    }

    fn absent() -> Result<T::Value, Problem> {
        Ok(DEFAULT.into())
    }

    fn description() -> Description {
        T::description().default(DEFAULT)
    }
}

/// A boolean, false if absent.
pub struct Flag;

impl FieldType for Flag {
    type Value = bool;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<bool, Problem> {
        let json = match raw {
            Raw::Json(json) => json.get(),
            Raw::Text(text) => text,
            Raw::Undecodable => "",
        };
        json.parse().map_err(|_| "must be true or false".into())
    }

    fn absent() -> Result<bool, Problem> {
        Ok(false)
    }

    fn description() -> Description {
        Description::inline(ObjectBuilder::new().schema_type(Type::Boolean))
    }
}
