//! Candles.
//!
//! They follow each other without holes: an interval in which nothing was traded has a flat candle at
//! the last price. A page without an end leads up to now, or, where nothing was traded for longer than
//! a day, up to the last trade: then the market does not rest, but a recording has ended.
//!
//! The volume in the quote asset is exact for trades that batch-uploader has summed up, and otherwise
//! an estimate ([`Candle::notional`]). The feed's trades do not tell who took, so that the volume of
//! buyers who did is 0. Mark and index prices are not stored either: the candles of both are those of
//! the trades, without volumes.

use super::call::{Answer, Call, find};
use super::error::Error;
use crate::candles::{Candle, quote_volume, series};
use messages::{Instrument, Symbol};
use price::{Notional, Price, Qty};
use std::ops::Range;
use views::binance::Interval;

/// The number of candles on a page.
const PAGE_LEN: u32 = 500;
const PAGE_LEN_MAX: u32 = 1_500;

/// The time without a trade up to which a market rests, s.
const REST_S_MAX: u64 = 24 * 60 * 60;

/// A candle as clients get it: start, open, high, low, close, volume, end, volume in the quote asset,
/// number of trades, both volumes of buyers who took, and a field without a meaning.
type Row = (
    i64,
    String,
    String,
    String,
    String,
    String,
    i64,
    String,
    u64,
    &'static str,
    &'static str,
    &'static str,
);

/// The content of candles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// The trades.
    Trades,
    /// Their prices alone.
    Prices,
    /// The premium of one price over another, which is the same.
    Premium,
}

/// The page that a request asks for.
#[derive(Clone, Copy)]
struct Page {
    symbol: Symbol,
    interval: Interval,
    start_ms: Option<i64>,
    /// The last time, which is not after now.
    end_ms: i64,
    /// Whether the page is to lead up to now.
    is_newest: bool,
    limit: i64,
}

/// Lists candles.
pub async fn klines(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    list(call, symbol, Content::Trades).await
}

/// Lists candles of the contract of a pair. There are perpetual contracts only.
pub async fn continuous(call: &Call) -> Result<Answer, Error> {
    let symbol = pair(call).await?.symbol;
    match call.params.get("contractType") {
        None => Err(Error::missing("contractType")),
        Some("PERPETUAL") => list(call, symbol, Content::Trades).await,
        Some(_) => Err(Error::invalid("contractType")),
    }
}

/// Lists candles of the mark price.
pub async fn mark(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    list(call, symbol, Content::Prices).await
}

/// Lists candles of the index price.
pub async fn index(call: &Call) -> Result<Answer, Error> {
    let symbol = pair(call).await?.symbol;
    list(call, symbol, Content::Prices).await
}

/// Lists candles of the premium of the mark price over the index price: 0 where both are the price of
/// the trades, and none where they are prices of their own, which are not stored.
pub async fn premium(call: &Call) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    if instrument.has_mark() {
        page(call, instrument.symbol)?;
        return Ok(Answer::of(&[(); 0]));
    }
    list(call, instrument.symbol, Content::Premium).await
}

/// Returns the instrument that `pair` names: a pair has one contract, of the same name.
async fn pair(call: &Call) -> Result<Instrument, Error> {
    let text = call.params.get("pair").ok_or_else(|| Error::missing("pair"))?;
    find(&call.markets().await?, text).cloned()
}

async fn list(call: &Call, symbol: Symbol, content: Content) -> Result<Answer, Error> {
    let page = page(call, symbol)?;
    let candles = read(call, &page).await?;
    let rows: Vec<Row> = candles
        .iter()
        .map(|(number, candle)| row(page.interval, *number, candle, content))
        .collect();
    Ok(Answer::of(&rows))
}

fn page(call: &Call, symbol: Symbol) -> Result<Page, Error> {
    let interval = call.params.get("interval").ok_or_else(|| Error::missing("interval"))?;
    let interval: Interval = interval.parse().map_err(|_| Error::INTERVAL)?;
    let limit = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?.into();
    let (start_ms, end_ms) = call.params.period()?;
    let is_newest = start_ms.is_none() && end_ms.is_none_or(|end_ms| end_ms >= call.now_ms);
    let end_ms = signed(end_ms.unwrap_or(call.now_ms).min(call.now_ms));
    Ok(Page { symbol, interval, start_ms: start_ms.map(signed), end_ms, is_newest, limit })
}

