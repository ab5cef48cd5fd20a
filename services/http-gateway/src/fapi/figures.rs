//! Figures of the whole market, and those that Velox has none of.

use super::call::{Answer, Call, find};
use super::error::Error;
use super::prices;
use crate::market_figures;
use serde_json::json;

/// Returns the quantity of all open positions of an instrument.
pub async fn open_interest(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let all = market_figures::open_interest(&call.app.redis).await?;
    let all = all.ok_or_else(Error::unavailable)?;
    Ok(Answer::of(&json!({
        "symbol": symbol,
        "openInterest": market_figures::of(&all, symbol).to_string(),
        "time": call.now_ms,
    })))
}

/// Returns the markets of which an index price is made: the one of the feed.
pub async fn constituents(call: &Call) -> Result<Answer, Error> {
    let priced = prices::of_one(call).await?;
    let feed = priced.quote.run.map_or("velox", |run| run.feed.as_str());
    Ok(Answer::of(&json!({
        "symbol": priced.instrument.symbol,
        "time": call.now_ms,
        "constituents": [{
            "exchange": feed,
            "symbol": priced.instrument.feed_symbol,
            "price": priced.index_price().to_string(),
            "weight": "1.00000000",
        }],
    })))
}

/// Answers that there is nothing, whatever is asked for.
pub async fn nothing(_: &Call) -> Result<Answer, Error> {
    Ok(Answer::of(&[(); 0]))
}

/// Answers that there is nothing of an instrument, or of all.
pub async fn nothing_of(call: &Call) -> Result<Answer, Error> {
    call.optional_symbol().await?;
    nothing(call).await
}

/// Answers that there are no statistics of an instrument.
pub async fn statistics(call: &Call) -> Result<Answer, Error> {
    call.instrument().await?;
    nothing(call).await
}

/// Answers that there are no statistics of a pair.
pub async fn statistics_of_pair(call: &Call) -> Result<Answer, Error> {
    let pair = call.params.get("pair").ok_or_else(|| Error::missing("pair"))?;
    find(&call.markets().await?, pair)?;
    nothing(call).await
}
