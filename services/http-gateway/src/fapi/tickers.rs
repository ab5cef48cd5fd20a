//! The last prices, and the last 24 hours.

use super::call::{Answer, Call};
use super::error::Error;
use super::prices::{self, Priced};
use super::trade_rows;
use crate::candles::ticker::{DAY_MS, day};
use crate::candles::{Candle, quote_volume};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use messages::Symbol;
use price::{Notional, Price, Qty, Rounding, Usd};
use serde::Serialize;

/// The number of instruments that are read at the same time: fewer than the database's connections.
const CONCURRENT_READS: usize = 4;

/// The id of a trade where there is none.
const NO_TRADE: i64 = -1;

/// The last price of an instrument.
#[derive(Serialize)]
struct PriceTicker {
    symbol: Symbol,
    price: String,
    time: u64,
}

/// The last 24 hours of an instrument.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DayTicker {
    symbol: Symbol,
    price_change: String,
    price_change_percent: String,
    weighted_avg_price: String,
    last_price: String,
    last_qty: String,
    open_price: String,
    high_price: String,
    low_price: String,
    volume: String,
    quote_volume: String,
    open_time: u64,
    close_time: u64,
    first_id: i64,
    last_id: i64,
    count: u64,
}

/// Lists the last prices.
pub async fn last_prices(call: &Call) -> Result<Answer, Error> {
    let (priced, is_one) = prices::of(call).await?;
    let rows: Vec<_> = priced
        .iter()
        .map(|Priced { instrument, quote, .. }| PriceTicker {
            symbol: instrument.symbol,
            price: quote.trade.price.to_string(),
            time: quote.trade.time_us / 1_000,
        })
        .collect();
    Ok(Answer::one_or_all(&rows, is_one))
}

/// Lists the last 24 hours of the instruments that have a price.
pub async fn last_days(call: &Call) -> Result<Answer, Error> {
    let (priced, is_one) = prices::of(call).await?;
    let reads: Vec<_> = priced.iter().map(|priced| last_day(call, priced)).collect();
    let rows: Vec<DayTicker> = stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
    Ok(Answer::one_or_all(&rows, is_one))
}

async fn last_day(call: &Call, priced: &Priced) -> Result<DayTicker, Error> {
    let (app, symbol) = (&call.app, priced.instrument.symbol);
    let (open_time, close_time) = (call.now_ms.saturating_sub(DAY_MS), call.now_ms);
    let traded = day(app, symbol, close_time).await?;
    let last = trade_rows::newest(app, symbol, None, 1).await?.pop();
    let last = last.filter(|last| last.time_ms() >= open_time);
    let first = match last {
        Some(_) => trade_rows::oldest(app, symbol, open_time..=u64::MAX, 0, 1).await?.pop(),
        None => None,
    };
    let id = |id: Option<u64>| id.and_then(|id| id.try_into().ok()).unwrap_or(NO_TRADE);
    let trade = &priced.quote.trade;
    let Candle { open, high, low, close, volume, trades, notional, .. } =
        traded.unwrap_or_else(|| rest(trade.price));
    let change = close.checked_sub(open).unwrap_or_default();
    let average = if volume.is_positive() {
        notional.average(volume, Rounding::Floor).unwrap_or(close)
    } else {
        close
    };
    Ok(DayTicker {
        symbol,
        price_change: change.to_string(),
        price_change_percent: percent(change, open).to_string(),
        weighted_avg_price: average.to_string(),
        last_price: close.to_string(),
        last_qty: last.map_or(trade.qty, |last| last.qty).to_string(),
        open_price: open.to_string(),
        high_price: high.to_string(),
        low_price: low.to_string(),
        volume: volume.to_string(),
        quote_volume: quote_volume(notional).to_string(),
        open_time,
        close_time,
        first_id: id(first.map(|first| first.id)),
        last_id: id(last.map(|last| last.id)),
        count: trades,
    })
}

/// Returns a day in which nothing was traded.
fn rest(price: Price) -> Candle {
    Candle {
        time_s: 0,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Qty::ZERO,
        trades: 0,
        notional: Notional::default(),
    }
}

/// Returns a change as a percentage of a price, which is above zero, rounded down to 3 decimals.
fn percent(change: Price, of: Price) -> Usd {
    let thousandths = (change.scaled() * 100_000).div_euclid(of.scaled());
    Usd::from_scaled(thousandths * (price::SCALE / 1_000))
}
