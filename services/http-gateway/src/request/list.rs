//! Lists of values.

use super::{Description, FieldType, Problem, Raw};
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// A JSON array of 1 to `LEN_MAX` values.
pub struct List<T, const LEN_MAX: usize>(PhantomData<T>);

impl<T: FieldType, const LEN_MAX: usize> FieldType for List<T, LEN_MAX> {
    type Value = Vec<T::Value>;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<Vec<T::Value>, Problem> {
        let Raw::Json(json) = raw else { return Err("must be a list".into()) };
        if json.get() == "null" {
            return Err("is required".into());
        }
        let items: Vec<Box<RawValue>> =
            serde_json::from_str(json.get()).map_err(|_| "must be a list")?;
        if !(1..=LEN_MAX).contains(&items.len()) {
            return Err(format!("must have 1 to {LEN_MAX} items").into());
        }
        let read = |(n, item): (usize, &RawValue)| {
            let value = T::read(Raw::Json(item), given);
            value.map_err(|problem| Problem::from(format!("has an item {n} that {problem}")))
        };
        (1..).zip(items.iter().map(AsRef::as_ref)).map(read).collect()
    }

    fn description() -> Description {
        Description::list(T::description(), LEN_MAX)
    }
}

/// A list of 1 to `LEN_MAX` values in a query, separated by commas; empty if it is absent.
pub struct CommaList<T, const LEN_MAX: usize>(PhantomData<T>);

impl<T: FieldType, const LEN_MAX: usize> FieldType for CommaList<T, LEN_MAX> {
    type Value = Vec<T::Value>;
    type Given = T::Given;

    fn read(raw: Raw<'_>, given: &T::Given) -> Result<Vec<T::Value>, Problem> {
        // Of all values in queries, only these have a character that some clients encode.
        let text = raw.text()?.replace("%2C", ",").replace("%2c", ",");
        let items: Vec<_> = text.split(',').collect();
        if items.len() > LEN_MAX {
            return Err(format!("must have 1 to {LEN_MAX} items").into());
        }
        items.into_iter().map(|item| T::read(Raw::Text(item), given)).collect()
    }

    fn absent() -> Result<Vec<T::Value>, Problem> {
        Ok(Vec::new())
    }

    fn description() -> Description {
        Description::list(T::description(), LEN_MAX)
    }
}
