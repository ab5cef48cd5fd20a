//! What Redis knows of a market besides its quote: the open interest, and the mark price with the next
//! funding.

use crate::candles::quote_volume;
use messages::{Instrument, MarkPrice, OPEN_INTEREST, OpenInterest, Symbol, last_mark_key};
use price::{Notional, Price, Qty, Rate, Usd};
use streams::Redis;

/// The figures of a market.
pub struct Figures {
    pub symbol: Symbol,
    /// The quantity of all open positions; none while the engine has not told it.
    pub open_interest: Option<Qty>,
    mark: Option<Price>,
    pub funding_rate: Option<Rate>,
    pub next_funding_ms: Option<u64>,
}

impl Figures {
    /// Reads the figures of a market, given the open interest of all.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn read(
        redis: &Redis,
        market: Instrument,
        open: Option<&[OpenInterest]>,
    ) -> Result<Self, streams::Error> {
        let mark = mark(redis, &market).await?;
        let funded = mark.filter(|_| market.funding.is_some());
        Ok(Self {
            symbol: market.symbol,
            open_interest: open.map(|open| of(open, market.symbol)),
            mark: mark.map(|mark| mark.mark),
            funding_rate: funded.and_then(|mark| mark.funding_rate),
            next_funding_ms: funded.and_then(|mark| mark.next_funding_ms),
        })
    }

    /// The value of the open interest at the mark price, or at the last price where there is none.
    pub fn open_interest_value(&self, last: Price) -> Option<Usd> {
        let price = self.mark.unwrap_or(last);
        Notional::default().with(price, self.open_interest?).ok().map(quote_volume)
    }
}

/// Reads the open interest of all markets, the sum of that of all shards; none while the engine of one
/// of them has not told it.
///
/// # Errors
/// When Redis does not answer.
pub async fn open_interest(redis: &Redis) -> Result<Option<Vec<OpenInterest>>, streams::Error> {
    let mut all: Vec<OpenInterest> = Vec::new();
    for shard in redis.shards().all() {
        let json = redis.get(&shard.key(OPEN_INTEREST)).await?;
        let Some(open) =
            json.and_then(|json| serde_json::from_str::<Vec<OpenInterest>>(&json).ok())
        else {
            return Ok(None);
        };
        for open in open {
            match all.iter_mut().find(|known| known.symbol == open.symbol) {
                Some(known) => {
                    known.long = known.long.checked_add(open.long).unwrap_or(known.long);
                    known.short = known.short.checked_add(open.short).unwrap_or(known.short);
                }
                None => all.push(open),
            }
        }
    }
    Ok(Some(all))
}

/// Returns the quantity of all open positions of a market. Positions are held against the house: those
/// of both sides count.
pub fn of(all: &[OpenInterest], symbol: Symbol) -> Qty {
    let open = all.iter().find(|open| open.symbol == symbol);
    let both = open.map_or(Ok(Qty::ZERO), |open| open.long.checked_add(open.short));
    both.unwrap_or_default()
}

/// Reads the last mark price of a market that has one.
///
/// # Errors
/// When Redis does not answer.
pub async fn mark(redis: &Redis, market: &Instrument) -> Result<Option<MarkPrice>, streams::Error> {
    if !market.has_mark() {
        return Ok(None);
    }
    let json = redis.get(&last_mark_key(market.symbol)).await?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}
