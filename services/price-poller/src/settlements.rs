//! Writes fundings for the engine and the database, and remembers the last one of each instrument.

use crate::feed::unix_ms;
use crate::lanes::Outgoing;
use crate::premium::Settling;
use messages::{
    MarketData, Request, SettleFunding, StreamMessage as _, Symbol, UPLOADER_STREAM,
    last_funding_key, last_mark_key,
};
use std::time::Duration;
use streams::{Batch, Error, Redis};

/// The time for which the last funding of a symbol is remembered.
const LAST_FUNDING_EXPIRY: Duration = Duration::from_hours(365 * 24);

/// Adds a funding to what is sent. It may be sent twice: the engine settles none from before the last
/// one, and the database keeps the first. Remember it when all shards have it.
pub fn add(funding: &SettleFunding, out: &mut Outgoing) {
    out.request(Request::SettleFunding(*funding));
    out.batch.append(UPLOADER_STREAM, &MarketData::Funding(*funding).encode());
    let symbol = funding.symbol.to_string();
    metrics::counter!("velox_fundings_published_total", "symbol" => symbol).increment(1);
}

/// Adds the time of a symbol's last funding (Unix ms) to a batch, also that of the moment from which
/// on there are fundings.
pub fn remember(symbol: Symbol, last_ms: u64, batch: &mut Batch) {
    batch.set_expiring(&last_funding_key(symbol), &last_ms.to_string(), LAST_FUNDING_EXPIRY);
}

/// Reads the time of a symbol's last funding (Unix ms).
pub async fn last_ms(redis: &Redis, symbol: Symbol) -> Result<Option<u64>, Error> {
    let text = redis.get(&last_funding_key(symbol)).await?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Continues the fundings of a symbol where the last poller stopped. Those that are new begin now.
pub async fn resume(redis: &Redis, symbol: Symbol, is_new: bool) -> Result<Settling, Error> {
    let last_ms = last_ms(redis, symbol).await?.filter(|_| !is_new);
    let mark = redis.get(&last_mark_key(symbol)).await?;
    let mark = mark.and_then(|json| serde_json::from_str(&json).ok());
    Ok(Settling::new(last_ms.unwrap_or_else(unix_ms), mark))
}
