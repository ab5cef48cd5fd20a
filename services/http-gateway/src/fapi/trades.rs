//! The venue's trades.
//!
//! Their numbers are those of the venue. The feed does not tell who took, so that the buyer is never
//! said to be the maker. Each trade is an aggregate of its own.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::trade_rows::{self, TradeRow};
use crate::candles::quote_volume;
use serde::Serialize;

/// The number of trades on a page.
const PAGE_LEN: u32 = 500;
const PAGE_LEN_MAX: u32 = 1_000;

/// A trade.
/// The side that the feed's trades do not tell: as the volume of buying takers is shown as zero, every
/// buyer was the maker.
const IS_BUYER_MAKER: bool = true;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TradeView {
    id: u64,
    price: String,
    qty: String,
    quote_qty: String,
    time: u64,
    is_buyer_maker: bool,
    #[serde(rename = "isRPITrade")]
    is_retail: bool,
}

/// A trade as an aggregate of trades.
#[derive(Serialize)]
struct Aggregate {
    #[serde(rename = "a")]
    id: u64,
    #[serde(rename = "p")]
    price: String,
    #[serde(rename = "q")]
    qty: String,
    #[serde(rename = "nq")]
    usual_qty: String,
    #[serde(rename = "f")]
    first_id: u64,
    #[serde(rename = "l")]
    last_id: u64,
    #[serde(rename = "T")]
    time: u64,
    #[serde(rename = "m")]
    is_buyer_maker: bool,
}

/// Lists the newest trades.
pub async fn newest(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let limit = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?;
    let rows = trade_rows::newest(&call.app, symbol, None, limit).await?;
    Ok(Answer::of(&rows.iter().map(TradeView::from).collect::<Vec<_>>()))
}

/// Lists trades from an id on, or the newest.
pub async fn historical(call: &Call, _: &Signer) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let limit = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?;
    let rows = match call.params.optional("fromId")? {
        Some(id) => trade_rows::from_id(&call.app, symbol, id, limit).await?,
        None => trade_rows::newest(&call.app, symbol, None, limit).await?,
    };
    Ok(Answer::of(&rows.iter().map(TradeView::from).collect::<Vec<_>>()))
}

/// Lists trades from an id or a time on, or the newest up to a time.
pub async fn aggregates(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let limit = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?;
    let (start_ms, end_ms) = call.params.period()?;
    let app = &call.app;
    let rows = match (call.params.optional("fromId")?, start_ms) {
        (Some(id), _) => trade_rows::from_id(app, symbol, id, limit).await?,
        (None, Some(start_ms)) => {
            let period_ms = start_ms..=end_ms.unwrap_or(u64::MAX);
            trade_rows::oldest(app, symbol, period_ms, 0, limit).await?
        }
        (None, None) => trade_rows::newest(app, symbol, end_ms, limit).await?,
    };
    Ok(Answer::of(&rows.iter().map(Aggregate::from).collect::<Vec<_>>()))
}

impl From<&TradeRow> for TradeView {
    fn from(row: &TradeRow) -> Self {
        Self {
            id: row.id,
            price: row.price.to_string(),
            qty: row.qty.to_string(),
            quote_qty: quote_volume(row.notional()).to_string(),
            time: row.time_ms(),
            is_buyer_maker: IS_BUYER_MAKER,
            is_retail: false,
        }
    }
}

impl From<&TradeRow> for Aggregate {
    fn from(row: &TradeRow) -> Self {
        Self {
            id: row.id,
            price: row.price.to_string(),
            qty: row.qty.to_string(),
            usual_qty: row.qty.to_string(),
            first_id: row.id,
            last_id: row.id,
            time: row.time_ms(),
            is_buyer_maker: IS_BUYER_MAKER,
        }
    }
}
