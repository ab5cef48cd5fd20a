//! The order book: one level on each side, at which the house fills orders whole.

use super::call::{Answer, Call};
use super::error::Error;
use super::prices::{self, Priced};
use messages::Symbol;
use price::Price;
use serde::Serialize;

/// The depths that can be asked for.
const DEPTHS: [u32; 7] = [5, 10, 20, 50, 100, 500, 1_000];

/// The order book of an instrument.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Depth {
    last_update_id: u64,
    #[serde(rename = "E")]
    event_time: u64,
    #[serde(rename = "T")]
    transaction_time: u64,
    bids: [[String; 2]; 1],
    asks: [[String; 2]; 1],
}

/// The best prices of an instrument.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BookTicker {
    symbol: Symbol,
    bid_price: String,
    bid_qty: String,
    ask_price: String,
    ask_qty: String,
    time: u64,
    last_update_id: u64,
}

/// Returns the order book of an instrument.
pub async fn depth(call: &Call) -> Result<Answer, Error> {
    if let Some(depth) = call.params.optional::<u32>("limit")?
        && !DEPTHS.contains(&depth)
    {
        return Err(Error::invalid("limit"));
    }
    let Priced { instrument, quote, .. } = prices::of_one(call).await?;
    let level = |price: Price| [price.to_fixed(), instrument.shown_quantity(price).to_fixed()];
    Ok(Answer::of(&Depth {
        last_update_id: quote.update_id(),
        event_time: quote.timestamp_ms,
        transaction_time: quote.timestamp_ms,
        bids: [level(quote.bid)],
        asks: [level(quote.ask)],
    }))
}

/// Lists the best prices.
pub async fn tickers(call: &Call) -> Result<Answer, Error> {
    let (priced, is_one) = prices::of(call).await?;
    let rows: Vec<_> = priced.iter().map(ticker).collect();
    Ok(Answer::one_or_all(&rows, is_one))
}

fn ticker(Priced { instrument, quote, .. }: &Priced) -> BookTicker {
    BookTicker {
        symbol: instrument.symbol,
        bid_price: quote.bid.to_fixed(),
        bid_qty: instrument.shown_quantity(quote.bid).to_fixed(),
        ask_price: quote.ask.to_fixed(),
        ask_qty: instrument.shown_quantity(quote.ask).to_fixed(),
        time: quote.timestamp_ms,
        last_update_id: quote.update_id(),
    }
}
