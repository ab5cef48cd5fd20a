//! Candles for charts.

mod contract;
mod merge;
mod pending;
mod stored;
pub mod ticker;

pub use pending::PendingTrades;

use crate::error::{ApiError, Database, Errors, Fields};
use crate::market_list::{self, Listing};
use crate::state::AppState;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use contract::{CandleList, Known, RangeQuery, WrongRange};
use markets::Markets;
use merge::{Candle, merge};
use messages::{Symbol, Timeframe};
use std::fmt::Write as _;

const LIMIT_MAX: u32 = 1_000;
/// 9999-12-31, the last day that databases and clients agree on.
const TIME_S_MAX: u64 = 253_402_300_799;

/// The requested candles.
pub struct Range {
    symbol: Symbol,
    timeframe: Timeframe,
    /// The first second (Unix s) at which a candle may begin.
    from_s: u64,
    /// The second (Unix s) before which it must begin.
    to_s: u64,
    /// The most candles to return: the newest ones.
    limit: u32,
}

/// List candles
///
/// Returns the newest candles in the range. To page into the past, set `to` to the first time that
/// you have. The newest candle includes every trade up to about half a second ago. Needs no
/// sign-in.
#[utoipa::path(
    get,
    path = "/candles",
    tag = "market data",
    operation_id = "listCandles",
    params(RangeQuery, Known),
    responses(
        (
            status = OK,
            description = "The candles. Numbers have their exact digits.",
            body = CandleList,
            headers(
                ("ETag" = String, description = "The version of this response, for `If-None-Match`."),
                ("Cache-Control" = String, description = "`no-cache`: revalidate before reuse."),
            ),
        ),
        (
            status = NOT_MODIFIED,
            description = "The response has not changed since the one that `If-None-Match` names.",
            headers(
                ("ETag" = String, description = "The version of the response."),
                ("Cache-Control" = String, description = "`no-cache`: revalidate before reuse."),
            ),
        ),
        Errors<(WrongRange, Listing, Database)>,
    ),
    security(()),
)]
pub async fn list(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let range = Range::parse(query.as_deref().unwrap_or_default(), &app.markets()?)?;
    let pending = app.pending_trades.of(range.symbol).await;
    let rows = stored::read(&app.pool, &range, &pending).await?;
    let candles = merge(rows, range.timeframe, range.limit as usize);
    let body = render(&range, &candles);
    let etag = format!("\"{}\"", &blake3::hash(body.as_bytes()).to_hex()[..32]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A reload revalidates, and gets an empty 304 if nothing was traded.
    let caching = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, etag.as_str())];
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl Range {
    fn parse(query: &str, markets: &Markets) -> Result<Self, ApiError> {
        let mut wrong = Fields::new();
        let not_a_market = market_list::problem(markets);
        let (mut symbol, mut timeframe) = (None, None);
        let (mut from_s, mut to_s, mut limit) = (0, TIME_S_MAX, LIMIT_MAX);
        let second = |value: &str| value.parse().ok().filter(|second| *second <= TIME_S_MAX);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (is_right, problem) = match name {
                "asset" => {
                    symbol = market_list::find(markets, value).map(|market| market.symbol);
                    (symbol.is_some(), not_a_market.as_str())
                }
                "duration" => {
                    timeframe = value.parse().ok();
                    (timeframe.is_some(), "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d")
                }
                "limit" => {
                    let len = value.parse().ok().filter(|len| (1..=LIMIT_MAX).contains(len));
                    limit = len.unwrap_or_default();
                    (len.is_some(), "must be a whole number from 1 to 1000")
                }
                "from" => {
                    from_s = second(value).unwrap_or_default();
                    (second(value).is_some(), "must be a time in Unix seconds")
                }
                "to" => {
                    to_s = second(value).unwrap_or_default();
                    (second(value).is_some(), "must be a time in Unix seconds")
                }
                _ => (false, "is not a parameter of this request"),
            };
            if !is_right {
                wrong.insert(name.to_owned(), problem.to_owned());
            }
        }
        if symbol.is_none() {
            wrong.insert("asset".to_owned(), not_a_market);
        }
        if timeframe.is_none() {
            let problem = "must be one of 30s, 1m, 5m, 15m, 1h, 4h, 1d";
            wrong.insert("duration".to_owned(), problem.to_owned());
        }
        match (symbol, timeframe) {
            (Some(symbol), Some(timeframe)) if wrong.is_empty() => {
                Ok(Self { symbol, timeframe, from_s, to_s, limit })
            }
            _ => Err(ApiError::Validation(wrong)),
        }
    }
}

/// Writes the JSON by hand: its numbers are the stored digits, which no float could hold.
fn render(range: &Range, candles: &[Candle]) -> String {
    let time = |candle: Option<&Candle>| {
        candle.map_or_else(|| "null".to_owned(), |candle| candle.time_s.to_string())
    };
    let mut json = String::with_capacity(128 + candles.len() * 128);
    let written = (|| {
        write!(
            json,
            r#"{{"asset":"{}","duration":"{}","startTime":{},"endTime":{},"candles":["#,
            range.symbol,
            range.timeframe,
            time(candles.first()),
            time(candles.last()),
        )?;
        for (n, candle) in candles.iter().enumerate() {
            let Candle { time_s, open, high, low, close, volume } = candle;
            let comma = if n == 0 { "" } else { "," };
            write!(
                json,
                r#"{comma}{{"time":{time_s},"open":{open},"high":{high},"low":{low},"close":{close},"volume":{volume}}}"#,
            )?;
        }
        write!(json, r#"],"count":{}}}"#, candles.len())
    })();
    written.expect("a String takes all that is written to it");
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, damaged_text};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_ranges(query in damaged_text(&[
            "asset=BTCUSDT&duration=1m",
            "asset=eth&duration=30s&limit=10&from=1795539660&to=1795539720",
        ])) {
            match Range::parse(&query, &markets::shipped().into()) {
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
