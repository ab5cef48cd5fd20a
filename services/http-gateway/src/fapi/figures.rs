//! Figures of the whole market, and those that Velox has none of.

use super::call::{Answer, Call, find};
use super::error::Error;
use super::prices;
use messages::{OPEN_INTEREST, OpenInterest};
use price::Qty;
use serde_json::json;

/// Returns the quantity of all open positions of an instrument. Positions are held against the house:
/// those of both sides count.
pub async fn open_interest(call: &Call) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let json = call.app.redis.get(OPEN_INTEREST).await?.ok_or_else(Error::unavailable)?;
    let all: Vec<OpenInterest> = serde_json::from_str(&json).map_err(|_| Error::unavailable())?;
    let open = all.iter().find(|open| open.symbol == symbol);
    let both = open.map_or(Ok(Qty::ZERO), |open| open.long.checked_add(open.short));
    Ok(Answer::of(&json!({
        "symbol": symbol,
        "openInterest": both.unwrap_or_default().to_string(),
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
