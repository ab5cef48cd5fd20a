//! The parameters and the response of the candles operation.

use crate::error::{ApiError, error_sets};
use crate::market_list::Asset;
use messages::Timeframe;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

error_sets! {
    /// Errors of the parameters of candles.
    WrongRange = [ApiError::field("duration", "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d")];
}

/// The candles to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct RangeQuery {
    /// The asset. Lower case, and `BTC` for `BTCUSDT`, are accepted.
    #[param(inline, example = "BTCUSDT")]
    asset: Asset,
    /// The length of a candle.
    #[param(inline, example = "1m")]
    duration: Duration,
    /// The most candles to return: the newest in the range.
    #[param(nullable = false, minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u32>,
    /// The time, in Unix seconds, at or after which candles begin.
    #[param(nullable = false, minimum = 0, maximum = 253_402_300_799_i64, default = 0)]
    from: Option<u64>,
    /// The time, in Unix seconds, before which candles begin.
    #[param(nullable = false, minimum = 0, maximum = 253_402_300_799_i64)]
    to: Option<u64>,
}

/// The header that makes a reload cheap.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what is read from the headers")]
pub struct Known {
    /// The `ETag` of the caller's last response; if nothing has changed since, the status is 304.
    #[param(rename = "If-None-Match", nullable = false)]
    if_none_match: Option<String>,
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
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Timeframe::ALL.map(Timeframe::as_str)))
            .into()
    }
}

impl ToSchema for Duration {}
