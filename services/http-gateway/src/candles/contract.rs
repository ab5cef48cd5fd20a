//! The requests and the response of the candles operation.

use crate::error::{ApiError, error_sets};
use crate::market_list::Asset;
use crate::request::{Count, Defaulted, Description, FieldType, Problem, Raw, requests};
use markets::Markets;
use messages::Timeframe;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const LIMIT_MAX: u32 = 1_000;
/// 9999-12-31, the last day that databases and clients agree on.
pub const TIME_S_MAX: u64 = 253_402_300_799;

error_sets! {
    /// Errors of the parameters of candles.
    WrongRange = [ApiError::field("duration", "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d")];
}

requests! {
    /// The candles to list.
    pub struct Range in Query given Markets {
        /// The asset. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        symbol: Asset = "asset", "BTCUSDT";
        /// The length of a candle.
        timeframe: Timeframe = "duration", "1m";
        /// The most candles to return: the newest in the range.
        limit: Defaulted<Count<LIMIT_MAX>, LIMIT_MAX> = "limit";
        /// The time, in Unix seconds, at or after which candles begin.
        from_s: Defaulted<Second, 0> = "from";
        /// The time, in Unix seconds, before which candles begin.
        to_s: End = "to";
    }

    /// The header that makes a reload cheap.
    pub struct Known in Headers {
        /// The `ETag` of the caller's last response; if nothing has changed since, the status is 304.
        tags: Tags = "If-None-Match";
    }
}

impl FieldType for Timeframe {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let problem = "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d";
        raw.text()?.parse().map_err(|_| problem.into())
    }

    fn description() -> Description {
        Description::inline(durations())
    }
}

/// A time in Unix seconds, up to the last day that databases and clients agree on.
pub struct Second;

impl FieldType for Second {
    type Value = u64;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<u64, Problem> {
        let second = raw.text()?.parse().ok().filter(|second| *second <= TIME_S_MAX);
        second.ok_or("must be a time in Unix seconds".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        Description::inline(object.minimum(Some(0)).maximum(Some(TIME_S_MAX)))
    }
}

/// The second before which a range ends; without one, it has no end.
pub struct End;

impl FieldType for End {
    type Value = u64;
    type Given = ();

    fn read(raw: Raw<'_>, given: &()) -> Result<u64, Problem> {
        Second::read(raw, given)
    }

    fn absent() -> Result<u64, Problem> {
        Ok(TIME_S_MAX)
    }

    fn description() -> Description {
        Second::description()
    }
}

/// The tags of responses that a client knows. A header that is not ASCII is ignored.
pub struct Tags;

impl FieldType for Tags {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        Ok(raw.text().unwrap_or_default().into())
    }

    fn absent() -> Result<String, Problem> {
        Ok(String::new())
    }

    fn description() -> Description {
        Description::inline(ObjectBuilder::new().schema_type(Type::String))
    }
}

/// Candles of one asset, oldest first, without those in which nothing was traded.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub struct CandleList {
    /// The asset.
    asset: Asset,
    /// The length of each candle.
    duration: Duration,
    /// The start of the first candle, in Unix seconds; null if there is none.
    #[schema(required, minimum = 0, examples(1_795_539_660))]
    start_time: Option<u64>,
    /// The start of the last candle, in Unix seconds; null if there is none.
    #[schema(required, minimum = 0, examples(1_795_539_720))]
    end_time: Option<u64>,
    /// The candles, oldest first.
    #[schema(max_items = 1000)]
    candles: Vec<Candle>,
    /// The number of candles.
    #[schema(minimum = 0, maximum = 1000, examples(2))]
    count: u32,
}

/// Prices and volume in one interval.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is written by hand")]
struct Candle {
    /// The start of the candle, in Unix seconds: a multiple of its length.
    #[schema(minimum = 0, examples(1_795_539_660))]
    time: u64,
    /// The first price, in USD.
    open: DecimalNumber,
    /// The highest price, in USD.
    high: DecimalNumber,
    /// The lowest price, in USD.
    low: DecimalNumber,
    /// The last price, in USD.
    close: DecimalNumber,
    /// The traded volume, in the base asset (BTC, ETH or SOL).
    volume: DecimalNumber,
}

/// A JSON number with the exact stored digits, up to 8 decimals.
struct DecimalNumber;

impl PartialSchema for DecimalNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .minimum(Some(0))
            .into()
    }
}

impl ToSchema for DecimalNumber {}

/// The lengths of candles.
struct Duration;

impl PartialSchema for Duration {
    fn schema() -> RefOr<Schema> {
        durations().into()
    }
}

impl ToSchema for Duration {}

fn durations() -> ObjectBuilder {
    let object = ObjectBuilder::new().schema_type(Type::String);
    object.enum_values(Some(Timeframe::ALL.map(Timeframe::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Input;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_ranges(query in damaged_text(&[
            "asset=BTCUSDT&duration=1m",
            "asset=eth&duration=30s&limit=10&from=1795539660&to=1795539720",
        ])) {
            match Input::Query(&query).read::<Range>(&markets::shipped().into()) {
                Ok(range) => {
                    prop_assert!((1..=LIMIT_MAX).contains(&range.limit));
                    prop_assert!(range.from_s <= TIME_S_MAX && range.to_s <= TIME_S_MAX);
                }
                Err(ApiError::Validation(fields)) => prop_assert!(!fields.is_empty()),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
