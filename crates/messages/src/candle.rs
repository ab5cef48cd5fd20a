//! Candles: open, high, low, close and volume of a stretch of time.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{InvalidId, Symbol};
use crate::market::Trade;
use price::{Price, Qty};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How long a candle is. Candles begin at whole multiples of it since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Timeframe {
    /// Half a minute.
    #[serde(rename = "30s")]
    S30,
    /// A minute.
    #[serde(rename = "1m")]
    M1,
    /// Five minutes.
    #[serde(rename = "5m")]
    M5,
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    M15,
    /// An hour.
    #[serde(rename = "1h")]
    H1,
    /// Four hours.
    #[serde(rename = "4h")]
    H4,
    /// A day, UTC.
    #[serde(rename = "1d")]
    D1,
}

impl Timeframe {
    /// All of them, shortest first; each is a multiple of the one before.
    pub const ALL: [Self; 7] =
        [Self::S30, Self::M1, Self::M5, Self::M15, Self::H1, Self::H4, Self::D1];

    /// As in settings, requests and table names (`candles_1m`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S30 => "30s",
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::D1 => "1d",
        }
    }

    /// Its length in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::S30 => 30,
            Self::M1 => 60,
            Self::M5 => 5 * 60,
            Self::M15 => 15 * 60,
            Self::H1 => 60 * 60,
            Self::H4 => 4 * 60 * 60,
            Self::D1 => 24 * 60 * 60,
        }
    }

    /// The start (Unix s) of the candle that a moment (Unix s) is in.
    pub const fn start_of(self, time_s: u64) -> u64 {
        time_s - time_s % self.seconds()
    }

    /// The position in [`Timeframe::ALL`], for tables by timeframe.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Timeframe {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL
            .into_iter()
            .find(|timeframe| timeframe.as_str() == text)
            .ok_or_else(|| InvalidId::new(text, "one of 30s, 1m, 5m, 15m, 1h, 4h, 1d"))
    }
}

/// What the market did in a stretch of time, as far as it is not known trade by trade: a candle,
/// or the part of one in which Velox did not record trades itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandlePart {
    /// From this second on (Unix s), within one candle.
    pub from_s: u64,
    /// Until before this second (Unix s), the end of the candle at the latest.
    pub until_s: u64,
    /// The first price.
    #[serde(rename = "openInt")]
    pub open: Price,
    /// The highest price.
    #[serde(rename = "highInt")]
    pub high: Price,
    /// The lowest price.
    #[serde(rename = "lowInt")]
    pub low: Price,
    /// The last price.
    #[serde(rename = "closeInt")]
    pub close: Price,
    /// What was traded, in the base asset.
    #[serde(rename = "volumeInt")]
    pub volume: Qty,
    /// In so many trades.
    pub trades: u64,
}

/// Candles from before Velox recorded trades: an entry of `batch:uploader:stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandleHistory {
    /// Of this symbol.
    pub symbol: Symbol,
    /// Of this length.
    pub timeframe: Timeframe,
    /// In the order of their times; some hundreds at the most.
    pub parts: Vec<CandlePart>,
}

/// An entry of `batch:uploader:stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketData {
    /// A trade that was just made.
    Trade(Trade),
    /// The past.
    History(CandleHistory),
}

impl StreamMessage for CandleHistory {
    fn encode(&self) -> Fields {
        let end_s = self.parts.last().map_or(0, |part| part.until_s);
        Fields::of_type("CANDLES").with("timestamp", end_s.saturating_mul(1_000)).with_payload(self)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        match fields.kind()? {
            "CANDLES" => fields.payload(),
            other => Err(DecodeError::new("type", format!("is {other:?}, not CANDLES"))),
        }
    }
}

impl StreamMessage for MarketData {
    fn encode(&self) -> Fields {
        match self {
            Self::Trade(trade) => trade.encode(),
            Self::History(history) => history.encode(),
        }
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        match fields.kind()? {
            "TRADE" => fields.payload().map(Self::Trade),
            "CANDLES" => fields.payload().map(Self::History),
            other => Err(DecodeError::new("type", format!("is {other:?}, not TRADE or CANDLES"))),
        }
    }
}
