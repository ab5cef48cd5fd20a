//! The last 24 hours of every asset, exact to the millisecond: computed from the candles that
//! charts show and, for the minute in which the 24 hours begin, from its trades.

use super::merge::{Candle, merge};
use super::{Range, TIME_S_MAX, stored};
use crate::clock::unix_ms;
use crate::error::{ApiError, Database, Errors, Fields, error_sets};
use crate::json::Json;
use crate::market_list::{self, Asset, Listing};
use crate::state::AppState;
use axum::extract::{RawQuery, State};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use markets::Markets;
use messages::{Symbol, Timeframe};
use price::Usd;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use views::Ticker;

const DAY_MS: u64 = Timeframe::D1.seconds() * 1_000;

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

/// The tickers to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the query")]
pub struct TickerQuery {
    /// The only asset to list. Lower case, and `BTC` for `BTCUSDT`, are accepted.
    #[param(required = false, inline, example = "BTCUSDT")]
    asset: Asset,
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
    RawQuery(query): RawQuery,
) -> Result<Json<TickerList>, ApiError> {
    let markets = app.markets()?;
    let asked = parse(query.as_deref().unwrap_or_default(), &markets)?;
    let close_time_ms = unix_ms();
    let wanted = markets.symbols().filter(|symbol| asked.is_none_or(|asked| asked == *symbol));
    let reads = wanted.map(|symbol| read(&app, symbol, close_time_ms));
    let found = stream::iter(reads).buffered(CONCURRENT_READS);
    let tickers: Vec<Option<Ticker>> = found.try_collect().await?;
    Ok(Json(TickerList { tickers: tickers.into_iter().flatten().collect() }))
}

/// Parses the requested asset; `None` means all of them.
fn parse(query: &str, markets: &Markets) -> Result<Option<Symbol>, ApiError> {
    let mut wrong = Fields::new();
    let mut asked = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "asset" {
            wrong.insert(name.to_owned(), "is not a parameter of this request".to_owned());
            continue;
        }
        asked = market_list::find(markets, value).map(|market| market.symbol);
        if asked.is_none() {
            wrong.insert(name.to_owned(), market_list::problem(markets));
        }
    }
    if wrong.is_empty() { Ok(asked) } else { Err(ApiError::Validation(wrong)) }
}

async fn read(
    app: &AppState,
    symbol: Symbol,
    close_time_ms: u64,
) -> Result<Option<Ticker>, ApiError> {
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
    let rows = stored::read(&app.pool, &minutes, &pending).await?;
    let candles = merge(rows, MINUTE, MINUTES as usize);
    let day = head.into_iter().chain(candles).reduce(|mut day, later| {
        day.append(&later);
        day
    });
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
