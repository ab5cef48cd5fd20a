//! The API's view of statements.

use crate::part::{Part, views};
use messages::{EntryId, IncomeKind, OrderId, Symbol};
use price::Usd;
use serde::ser::SerializeMap;
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::Type;

/// The id of a line: that of its event, and the kind, because an event may have several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncomeId {
    /// The event.
    pub id: EntryId,
    /// The kind.
    pub kind: IncomeKind,
}

/// The error for a text that is no [`IncomeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidIncomeId;

impl IncomeId {
    /// The pattern of the texts. No number in an id is as large as those that it leaves out.
    pub const PATTERN: &'static str = concat!(
        r"^[0-9]{1,19}-(1[0-7][0-9]{18}|[0-9]{1,19})\.",
        "(TRANSFER|REALIZED_PNL|COMMISSION|FUNDING_FEE|LIQUIDATION_FEE|ADJUSTMENT)$",
    );
}

impl fmt::Display for IncomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.kind)
    }
}

impl FromStr for IncomeId {
    type Err = InvalidIncomeId;

    fn from_str(text: &str) -> Result<Self, InvalidIncomeId> {
        let (id, kind) = text.split_once('.').ok_or(InvalidIncomeId)?;
        let (id, kind) = (id.parse().ok(), kind.parse().ok());
        id.zip(kind).map(|(id, kind)| Self { id, kind }).ok_or(InvalidIncomeId)
    }
}

impl Part for IncomeId {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry(name, &self.to_string())
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about.to_owned()))
            .pattern(Some(Self::PATTERN))
            .examples([example]);
        object.property(name, id).required(name)
    }
}

views! {
    /// A line of an account's statement: what one event added to what the account holds, or took
    /// from it. All lines of an account add up to its balance, used margin and reserve.
    pub struct Income {
        /// The id of the line: that of the fill or of another event, an entry of `response:stream`,
        /// and the kind.
        income_id: IncomeId = "incomeId", "1795493501491-4294967296.COMMISSION";
        /// The kind: money from outside (`TRANSFER`: the first deposit, a reset of the account), the
        /// profit or loss of a fill before its fee, the fee of a fill, a funding, the fee of a
        /// liquidation beside that of the fill, or a change by the operator.
        kind: IncomeKind = "kind", "COMMISSION";
        /// The amount; negative for what the account paid.
        amount: Usd = "amount", "-0.46165722";
        /// The traded contract; null if the line is about none.
        asset: Option<Symbol> = "asset", "BTCUSDT";
        /// The order that was filled, or the position if it was closed without an order; null if the
        /// line is about no fill.
        order_id: Option<OrderId> = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position; null if the line is about none.
        position_id: Option<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The time of the event, in Unix milliseconds.
        time_ms: u64 = "time", "1795493501491";
    }

    /// The lines of one kind together.
    pub struct IncomeSum {
        /// The kind.
        kind: IncomeKind = "kind", "COMMISSION";
        /// The sum of the amounts.
        amount: Usd = "amount", "-0.92227465";
        /// The number of lines.
        lines: u64 = "lines", "2";
    }

    /// The lines of all kinds together.
    pub struct IncomeTotal {
        /// The sum of the amounts.
        amount: Usd = "amount", "996.98745635";
        /// The number of lines.
        lines: u64 = "lines", "4";
    }
}

impl From<&messages::Income> for Income {
    fn from(line: &messages::Income) -> Self {
        Self {
            income_id: IncomeId { id: line.id, kind: line.kind },
            kind: line.kind,
            amount: line.amount,
            asset: line.asset,
            order_id: line.order_id,
            position_id: line.position_id,
            time_ms: line.id.ms,
        }
    }
}
