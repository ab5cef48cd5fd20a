//! Trades and prices of the price feed.

use crate::status::Feed;
use crate::symbol::Symbol;
use price::{Price, Qty, Rate};
use serde::{Deserialize, Serialize};

/// A trade of the venue, unchanged; an entry of `batch:uploader:stream`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// The symbol.
    pub symbol: Symbol,
    /// The venue's id, increasing per symbol.
    pub trade_id: u64,
    /// The price.
    #[serde(rename = "priceInt")]
    pub price: Price,
    /// The quantity in the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The venue's time, Unix µs.
    pub time_us: u64,
}

/// A trade outside the limits that apply to every source; `trades` in PostgreSQL has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of range")]
pub struct InvalidTrade(&'static str);

/// 9999-12-31, the last day that databases and clients agree on, in Unix µs.
const TIME_US_MAX: u64 = 253_402_300_799_999_999;

impl Trade {
    /// Returns the trade if its price and quantity are above zero and every field fits the
    /// database.
    ///
    /// # Errors
    /// [`InvalidTrade`] names the invalid field.
    pub fn checked(self) -> Result<Self, InvalidTrade> {
        if !self.price.is_positive() || self.price.to_i64().is_err() {
            return Err(InvalidTrade("the price"));
        }
        if !self.qty.is_positive() || self.qty.to_i64().is_err() {
            return Err(InvalidTrade("the quantity"));
        }
        if i64::try_from(self.trade_id).is_err() {
            return Err(InvalidTrade("the trade id"));
        }
        if self.time_us > TIME_US_MAX {
            return Err(InvalidTrade("the time"));
        }
        Ok(self)
    }

    /// The key of the row in `trades`, `{SYMBOL}-{trade id}`: the same for every copy of a trade.
    pub fn key(&self) -> String {
        format!("{}-{}", self.symbol, self.trade_id)
    }
}

/// A bid and ask, derived from one trade of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceUpdate {
    /// The symbol.
    pub symbol: Symbol,
    /// The price at which longs close and shorts open.
    #[serde(rename = "bidPriceInt")]
    pub bid: Price,
    /// The price at which longs open and shorts close.
    #[serde(rename = "askPriceInt")]
    pub ask: Price,
    /// The id of the venue's trade behind it.
    pub trade_id: u64,
    /// The time of that trade by the feed's clock, Unix ms. The price's age is measured from it as
    /// well as from the entry's id, so that ids that stand still don't keep a price fresh.
    #[serde(rename = "tradedAt", default, skip_serializing_if = "Option::is_none")]
    pub traded_at_ms: Option<u64>,
    /// The time for which the feed vouches for the price, ms; [`crate::Rules::stale_price_ms`]
    /// limits it further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for_ms: Option<u64>,
}

impl PriceUpdate {
    /// Creates a price whose age is measured from its entry's id alone.
    pub const fn new(symbol: Symbol, bid: Price, ask: Price, trade_id: u64) -> Self {
        Self { symbol, bid, ask, trade_id, traded_at_ms: None, valid_for_ms: None }
    }
}

/// The mark price of an instrument, by which positions are valued and, where the instrument says so,
/// closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkPrice {
    /// The symbol.
    pub symbol: Symbol,
    /// The mark price.
    #[serde(rename = "markPriceInt")]
    pub mark: Price,
    /// The index price, of which the mark price keeps close.
    #[serde(rename = "indexPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Price>,
    /// The rate that the next funding would have now.
    #[serde(rename = "fundingRateInt", default, skip_serializing_if = "Option::is_none")]
    pub funding_rate: Option<Rate>,
    /// The time of the next funding, Unix ms.
    #[serde(rename = "nextFundingAt", default, skip_serializing_if = "Option::is_none")]
    pub next_funding_ms: Option<u64>,
    /// The time of the mark price by the clock of its source, Unix ms.
    #[serde(rename = "markedAt", default, skip_serializing_if = "Option::is_none")]
    pub marked_at_ms: Option<u64>,
}

impl MarkPrice {
    /// Creates a mark price that says nothing about fundings.
    pub const fn new(symbol: Symbol, mark: Price, index: Option<Price>) -> Self {
        let (funding_rate, next_funding_ms, marked_at_ms) = (None, None, None);
        Self { symbol, mark, index, funding_rate, next_funding_ms, marked_at_ms }
    }

    /// The JSON text that is published on [`crate::mark_channel`].
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys and no failing parts")
    }
}

