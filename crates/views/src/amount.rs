//! Amounts: each is sent twice as text, so that no JSON parser turns it into a float.

use crate::part::Part;
use price::{Price, Qty, Rate, Usd};
use serde::ser::SerializeMap;
use std::fmt::Display;
use std::str::FromStr;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, SchemaType, Type};

/// The pattern of a decimal without a sign and without trailing zeros.
const DECIMAL: &str = r"(0|[1-9][0-9]*)(\.[0-9]{0,7}[1-9])?";

/// An amount with a unit.
trait Amount: Display + FromStr {
    /// The name of the unit.
    const UNIT: &'static str;
    /// The pattern of the sign: `-?` if the amount may be a loss.
    const SIGN: &'static str;

    fn scaled(&self) -> i128;
}

impl Amount for Usd {
    const UNIT: &'static str = "USD";
    const SIGN: &'static str = "-?";

    fn scaled(&self) -> i128 {
        Self::scaled(*self)
    }
}

impl Amount for Price {
    const UNIT: &'static str = "USD for one unit of the base asset";
    const SIGN: &'static str = "";

    fn scaled(&self) -> i128 {
        Self::scaled(*self)
    }
}

impl Amount for Qty {
    const UNIT: &'static str = "units of the base asset, such as BTC";
    const SIGN: &'static str = "";

    fn scaled(&self) -> i128 {
        Self::scaled(*self)
    }
}

impl Amount for Rate {
    const UNIT: &'static str = "plain numbers (of a share, 0.0001 is 0.01 %)";
    const SIGN: &'static str = "-?";

    fn scaled(&self) -> i128 {
        Self::scaled(*self)
    }
}

macro_rules! amounts {
    ($($amount:ty)+) => {$(
        impl Part for $amount {
            fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
                write_pair(Some(self), name, object)
            }

            fn describe(
                object: ObjectBuilder,
                name: &str,
                about: &str,
                example: &str,
            ) -> ObjectBuilder {
                describe_pair::<Self>(object, name, about, example, Type::String.into())
            }
        }

        impl Part for Option<$amount> {
            fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
                write_pair(self.as_ref(), name, object)
            }

            fn describe(
                object: ObjectBuilder,
                name: &str,
                about: &str,
                example: &str,
            ) -> ObjectBuilder {
                let or_null = SchemaType::from_iter([Type::String, Type::Null]);
                describe_pair::<$amount>(object, name, about, example, or_null)
            }
        }
    )+};
}

amounts!(Usd Price Qty Rate);

fn write_pair<A: Amount, M: SerializeMap>(
    amount: Option<&A>,
    name: &str,
    object: &mut M,
) -> Result<(), M::Error> {
    object.serialize_entry(name, &amount.map(A::to_string))?;
    object.serialize_entry(&format!("{name}Int"), &amount.map(|amount| amount.scaled().to_string()))
}

fn describe_pair<A: Amount>(
    object: ObjectBuilder,
    name: &str,
    about: &str,
    example: &str,
    schema_type: SchemaType,
) -> ObjectBuilder {
    let unit = A::UNIT;
    let sign = A::SIGN;
    let Ok(amount) = example.parse::<A>() else { panic!("{example:?}, the example of {name}") };
    let decimal = ObjectBuilder::new()
        .schema_type(schema_type.clone())
        .format(Some(SchemaFormat::Custom("decimal".to_owned())))
        .pattern(Some(format!("^{sign}{DECIMAL}$")))
        .description(Some(format!("{about} In {unit}, as a decimal of up to 8 decimals.")))
        .examples([amount.to_string()]);
    let scaled = ObjectBuilder::new()
        .schema_type(schema_type)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .pattern(Some(format!("^(0|{sign}[1-9][0-9]*)$")))
        .description(Some(format!(
            "`{name}` as an integer at scale 10^8: hundred millionths of {unit}. A string, because \
             many JSON readers lose digits of large numbers."
        )))
        .examples([amount.scaled().to_string()]);
    let scaled_name = format!("{name}Int");
    object
        .property(name, decimal)
        .required(name)
        .property(&scaled_name, scaled)
        .required(scaled_name)
}
