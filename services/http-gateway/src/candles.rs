//! Candles for charts.

mod contract;
mod merge;
mod pending;
pub mod series;
mod stored;
pub mod ticker;

pub use merge::{Candle, quote_volume};
pub use pending::PendingTrades;

use crate::error::{ApiError, Database, Errors};
use crate::market_list::Listing;
use crate::request::Valid;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use contract::{CandleList, Known, Range, TIME_S_MAX, WrongRange};
use merge::merge;
use std::fmt::Write as _;

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
    params(Range, Known),
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
    Valid(range): Valid<Range>,
    Valid(Known { tags }): Valid<Known>,
) -> Result<Response, ApiError> {
    let pending = app.pending_trades.of(range.symbol).await;
    let rows = stored::read(&app.pool, &range, &pending).await?;
    let candles = merge(rows, range.timeframe, range.limit as usize);
    let body = render(&range, &candles);
    let etag = format!("\"{}\"", &blake3::hash(body.as_bytes()).to_hex()[..32]);
    // A reload revalidates, and gets an empty 304 if nothing was traded.
    let caching = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, etag.as_str())];
    if tags.split(',').any(|tag| tag.trim() == etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(header::CONTENT_TYPE, "application/json")], body).into_response())
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
            let Candle { time_s, open, high, low, close, volume, .. } = candle;
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