/// The reason why a mark price closes no position and triggers no order.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    thiserror::Error,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MarkProblem {
    /// No mark price was received yet.
    #[error("there is no mark price yet")]
    Missing,
    /// The last quote fills nothing, so the mark price can't be compared with it.
    #[error("the last price fills nothing, so the mark price can't be compared with it")]
    NoQuote,
    /// The mark price is older than [`crate::Rules::stale_mark_ms`].
    #[error("the mark price is too old")]
    Stale,
    /// The mark price is further from the quote than [`crate::Rules::mark_deviation_max_bps`].
    #[error("the mark price is too far from the last price")]
    Far,
}

impl MarkProblem {
    /// The name in messages and answers.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A funding whose rate is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleFunding {
    /// The symbol.
    pub symbol: Symbol,
    /// The time of the funding, Unix ms: positions that were opened later do not take part.
    #[serde(rename = "fundingTime")]
    pub funding_ms: u64,
    /// The rate; longs pay it to the house if it is above zero, and shorts receive it.
    #[serde(rename = "fundingRateInt")]
    pub rate: Rate,
    /// The mark price of the funding.
    #[serde(rename = "markPriceInt")]
    pub mark: Price,
}

/// A funding outside the limits of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of range")]
pub struct InvalidFunding(&'static str);

impl SettleFunding {
    /// Returns the funding if its mark price is above zero and every field fits the database.
    ///
    /// # Errors
    /// [`InvalidFunding`] names the invalid field.
    pub fn checked(self) -> Result<Self, InvalidFunding> {
        if !self.mark.is_positive() || self.mark.to_i64().is_err() {
            return Err(InvalidFunding("the mark price"));
        }
        if self.rate.to_i64().is_err() {
            return Err(InvalidFunding("the rate"));
        }
        if self.funding_ms > TIME_US_MAX / 1_000 {
            return Err(InvalidFunding("the time"));
        }
        Ok(self)
    }
}

/// A price that the feed no longer vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputePrice {
    /// The symbol.
    pub symbol: Symbol,
    /// The reason.
    pub reason: DisputeReason,
}

/// The reason why the last price of a symbol is unreliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeReason {
    /// A trade far from the last price waits for others to confirm it.
    #[error("a trade far from the last price is waiting for confirmation")]
    Held,
    /// The venue's trades arrive too late to be traded at.
    #[error("the venue's trades arrive too late")]
    Late,
    /// No trade of the symbol has arrived for a while.
    #[error("the venue has sent no trades for a while")]
    Silent,
    /// A confirmed move exceeded the limit beyond which an operator must accept the price.
    #[error("the market moved further than the feed follows without an operator")]
    Paused,
}

/// The message published on [`crate::market_channel`]: bid and ask, and the trade behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketPrice {
    /// The price at which longs close and shorts open.
    #[serde(rename = "bidPriceInt")]
    pub bid: Price,
    /// The price at which longs open and shorts close.
    #[serde(rename = "askPriceInt")]
    pub ask: Price,
    /// The time at which it was published, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// The trade behind it.
    pub trade: Trade,
    /// The reason why the price is unreliable, if it is: nothing is filled at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<DisputeReason>,
    /// The run of the trade. Absent in prices of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// A series of trades whose ids and times rise. A replay begins a new run each time it starts from
/// its first trade, and so does a change of the feed. Ids and times of different runs can't be
/// compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The source of the trades.
    pub feed: Feed,
    /// The time at which the run began, Unix ms.
    #[serde(rename = "beganAt")]
    pub began_ms: u64,
}

impl MarketPrice {
    /// The number of this quote for clients that keep an order book: the id of the trade behind it,
    /// which rises within a run.
    pub const fn update_id(&self) -> u64 {
        self.trade.trade_id
    }

    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys and no failing parts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MarketData, StreamMessage};

    #[test]
    fn what_the_database_would_refuse_is_no_trade() {
        let trade = Trade {
            symbol: Symbol::from_static("BTCUSDT"),
            trade_id: 7,
            price: "65000".parse().expect("a price"),
            qty: "0.01".parse().expect("a quantity"),
            time_us: 1_703_001_234_567_000,
        };
        let read = |trade| MarketData::decode(&MarketData::Trade(trade).encode());
        assert_eq!(read(trade), Ok(MarketData::Trade(trade)));
        let wrong = [
            Trade { price: Price::from_scaled(0), ..trade },
            Trade { price: Price::from_scaled(i128::from(i64::MAX) + 1), ..trade },
            Trade { qty: Qty::from_scaled(0), ..trade },
            Trade { qty: Qty::from_scaled(-1), ..trade },
            Trade { trade_id: u64::MAX, ..trade },
            Trade { time_us: TIME_US_MAX + 1, ..trade },
        ];
        for trade in wrong {
            assert!(read(trade).is_err(), "{trade:?}");
        }
    }
}
