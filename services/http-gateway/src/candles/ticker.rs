//! The last 24 hours of every asset, exact to the millisecond: computed from the candles that
//! charts show and, for the minute in which the 24 hours begin, from its trades.

use super::merge::{Candle, merge, quote_volume};
use super::{Range, TIME_S_MAX, stored};
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, error_sets};
use crate::json::Json;
use crate::market_figures::{self, Figures};
use crate::market_list::{self, Asset, Listing};
use crate::request::{Count, Optional, Valid, requests};
use crate::state::AppState;
use axum::extract::State;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use markets::Markets;
use messages::{Instrument, Symbol, Timeframe};
use price::{Price, Usd};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;
use views::{Sparkline, Ticker};

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

/// The largest number of points of a sparkline: one every quarter of an hour.
const POINTS_MAX: u32 = 96;

/// The time for which the tickers of all markets are shown: whoever looks at a thousand markets does
/// not look at each every second, and everybody may ask.
const FRESH_FOR: Duration = Duration::from_secs(1);

error_sets! {
    /// Errors of the parameters of tickers.
    WrongAsset = [ApiError::field("asset", market_list::example_problem())];
    /// Errors of the figures that are in Redis.
    Unreadable = [ApiError::RedisUnavailable];
}

requests! {
    /// The tickers to list.
    pub struct TickerQuery in Query given Markets {
        /// The only asset to list. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        asset: Optional<Asset> = "asset", "BTCUSDT";
        /// The number of prices in the `sparkline` of each; without it, there is none. 24 are one an
        /// hour.
        points: Optional<Count<POINTS_MAX>> = "sparkline", 24;
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
/// Returns open, high, low and last price, change and volume of the last 24 hours, the open interest
/// and the next funding. The 24 hours end at the millisecond in which the request arrives, or up to a
/// second before it where `asset` names no market, and include every trade up to about half a second
/// ago. Assets without a trade in that time are left out. Needs no sign-in.
#[utoipa::path(
    get,
    path = "/tickers",
    tag = "market data",
    operation_id = "listTickers",
    params(TickerQuery),
    responses(
        (status = OK, description = "The tickers.", body = TickerList),
        Errors<(WrongAsset, Listing, Unreadable, Database)>,
    ),
    security(()),
)]
pub async fn list(
    State(app): State<AppState>,
    Valid(TickerQuery { asset, points }): Valid<TickerQuery>,
) -> Result<Json<TickerList>, ApiError> {
    let points = points.unwrap_or(0);
    let tickers = match asset {
        Some(_) => read_all(&app, asset, points).await?,
        None => app.tickers.get(&app, points).await?,
    };
    Ok(Json(TickerList { tickers }))
}

/// The tickers of all markets that were read last. They are read by one request at a time.
#[derive(Default)]
pub struct Tickers(Mutex<Option<ReadTickers>>);

struct ReadTickers {
    at: Instant,
    points: u32,
    tickers: Vec<Ticker>,
}

impl Tickers {
    async fn get(&self, app: &AppState, points: u32) -> Result<Vec<Ticker>, ApiError> {
        let mut read = self.0.lock().await;
        if let Some(last) = read.as_ref()
            && last.at.elapsed() < FRESH_FOR
            && last.points == points
        {
            return Ok(last.tickers.clone());
        }
        let at = Instant::now();
        let tickers = read_all(app, None, points).await?;
        Ok(read.insert(ReadTickers { at, points, tickers }).tickers.clone())
    }
}

/// Reads the tickers of all markets, or of one.
async fn read_all(
    app: &AppState,
    asset: Option<Symbol>,
    points: u32,
) -> Result<Vec<Ticker>, ApiError> {
    let markets = app.markets().await?;
    let wanted =
        markets.all().iter().filter(|market| asset.is_none_or(|asset| asset == market.symbol));
    let wanted: Vec<Instrument> = wanted.cloned().collect();
    let close_time_ms = unix_ms();
    let open_interest = market_figures::open_interest(&app.redis).await?;
    let open = open_interest.as_deref();
    let figures = wanted.into_iter().map(|market| Figures::read(&app.redis, market, open));
    let figures = stream::iter(figures).buffered(CONCURRENT_READS).try_collect::<Vec<_>>().await?;
    let reads = figures.into_iter().map(|figures| read(app, figures, close_time_ms, points));
    let found = stream::iter(reads).buffered(CONCURRENT_READS);
    let tickers: Vec<Option<Ticker>> = found.try_collect().await?;
    Ok(tickers.into_iter().flatten().collect())
}

async fn read(
    app: &AppState,
    figures: Figures,
    close_time_ms: u64,
    points: u32,
) -> Result<Option<Ticker>, ApiError> {
    let open_time_ms = close_time_ms.saturating_sub(DAY_MS);
    let minutes = minutes(app, figures.symbol, close_time_ms).await?;
    let Some(day) = whole(&minutes) else { return Ok(None) };
    let Candle { open, high, low, close, volume, notional, .. } = day;
    let sparkline = (points > 0).then(|| closes(&minutes, open, open_time_ms, points));
    Ok(Some(Ticker {
        asset: figures.symbol,
        open_time_ms,
        close_time_ms,
        open,
        high,
        low,
        last: close,
        change: Usd::from_scaled(close.scaled() - open.scaled()),
        volume,
        quote_volume: quote_volume(notional),
        open_interest: figures.open_interest,
        open_interest_value: figures.open_interest_value(close),
        funding_rate: figures.funding_rate,
        next_funding_ms: figures.next_funding_ms,
        sparkline: Sparkline(sparkline),
    }))
}

/// Returns the last prices of equal parts of a day, given what was traded in it. A minute counts to
/// the part in which it begins.
fn closes(minutes: &[Candle], open: Price, open_time_ms: u64, points: u32) -> Vec<Price> {
    let mut later = minutes.iter().peekable();
    let mut last = open;
    let ends = (1..=u64::from(points)).map(|n| open_time_ms + DAY_MS * n / u64::from(points));
    ends.map(|end_ms| {
        while let Some(minute) = later.next_if(|minute| minute.time_s * 1_000 < end_ms) {
            last = minute.close;
        }
        last
    })
    .collect()
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
    Ok(whole(&minutes(app, symbol, close_time_ms).await?))
}

/// Returns the parts of a day as one candle; none if there are none.
fn whole(minutes: &[Candle]) -> Option<Candle> {
    minutes.iter().copied().reduce(|mut day, later| {
        day.append(&later);
        day
    })
}

/// Returns the 24 hours up to now by the minute, oldest first; the first one may be a part of one.
async fn minutes(
    app: &AppState,
    symbol: Symbol,
    close_time_ms: u64,
) -> Result<Vec<Candle>, ApiError> {
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
    Ok(head.into_iter().chain(candles).collect())
}
