//! Parts that may have no value: null where a field has none, or no field at all.

use crate::part::Part;
use crate::word::Leverage;
use messages::{CloseReason, EntryId, ExpiryReason, MarkProblem, OrderId, Side, Symbol};
use price::Usd;
use serde::ser::SerializeMap;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// An amount that is only written if there is one, beside fields that are older than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrAbsent(pub Option<Usd>);

impl OrAbsent {
    /// Returns an amount that is absent if it is zero.
    pub fn unless_zero(amount: Usd) -> Self {
        Self((amount != Usd::ZERO).then_some(amount))
    }

    /// Returns another amount, absent together with this one.
    #[must_use]
    pub fn beside(self, other: Usd) -> Self {
        Self(self.0.map(|_| other))
    }
}

impl Part for OrAbsent {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        self.0.map_or(Ok(()), |amount| amount.write(name, object))
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let described = Usd::describe(ObjectBuilder::new(), name, about, example).build();
        described
            .properties
            .into_iter()
            .fold(object, |object, (name, schema)| object.property(name, schema))
    }
}

/// Implements [`Part`] for values that are null if there are none.
macro_rules! nullable {
    ($($type:ty)+) => {$(
        impl Part for Option<$type> {
            fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
                match self {
                    Some(value) => value.write(name, object),
                    None => object.serialize_entry(name, &()),
                }
            }

            fn describe(
                object: ObjectBuilder,
                name: &str,
                about: &str,
                example: &str,
            ) -> ObjectBuilder {
                let described = <$type>::describe(ObjectBuilder::new(), name, about, example);
                object.property(name, or_null(described, name)).required(name)
            }
        }
    )+};
}

nullable!(u16 u64 String OrderId EntryId Symbol Side Leverage ExpiryReason CloseReason MarkProblem);

/// Returns the schema of the one property, which may also be null.
fn or_null(described: ObjectBuilder, name: &str) -> RefOr<Schema> {
    let mut properties = described.build().properties;
    let mut schema = properties.swap_remove(name).expect("the part describes the field");
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        if let SchemaType::Type(one) = &object.schema_type {
            object.schema_type = SchemaType::from_iter([one.clone(), Type::Null]);
        }
        if let Some(words) = &mut object.enum_values {
            words.push(serde_json::Value::Null);
        }
    }
    schema
}
