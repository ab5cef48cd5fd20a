//! The parts of a view that are not amounts.

use crate::part::Part;
use messages::{
    CloseReason, EntryId, ExpiryReason, FillRole, IncomeKind, LEVERAGE_MAX, MarkProblem, OrderId,
    OrderKind, OrderSide, OrderStatus, Side, Symbol, TimeInForce,
};
use serde::ser::SerializeMap;
use strum::VariantArray as _;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};

/// A leverage, from 1 to the highest of any instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leverage(pub u8);

/// The status of an open position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open;

/// The status of a closed position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl Part for Leverage {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, &self.0)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let number = integer(about, example).minimum(Some(1)).maximum(Some(LEVERAGE_MAX));
        object.property(name, number).required(name)
    }
}

/// A count, or a time in Unix milliseconds.
impl Part for u64 {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let number = integer(about, example)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0));
        object.property(name, number).required(name)
    }
}

/// A distance or a share, in basis points.
impl Part for u16 {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let number = integer(about, example).minimum(Some(0)).maximum(Some(u16::MAX));
        object.property(name, number).required(name)
    }
}

impl Part for bool {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let flag = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some(about.to_owned()))
            .examples([example == "true"]);
        object.property(name, flag).required(name)
    }
}

/// A text that the account's owner has chosen.
impl Part for String {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        object.property(name, text(about, example)).required(name)
    }
}

impl Part for OrderId {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let id = text(about, example).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        object.property(name, id).required(name)
    }
}

impl Part for EntryId {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, &self.to_string())
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let id = text(about, example).pattern(Some("^[0-9]+-[0-9]+$"));
        object.property(name, id).required(name)
    }
}

impl Part for Symbol {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, self)
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        object.property(name, text(about, example).pattern(Some(Self::PATTERN))).required(name)
    }
}

/// Implements [`Part`] for types with a fixed set of words.
macro_rules! words {
    ($($type:ty: $word:expr, $all:expr;)+) => {$(
        impl Part for $type {
            fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
                let word: fn(&Self) -> &'static str = $word;
                object.serialize_entry(name, word(self))
            }

            fn describe(
                object: ObjectBuilder,
                name: &str,
                about: &str,
                example: &str,
            ) -> ObjectBuilder {
                let word: fn(&Self) -> &'static str = $word;
                let all: &[Self] = $all;
                let words = text(about, example).enum_values(Some(all.iter().map(word)));
                object.property(name, words).required(name)
            }
        }
    )+};
}

words! {
    Open: |_| "OPEN", &[Self];
    Closed: |_| "CLOSED", &[Self];
    Side: |side| side.as_str(), &[Self::Long, Self::Short];
    CloseReason: |reason| reason.as_str(),
        &[Self::Manual, Self::Liquidation, Self::StopLoss, Self::TakeProfit];
    OrderSide: |side| side.as_str(), Self::VARIANTS;
    OrderKind: |kind| kind.as_str(), Self::VARIANTS;
    TimeInForce: |time| time.as_str(), Self::VARIANTS;
    OrderStatus: |status| status.as_str(), Self::VARIANTS;
    ExpiryReason: |reason| reason.as_str(), Self::VARIANTS;
    FillRole: |role| role.as_str(), Self::VARIANTS;
    IncomeKind: |kind| kind.as_str(), Self::VARIANTS;
    MarkProblem: |problem| problem.as_str(), Self::VARIANTS;
}

fn text(about: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about.to_owned()))
        .examples([example])
}

fn integer(about: &str, example: &str) -> ObjectBuilder {
    let example: u64 = example.parse().expect("the example of a number is one");
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(about.to_owned()))
        .examples([example])
}
