//! Lists of values in a JSON body.

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
