//! The market as the price feed sees it.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::Symbol;
use crate::request::DisputeReason;
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

impl Trade {
    /// `{SYMBOL}-{trade id}`, the key of its row in `trades`: one trade has one, however often it
    /// is seen.
    pub fn key(&self) -> String {
        format!("{}-{}", self.symbol, self.trade_id)
    }
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
            "TRADE" => fields.payload(),
            other => Err(DecodeError::new("type", format!("is {other:?}, not TRADE"))),
        }
    }
}
