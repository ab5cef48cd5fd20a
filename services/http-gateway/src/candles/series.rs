//! The candles of a span, as the API in the shape of Binance Futures needs them: it makes longer ones
//! of them.

use super::contract::{Range, TIME_S_MAX};
use super::merge::{Candle, merge};
use super::stored;
use crate::error::ApiError;
use crate::state::AppState;
use messages::{Symbol, Timeframe};
use std::ops;

/// Returns the candles that begin in a span (Unix s) of whole candles, oldest first, without those in
/// which nothing was traded.
///
/// # Errors
/// When the database does not answer.
pub async fn read(
    app: &AppState,
    symbol: Symbol,
    timeframe: Timeframe,
    span_s: ops::Range<u64>,
) -> Result<Vec<Candle>, ApiError> {
    let limit = span_s.end.saturating_sub(span_s.start) / timeframe.seconds();
    let range = Range {
        symbol,
        timeframe,
        from_s: span_s.start,
        to_s: span_s.end,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
    };
    let pending = app.pending_trades.of(symbol).await;
    let rows = stored::read_with_notional(&app.pool, &range, &pending).await?;
    Ok(merge(rows, timeframe, range.limit as usize))
}

/// Returns the last candle that begins before a time (Unix s). Its volume in the quote asset is an
/// estimate.
///
/// # Errors
/// When the database does not answer.
pub async fn last_before(
    app: &AppState,
    symbol: Symbol,
    timeframe: Timeframe,
    end_s: u64,
) -> Result<Option<Candle>, ApiError> {
    let range = Range { symbol, timeframe, from_s: 0, to_s: end_s.min(TIME_S_MAX), limit: 1 };
    let pending = app.pending_trades.of(symbol).await;
    let rows = stored::read(&app.pool, &range, &pending).await?;
    Ok(merge(rows, timeframe, 1).pop())
}

/// Returns the start (Unix s) of the first candle that begins at or after a time (Unix s).
///
/// # Errors
/// When the database does not answer.
pub async fn first_start(
    app: &AppState,
    symbol: Symbol,
    timeframe: Timeframe,
    from_s: u64,
) -> Result<Option<u64>, ApiError> {
    let pending = app.pending_trades.of(symbol).await;
    let pending = pending.iter().map(|trade| timeframe.start_of(trade.time_us / 1_000_000));
    let pending = pending.filter(|start_s| *start_s >= from_s).min();
    let stored = stored::first_start(&app.pool, symbol, timeframe, from_s).await?;
    Ok(stored.into_iter().chain(pending).min())
}
