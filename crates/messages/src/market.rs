//! The market as the price feed sees it.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::Symbol;
use crate::status::Feed;
use price::{Price, Qty};
use serde::{Deserialize, Serialize};

/// A trade of the venue, as it was: an entry of `batch:uploader:stream`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// What was traded.
    pub symbol: Symbol,
    /// The venue's id; rises by symbol.
    pub trade_id: u64,
    /// At this price.
    #[serde(rename = "priceInt")]
    pub price: Price,
    /// So much of the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The venue's time, Unix µs.
    pub time_us: u64,
}

/// A trade that is not accepted as one, wherever it comes from: `trades` in PostgreSQL has the same
/// limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of range")]
pub struct InvalidTrade(&'static str);

/// 9999-12-31, the last day that databases and clients agree on, in Unix µs.
const TIME_US_MAX: u64 = 253_402_300_799_999_999;

impl Trade {
    /// The trade, if its price and quantity are above zero and every field fits the database.
    ///
    /// # Errors
    /// [`InvalidTrade`] names the field that is wrong.
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

    /// `{SYMBOL}-{trade id}`, the key of its row in `trades`: one trade has one, however often it
    /// is seen.
    pub fn key(&self) -> String {
        format!("{}-{}", self.symbol, self.trade_id)
    }
}

/// Bid and ask, derived from one trade of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceUpdate {
    /// What is priced.
    pub symbol: Symbol,
    /// Longs close and shorts open here.
    #[serde(rename = "bidPriceInt")]
    pub bid: Price,
    /// Longs open and shorts close here.
    #[serde(rename = "askPriceInt")]
    pub ask: Price,
    /// The venue's trade that it comes from.
    pub trade_id: u64,
    /// When that trade was made by the feed's clock, Unix ms: the price's age counts from here as
    /// well as from the entry's id, so that ids that stand still don't keep a price young.
    #[serde(rename = "tradedAt", default, skip_serializing_if = "Option::is_none")]
    pub traded_at_ms: Option<u64>,
    /// How long the feed vouches for the price, ms; [`crate::Rules::stale_price_ms`] limits it further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for_ms: Option<u64>,
}

impl PriceUpdate {
    /// A price whose age counts from its entry's id alone.
    pub const fn new(symbol: Symbol, bid: Price, ask: Price, trade_id: u64) -> Self {
        Self { symbol, bid, ask, trade_id, traded_at_ms: None, valid_for_ms: None }
    }
}

/// A price that the feed does not vouch for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputePrice {
    /// Whose price.
    pub symbol: Symbol,
    /// Why.
    pub reason: DisputeReason,
}

/// Why the last price of a symbol can't be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeReason {
    /// A trade far from the last price waits for others to confirm it.
    #[error("a trade far from the last price is waiting for confirmation")]
    Held,
    /// The venue's trades arrive too late to be traded at.
    #[error("the venue's trades arrive too late")]
    Late,
    /// No trade of the symbol has come for a while.
    #[error("the venue has sent no trades for a while")]
    Silent,
    /// A confirmed move went beyond what is followed without an operator.
    #[error("the market moved further than is followed without an operator")]
    Paused,
}

/// What is published on [`crate::market_channel`]: bid and ask, and the trade they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketPrice {
    /// Longs close and shorts open here.
    #[serde(rename = "bidPriceInt")]
    pub bid: Price,
    /// Longs open and shorts close here.
    #[serde(rename = "askPriceInt")]
    pub ask: Price,
    /// When it was published, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// The trade behind it.
    pub trade: Trade,
    /// Why it can't be relied on any longer, where that is so: nothing is filled at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<DisputeReason>,
    /// The run that the trade belongs to. Absent in prices of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// A series of trades whose ids and times rise. A replay begins a new run each time it starts from
/// its first trade; a change of the feed begins one too. Ids and times of two runs can't be
/// compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The source of the trades.
    pub feed: Feed,
    /// When the run began, Unix ms.
    #[serde(rename = "beganAt")]
    pub began_ms: u64,
}

impl MarketPrice {
    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys and no failing parts")
    }
}

impl StreamMessage for Trade {
    fn encode(&self) -> Fields {
        Fields::of_type("TRADE").with("timestamp", self.time_us / 1_000).with_payload(self)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        match fields.kind()? {
            "TRADE" => {
                let trade: Self = fields.payload()?;
                let invalid = |error: InvalidTrade| DecodeError::new("payload", error.to_string());
                trade.checked().map_err(invalid)
            }
            other => Err(DecodeError::new("type", format!("is {other:?}, not TRADE"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_would_refuse_is_no_trade() {
        let trade = Trade {
            symbol: Symbol::BtcUsdt,
            trade_id: 7,
            price: "65000".parse().expect("a price"),
            qty: "0.01".parse().expect("a quantity"),
            time_us: 1_703_001_234_567_000,
        };
        assert_eq!(Trade::decode(&trade.encode()), Ok(trade));
        let wrong = [
            Trade { price: Price::from_scaled(0), ..trade },
            Trade { price: Price::from_scaled(i128::from(i64::MAX) + 1), ..trade },
            Trade { qty: Qty::from_scaled(0), ..trade },
            Trade { qty: Qty::from_scaled(-1), ..trade },
            Trade { trade_id: u64::MAX, ..trade },
            Trade { time_us: TIME_US_MAX + 1, ..trade },
        ];
        for trade in wrong {
            assert!(Trade::decode(&trade.encode()).is_err(), "{trade:?}");
        }
    }
}