/// Returns the candles of a page with their numbers.
async fn read(call: &Call, page: &Page) -> Result<Vec<(i64, Candle)>, Error> {
    let Page { symbol, interval, start_ms, end_ms, is_newest, limit } = *page;
    let stored = interval.made_of();
    let mut end = interval.number_at(end_ms) + 1;
    let mut start = if let Some(start_ms) = start_ms {
        interval.first_from(start_ms)
    } else {
        if is_newest && let Some(last) = last(call, page).await? {
            end = end.min(last + 1);
        }
        (end - limit).max(interval.first_from(0))
    };
    let span = |start: i64| start..end.min(start + limit);
    let mut parts = parts(call, page, span(start)).await?;
    let has_first =
        |parts: &[Candle], start| parts.first().is_some_and(|part| number(interval, part) == start);
    let mut before = None;
    if start < end && !has_first(&parts, start) {
        let start_s = seconds(interval, start);
        before = series::last_before(&call.app, symbol, stored, start_s).await?;
        if before.is_none() {
            // The page begins before the first candle of all.
            let first = match parts.first() {
                Some(first) => Some(first.time_s),
                None => series::first_start(&call.app, symbol, stored, start_s).await?,
            };
            let Some(first_s) = first else { return Ok(Vec::new()) };
            start = interval.number_at(signed(first_s) * 1_000);
            if start_ms.is_some() {
                parts = self::parts(call, page, span(start)).await?;
            }
        }
    }
    Ok(without_holes(interval, span(start), &parts, before.map(|before| before.close)))
}

/// Returns the number of the last candle of a page that leads up to now, if the market has ended
/// before.
async fn last(call: &Call, page: &Page) -> Result<Option<i64>, Error> {
    let stored = page.interval.made_of();
    let now_s = call.now_ms / 1_000;
    let last = series::last_before(&call.app, page.symbol, stored, now_s + 1).await?;
    let has_ended = |last: &Candle| last.time_s + stored.seconds() + REST_S_MAX < now_s;
    Ok(last.filter(has_ended).map(|last| number(page.interval, &last)))
}

/// Reads the stored candles of which those with these numbers are made.
async fn parts(call: &Call, page: &Page, numbers: Range<i64>) -> Result<Vec<Candle>, Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let span_s = seconds(page.interval, numbers.start)..seconds(page.interval, numbers.end);
    Ok(series::read(&call.app, page.symbol, page.interval.made_of(), span_s).await?)
}

/// Puts stored candles together, and fills the holes with flat candles at the price before.
fn without_holes(
    interval: Interval,
    numbers: Range<i64>,
    parts: &[Candle],
    mut last: Option<Price>,
) -> Vec<(i64, Candle)> {
    let mut parts = parts.iter().peekable();
    let mut candles = Vec::new();
    for number in numbers {
        let mut candle: Option<Candle> = None;
        while let Some(part) = parts.next_if(|part| self::number(interval, part) <= number) {
            match &mut candle {
                Some(candle) => candle.append(part),
                None => candle = Some(*part),
            }
        }
        let candle = candle.or_else(|| last.map(|price| flat(seconds(interval, number), price)));
        if let Some(candle) = candle {
            last = Some(candle.close);
            candles.push((number, candle));
        }
    }
    candles
}

const fn flat(time_s: u64, price: Price) -> Candle {
    let (open, high, low, close) = (price, price, price, price);
    let notional = Notional::from_scaled(0);
    Candle { time_s, open, high, low, close, volume: Qty::ZERO, trades: 0, notional }
}

fn row(interval: Interval, number: i64, candle: &Candle, content: Content) -> Row {
    let Candle { open, high, low, close, volume, trades, notional, .. } = *candle;
    let price = |price: Price| match content {
        Content::Premium => "0".to_owned(),
        Content::Trades | Content::Prices => price.to_string(),
    };
    let (volume, notional) = match content {
        Content::Trades => (volume.to_string(), quote_volume(notional).to_string()),
        Content::Prices | Content::Premium => ("0".to_owned(), "0".to_owned()),
    };
    (
        interval.start_of(number),
        price(open),
        price(high),
        price(low),
        price(close),
        volume,
        interval.start_of(number + 1) - 1,
        notional,
        trades,
        "0",
        "0",
        "0",
    )
}

fn number(interval: Interval, part: &Candle) -> i64 {
    interval.number_at(signed(part.time_s) * 1_000)
}

/// Returns the start of a candle (Unix s).
fn seconds(interval: Interval, number: i64) -> u64 {
    u64::try_from(interval.start_of(number) / 1_000).unwrap_or_default()
}

/// Converts a time before the year 10000.
fn signed(time: u64) -> i64 {
    time.try_into().expect("times are before the year 10000")
}
