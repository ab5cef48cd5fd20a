//! The last prices of instruments, from Redis.

use super::call::Call;
use super::error::Error;
use crate::market_figures;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use messages::{Instrument, MarkPrice, MarketPrice, last_price_key};
use price::Price;

/// The number of prices that are read at the same time.
const CONCURRENT_READS: usize = 16;

/// An instrument with its last prices.
pub struct Priced {
    pub instrument: Instrument,
    /// The last quote, and the trade behind it.
    pub quote: MarketPrice,
    /// The last mark price, if the instrument has one.
    pub mark: Option<MarkPrice>,
}

impl Priced {
    /// The mark price, or what takes its place: the middle of the quote.
    pub fn mark_price(&self) -> Price {
        let middle = || markets::quoted((self.quote.bid, self.quote.ask));
        let mark = self.mark.map_or_else(middle, |mark| Ok(mark.mark));
        mark.unwrap_or(self.quote.trade.price)
    }

    /// The index price, or what takes its place: the middle of the quote.
    pub fn index_price(&self) -> Price {
        let index = self.mark.and_then(|mark| mark.index);
        index.unwrap_or_else(|| self.mark_price())
    }
}

/// Returns the instruments that a request is about with their last prices, and whether it names one.
/// Those without a price are left out.
///
/// # Errors
/// When the instrument that it names does not exist, or has no price.
pub async fn of(call: &Call) -> Result<(Vec<Priced>, bool), Error> {
    let (instruments, is_one) = call.instruments().await?;
    let reads: Vec<_> = instruments.into_iter().map(|instrument| read(call, instrument)).collect();
    let priced: Vec<Option<Priced>> =
        stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
    let priced: Vec<Priced> = priced.into_iter().flatten().collect();
    if is_one && priced.is_empty() {
        return Err(Error::unavailable());
    }
    Ok((priced, is_one))
}

/// Returns the instrument that a request names with its last prices.
///
/// # Errors
/// When it is missing, does not exist, or has no price.
pub async fn of_one(call: &Call) -> Result<Priced, Error> {
    let instrument = call.instrument().await?;
    read(call, instrument).await?.ok_or_else(Error::unavailable)
}

async fn read(call: &Call, instrument: Instrument) -> Result<Option<Priced>, Error> {
    let redis = &call.app.redis;
    let key = last_price_key(instrument.symbol);
    let (quote, mark) =
        tokio::try_join!(redis.get(&key), market_figures::mark(redis, &instrument))?;
    let quote: Option<MarketPrice> = quote.and_then(|json| serde_json::from_str(&json).ok());
    Ok(quote.map(|quote| Priced { instrument, quote, mark }))
}
