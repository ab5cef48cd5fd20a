//! Mark prices and fundings.

use super::call::{Answer, Call};
use super::error::Error;
use super::market::ratio;
use super::prices::{self, Priced};
use crate::clock::milliseconds;
use messages::Symbol;
use price::{Price, Rate};
use serde::Serialize;
use serde_json::{Value, json};
use store::funding_rates::{self, Filter};

/// The number of fundings on a page.
const PAGE_LEN: u32 = 100;
const PAGE_LEN_MAX: u32 = 1_000;

/// The time between the fundings of an instrument that has none, in hours: clients want a next one.
const INTERVAL_HOURS: u8 = 8;

/// The part of a funding rate that does not depend on prices: 0.01 % for 8 hours.
const INTEREST: i128 = price::SCALE / 10_000;

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The mark price of an instrument, and its next funding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Premium {
    symbol: Symbol,
    mark_price: String,
    index_price: String,
    estimated_settle_price: String,
    last_funding_rate: String,
    interest_rate: String,
    next_funding_time: u64,
    time: u64,
}

/// A settled funding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FundingRow {
    symbol: String,
    funding_time: u64,
    funding_rate: String,
    mark_price: String,
}

/// Lists mark prices, with the next fundings.
pub async fn index(call: &Call) -> Result<Answer, Error> {
    let (priced, is_one) = prices::of(call).await?;
    let rows: Vec<_> = priced.iter().map(|priced| premium(priced, call.now_ms)).collect();
    Ok(Answer::one_or_all(&rows, is_one))
}

fn premium(priced: &Priced, now_ms: u64) -> Premium {
    let Priced { instrument, quote, mark } = priced;
    let funded = mark.filter(|_| instrument.funding.is_some());
    let hours = instrument.funding.map_or(INTERVAL_HOURS, |funding| funding.interval_hours);
    let interval_ms = u64::from(hours) * HOUR_MS;
    let next_ms = funded.and_then(|mark| mark.next_funding_ms);
    let interest = instrument.funding.map_or(0, |funding| {
        INTEREST * i128::from(funding.interval_hours) / i128::from(INTERVAL_HOURS)
    });
    let index = priced.index_price().to_string();
    Premium {
        symbol: instrument.symbol,
        mark_price: priced.mark_price().to_string(),
        estimated_settle_price: index.clone(),
        index_price: index,
        last_funding_rate: funded.and_then(|mark| mark.funding_rate).unwrap_or_default().to_fixed(),
        interest_rate: Rate::from_scaled(interest).to_fixed(),
        next_funding_time: next_ms.unwrap_or((now_ms / interval_ms + 1) * interval_ms),
        time: mark.and_then(|mark| mark.marked_at_ms).unwrap_or(quote.timestamp_ms),
    }
}

/// Lists settled fundings, oldest first: the first ones from a time on, or the last ones.
pub async fn rates(call: &Call) -> Result<Answer, Error> {
    let symbol = call.optional_symbol().await?;
    let limit = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?.into();
    let (from, to) = call.params.times()?;
    let filter = Filter { symbol, from, to };
    let rows = if from.is_some() {
        funding_rates::oldest(&call.app.pool, &filter, limit).await?
    } else {
        let mut newest = funding_rates::page(&call.app.pool, &filter, None, limit).await?;
        newest.reverse();
        newest
    };
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| FundingRow {
            symbol: row.symbol,
            funding_time: milliseconds(row.funding_time),
            funding_rate: Rate::from(row.rate).to_fixed(),
            mark_price: Price::from(row.mark_price).to_string(),
        })
        .collect();
    Ok(Answer::of(&rows))
}

/// Lists the instruments that have fundings, with their terms.
pub async fn info(call: &Call) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let rows: Vec<Value> = markets
        .all()
        .iter()
        .filter_map(|instrument| {
            let funding = instrument.funding?;
            let cap = ratio(funding.cap_ppm);
            Some(json!({
                "symbol": instrument.symbol,
                "adjustedFundingRateCap": cap,
                "adjustedFundingRateFloor": format!("-{cap}"),
                "fundingIntervalHours": funding.interval_hours,
                "disclaimer": false,
            }))
        })
        .collect();
    Ok(Answer::of(&rows))
}
