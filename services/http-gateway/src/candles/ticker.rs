//! The last 24 hours of every asset, exact to the millisecond: computed from the candles that
//! charts show and, for the minute in which the 24 hours begin, from its trades.

use super::merge::{Candle, merge};
use super::{Range, TIME_S_MAX, stored};
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, error_sets};
use crate::json::Json;
use crate::market_list::{self, Asset, Listing};
use crate::request::{Optional, Valid, requests};
use crate::state::AppState;
use axum::extract::State;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use markets::Markets;
use messages::{Symbol, Timeframe};
use price::Usd;
use serde::Serialize;
use utoipa::ToSchema;
use views::Ticker;

/// The length of a ticker's time, ms.
pub const DAY_MS: u64 = Timeframe::D1.seconds() * 1_000;

/// The candles from which everything but the first minute is computed. A minute is the shortest
/// candle of which the back-filled history has a whole day.
const MINUTE: Timeframe = Timeframe::M1;
const MINUTE_MS: u64 = MINUTE.seconds() * 1_000;

/// The minutes of a day, and the one in which it ends.
#[expect(clippy::cast_possible_truncation, reason = "a day has 1,440 minutes")]
const MINUTES: u32 = (DAY_MS / MINUTE_MS) as u32 + 1;

/// The number of markets that are read at the same time: fewer than the database's connections.
const CONCURRENT_READS: usize = 4;

error_sets! {
    /// Errors of the parameters of tickers.
    WrongAsset = [ApiError::field("asset", market_list::example_problem())];
}

requests! {
    /// The tickers to list.
    pub struct TickerQuery in Query given Markets {
        /// The only asset to list. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        asset: Optional<Asset> = "asset", "BTCUSDT";
    }
}

/// The tickers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TickerList {
    /// One for each asset that was traded in the last 24 hours.
    tickers: Vec<Ticker>,
}

/// List tickers
///
/// Returns open, high, low and last price, change and volume of the last 24 hours. They end at the
/// millisecond in which the request arrives and include every trade up to about half a second ago.
/// Assets without a trade in that time are left out. Needs no sign-in.
#[utoipa::path(
    get,
    path = "/tickers",
    tag = "market data",
    operation_id = "listTickers",
    params(TickerQuery),
    responses(
        (status = OK, description = "The tickers.", body = TickerList),
        Errors<(WrongAsset, Listing, Database)>,
    ),
    security(()),
)]
pub async fn list(
    State(app): State<AppState>,
    Valid(TickerQuery { asset }): Valid<TickerQuery>,
) -> Result<Json<TickerList>, ApiError> {
    let markets = app.markets().await?;
    let close_time_ms = unix_ms();
    let wanted = markets.symbols().filter(|symbol| asset.is_none_or(|asset| asset == *symbol));
    let reads = wanted.map(|symbol| read(&app, symbol, close_time_ms));
    let found = stream::iter(reads).buffered(CONCURRENT_READS);
    let tickers: Vec<Option<Ticker>> = found.try_collect().await?;
    Ok(Json(TickerList { tickers: tickers.into_iter().flatten().collect() }))
}

async fn read(
    app: &AppState,
    symbol: Symbol,
    close_time_ms: u64,
) -> Result<Option<Ticker>, ApiError> {
    let open_time_ms = close_time_ms.saturating_sub(DAY_MS);
    let day = day(app, symbol, close_time_ms).await?;
    Ok(day.map(|Candle { open, high, low, close, volume, .. }| Ticker {
        asset: symbol,
        open_time_ms,
        close_time_ms,
        open,
        high,
        low,
        last: close,
        change: Usd::from_scaled(close.scaled() - open.scaled()),
        volume,
    }))
}

/// Returns the 24 hours up to a time (Unix ms), which must be now, as one candle; none if nothing was
/// traded.
///
/// # Errors
/// When the database does not answer.
pub async fn day(
    app: &AppState,
    symbol: Symbol,
    close_time_ms: u64,
) -> Result<Option<Candle>, ApiError> {
    let open_time_ms = close_time_ms.saturating_sub(DAY_MS);
    let first_minute_ms = open_time_ms.div_ceil(MINUTE_MS) * MINUTE_MS;
    let minutes = Range {
        symbol,
        timeframe: MINUTE,
        from_s: first_minute_ms / 1_000,
        to_s: TIME_S_MAX,
        limit: MINUTES,
    };
    let pending = app.pending_trades.of(symbol).await;
    // Each span is read in its own snapshot and a trade is in one span only, so that none counts
    // twice and none is missing, even one that is being stored at this moment.
    let head = stored::sum(&app.pool, symbol, open_time_ms..first_minute_ms, &pending).await?;
    let rows = stored::read_with_notional(&app.pool, &minutes, &pending).await?;
    let candles = merge(rows, MINUTE, MINUTES as usize);
    Ok(head.into_iter().chain(candles).reduce(|mut day, later| {
        day.append(&later);
        day
    }))
}
