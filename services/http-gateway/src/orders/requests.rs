//! The requests of the order operations.

use super::history::parse_cursor;
use crate::market_list::Asset;
use crate::request::{
    Count, Defaulted, Description, FieldType, Leverage, Moment, Nullable, Optional, Positive,
    Problem, Raw, requests,
};
use markets::Markets;
use messages::{CloseReason, Edit, OrderId, Side};
use price::{Price, Qty};
use serde_json::json;
use store::closed_orders::Cursor;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The longest idempotency key, in characters.
const KEY_LEN_MAX: usize = 255;

/// The default number of closed orders on a page.
const PAGE_LEN: u32 = 50;
const PAGE_LEN_MAX: u32 = 100;

requests! {
    /// A position to open.
    pub struct NewOrder in JsonBody given Markets {
        /// The asset to trade. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        market: Asset = "asset";
        /// The side: `LONG` profits when the price rises, `SHORT` when it falls.
        side: Side = "orderType";
        // The engine checks the market's own limit: an order that it knows already is repeated, even
        // if the limit has been lowered since.
        leverage: Leverage = "leverage", 10;
        /// The quantity in the base asset.
        qty: Positive<Qty> = "qty";
        /// The price, in USD, at which the position is closed when the bid (long) falls to it or the
        /// ask (short) rises to it. It must be between the liquidation price and the price at which
        /// the position could be closed now. Null or absent means none.
        stop_loss: Nullable<Positive<Price>> = "stopLoss";
        /// The price, in USD, at which the position is closed when the bid (long) rises to it or the
        /// ask (short) falls to it. It must be beyond the price at which the position could be closed
        /// now. Null or absent means none.
        take_profit: Nullable<Positive<Price>> = "takeProfit";
        /// The worst price, in USD, to open at: the highest ask (long) or the lowest bid (short).
        /// Beyond it the order is refused. Null or absent means no limit.
        price_limit: Nullable<Positive<Price>> = "priceLimit";
    } example { "asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": "0.01" };

    /// The terms for closing a position, all optional.
    pub struct CloseTerms in OptionalJsonBody {
        /// The worst price, in USD, to close at: the lowest bid (long) or the highest ask (short).
        /// Beyond it the position stays open. Null or absent means no limit.
        price_limit: Nullable<Positive<Price>> = "priceLimit";
    } example { "priceLimit": "92000" };

    /// A change of an open position: at least one of the two prices.
    pub struct OrderChange in JsonBody {
        /// The new stop-loss, in USD. Null removes it; if absent, it stays.
        stop_loss: Edit<Positive<Price>> = "stopLoss";
        /// The new take-profit, in USD. Null removes it; if absent, it stays.
        take_profit: Edit<Positive<Price>> = "takeProfit";
    } example { "stopLoss": "90000", "takeProfit": null } with at least 1;

    /// The order's id.
    pub struct OrderPath in Path {
        /// The `orderId` of an order.
        order_id: OrderId = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
    }

    /// The header that makes a request safe to send again.
    pub struct IdempotencyKey in Headers {
        /// A key, chosen by the caller, that makes the request safe to send again: a request with the
        /// same key gets the same response and is not carried out twice. A key is valid for 24 to 48
        /// hours; after that it stands for a new order. Printable ASCII; keys are separate per account.
        key: Optional<Key> = "Idempotency-Key", "my-first-trade";
    }

    /// The orders to list.
    pub struct ListQuery in Query given Markets {
        /// The status: `OPEN` lists all positions, `CLOSED` a page of closed orders.
        status: Status = "status";
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The side.
        side: Optional<Side> = "orderType";
        /// The reason for the close. No position has one.
        reason: Optional<CloseReason> = "closeReason";
        /// The earliest time of the close, of positions that of the opening, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which they were closed, or opened, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The number of closed orders on a page.
        limit: Defaulted<Count<PAGE_LEN_MAX>, PAGE_LEN> = "limit";
        /// The `nextCursor` of the previous page.
        cursor: Optional<Cursor> = "cursor",
            "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3";
    }

    /// The closed orders of a file: those that match everything that is given.
    pub struct ClosedQuery in Query given Markets {
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The side.
        side: Optional<Side> = "orderType";
        /// The reason for the close.
        reason: Optional<CloseReason> = "closeReason";
        /// The earliest time of the close, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which they were closed, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
    }

    /// The closed orders to sum up: those that match everything that is given.
    pub struct SumQuery in Query given Markets {
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The side.
        side: Optional<Side> = "orderType";
        /// The reason for the close.
        reason: Optional<CloseReason> = "closeReason";
        /// The earliest time of the close, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which they were closed, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
        /// The `nextCursor` of a page of closed orders; only orders after that page count.
        cursor: Optional<Cursor> = "cursor",
            "1795493504531.0853d9e4-965f-518c-9cd8-65029e3511e3";
    }
}

