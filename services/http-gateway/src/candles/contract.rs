//! What is asked about candles, and what is answered.

use crate::assets::Asset;
use crate::error::{ApiError, error_sets};
use messages::Timeframe;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

error_sets! {
    /// Of what is asked about candles.
    WrongRange = [ApiError::field("duration", "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d")];
}

/// Which candles.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct RangeQuery {
    /// Of what. Small letters, and `BTC` for `BTCUSDT`, are understood.
    #[param(inline, example = "BTCUSDT")]
    asset: Asset,
    /// How long a candle is.
    #[param(inline, example = "1m")]
    duration: Duration,
    /// At most so many: the newest of those in the range.
    #[param(nullable = false, minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u32>,
    /// Candles that begin at this time, in Unix seconds, or later.
    #[param(nullable = false, minimum = 0, maximum = 253_402_300_799_i64, default = 0)]
    from: Option<u64>,
    /// Candles that begin before this time, in Unix seconds.
    #[param(nullable = false, minimum = 0, maximum = 253_402_300_799_i64)]
    to: Option<u64>,
}

/// What makes a reload cheap.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what is read from the headers")]
pub struct Known {
    /// The `ETag` of the answer that the caller has: if nothing was traded since, 304 says so.
    #[param(rename = "If-None-Match", nullable = false)]
    if_none_match: Option<String>,
}

/// Candles of one asset, oldest first, without those in which nothing was traded.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub struct CandleList {
    /// Of what.
    asset: Asset,
    /// How long each is.
    duration: Duration,
    /// When the first begins, in Unix seconds; null if there is none.
    #[schema(required, minimum = 0, examples(1_795_539_660))]
    start_time: Option<u64>,
    /// When the last begins, in Unix seconds; null if there is none.
    #[schema(required, minimum = 0, examples(1_795_539_720))]
    end_time: Option<u64>,
    /// Oldest first.
    #[schema(max_items = 1000)]
    candles: Vec<Candle>,
    /// How many there are.
    #[schema(minimum = 0, maximum = 1000, examples(2))]
    count: u32,
}

/// What the market did in a stretch of time.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is written by hand")]
struct Candle {
    /// When it begins, in Unix seconds: a multiple of its length.
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
    /// How much was traded, in the base asset (BTC, ETH or SOL).
    volume: DecimalNumber,
}

/// A JSON number with the digits that are stored: up to 8 decimals, exact.
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
