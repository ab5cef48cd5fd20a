//! Fields with a fixed set of words.

use super::description::plain;
use super::{Description, FieldType, Problem, Raw};
use crate::account_performance::leaderboard::{Period, RankedBy};
use messages::{
    CloseReason, FillRole, IncomeKind, OrderKind, OrderSide, OrderStatus, PositionMode, TimeInForce,
};
use serde_json::json;
use strum::VariantArray as _;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Implements [`FieldType`] for enums of words: the meaning, the type, the name of its component in
/// the API's description and, if the field may be absent, the word that it then has.
macro_rules! words {
    ($($(#[doc = $about:literal])+ $Word:ident $(= $Absent:ident)?;)+) => {$(
        impl FieldType for $Word {
            type Value = Self;
            type Given = ();

            fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
                let words = || Self::VARIANTS.iter().map(|word| word.as_str());
                raw.text()?.parse().map_err(|_| one_of(&words().collect::<Vec<_>>()).into())
            }

            $(fn absent() -> Result<Self, Problem> {
                Ok(Self::$Absent)
            })?

            fn description() -> Description {
                let words = Self::VARIANTS.iter().map(|word| word.as_str());
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(plain(concat!($($about, "\n"),+))))
                    .enum_values(Some(words));
                $(let object = object.default(Some(json!(Self::$Absent.as_str())));)?
                Description::shared(stringify!($Word), object)
            }
        }
    )+};
}

words! {
    /// The side of an order.
    OrderSide;
    /// The kind of an order.
    OrderKind = Market;
    /// The time in force of an order: until it is canceled (`GTC`), at once or not at all (`IOC`,
    /// `FOK`), only if it rests (`GTX`), until a date (`GTD`).
    TimeInForce = Gtc;
    /// The state of an order.
    OrderStatus;
    /// The reason for which a position was closed.
    CloseReason;
    /// The role of an order in its fill.
    FillRole;
    /// The kind of a line of a statement.
    IncomeKind;
    /// The way in which the orders of an account make positions: each opening order its own, one net
    /// position an instrument, or one long and one short position an instrument.
    PositionMode;
    /// The period of a leaderboard: the last 24 hours, the last 7 days, or all time.
    Period = Week;
    /// The order of a leaderboard: the highest return or the smallest drawdown first.
    RankedBy = Return;
}

fn one_of(words: &[&str]) -> String {
    match words {
        [most @ .., last] if !most.is_empty() => {
            format!("must be {} or {last}", most.join(", "))
        }
        words => format!("must be {}", words.concat()),
    }
}