impl FieldType for Side {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        raw.text()?.parse().map_err(|_| "must be LONG or SHORT".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        let object = object.description(Some("The side of a position."));
        Description::shared("Side", object.enum_values(Some(["LONG", "SHORT"])))
    }
}

impl FieldType for OrderId {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        raw.text()?.parse().map_err(|_| "must be the UUID of an order".into())
    }

    fn description() -> Description {
        Description::uuid()
    }
}

/// The key that makes repeated requests the same request, while the key is valid.
pub struct Key;

impl FieldType for Key {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let key = raw.text().ok().filter(|key| (1..=KEY_LEN_MAX).contains(&key.len()));
        let key = key.ok_or("must have 1 to 255 printable ASCII characters")?;
        Ok(key.into_owned())
    }

    fn description() -> Description {
        Description::inline(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(KEY_LEN_MAX))
                .pattern(Some("^[!-~]([ -~]*[!-~])?$")),
        )
    }
}

/// The status of orders to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Closed,
}

impl FieldType for Status {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        match &*raw.text()? {
            "OPEN" => Ok(Self::Open),
            "CLOSED" => Ok(Self::Closed),
            _ => Err("must be OPEN or CLOSED".into()),
        }
    }

    fn absent() -> Result<Self, Problem> {
        Ok(Self::Open)
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::String);
        let object = object.enum_values(Some(["OPEN", "CLOSED"])).default(Some(json!("OPEN")));
        Description::inline(object)
    }
}

impl FieldType for Cursor {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        parse_cursor(&raw.text()?).ok_or_else(|| "must be a nextCursor returned by this API".into())
    }

    fn description() -> Description {
        let pattern = "^[0-9]{1,14}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
        let object = ObjectBuilder::new().schema_type(Type::String);
        Description::inline(object.pattern(Some(pattern)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;
    use crate::request::Input;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};
    use time::OffsetDateTime;

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_queries(query in damaged_text(&[
            "status=OPEN",
            "status=CLOSED&cursor=-1.0190a6e5-1b2d-7a40-8c33-5f6a7b8c9d10",
            "status=CLOSED&limit=7&cursor=1703001299000.0190a6e5-1b2d-7a40-8c33-5f6a7b8c9d10",
            "status=CLOSED&asset=BTC&orderType=LONG&closeReason=MANUAL&from=7&to=1703001299000",
        ])) {
            let markets = markets::shipped().into();
            if let Ok(SumQuery { cursor: Some(cursor), .. }) = Input::Query(&query).read(&markets) {
                prop_assert!(cursor.closed_at >= OffsetDateTime::UNIX_EPOCH);
            }
            match Input::Query(&query).read(&markets) {
                Ok(ListQuery { limit, cursor, .. }) => {
                    prop_assert!((1..=PAGE_LEN_MAX).contains(&limit));
                    let closed_at = cursor.map_or(OffsetDateTime::UNIX_EPOCH, |after| after.closed_at);
                    prop_assert!(closed_at >= OffsetDateTime::UNIX_EPOCH, "{closed_at}");
                }
                Err(ApiError::Validation(fields)) => prop_assert!(!fields.is_empty()),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
