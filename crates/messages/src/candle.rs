//! Candles: open, high, low, close and volume of a time interval.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::InvalidId;
use crate::kinds::messages;
use crate::market::{SettleFunding, Trade};
use crate::symbol::Symbol;
use price::{Price, Qty};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// The length of a candle. Candles begin at whole multiples of it since 1970-01-01 00:00 UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(parse_err_ty = InvalidId, parse_err_fn = no_timeframe)]
pub enum Timeframe {
    /// Half a minute.
    #[serde(rename = "30s")]
    #[strum(serialize = "30s")]
    S30,
    /// A minute.
    #[serde(rename = "1m")]
    #[strum(serialize = "1m")]
    M1,
    /// Five minutes.
    #[serde(rename = "5m")]
    #[strum(serialize = "5m")]
    M5,
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    #[strum(serialize = "15m")]
    M15,
    /// An hour.
    #[serde(rename = "1h")]
    #[strum(serialize = "1h")]
    H1,
    /// Four hours.
    #[serde(rename = "4h")]
    #[strum(serialize = "4h")]
    H4,
    /// A day, UTC.
    #[serde(rename = "1d")]
    #[strum(serialize = "1d")]
    D1,
}

impl Timeframe {
    /// All timeframes, shortest first; each is a multiple of the previous one.
    pub const ALL: [Self; 7] =
        [Self::S30, Self::M1, Self::M5, Self::M15, Self::H1, Self::H4, Self::D1];

    /// The text used in settings, requests and table names (`candles_1m`).
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The length in seconds.
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

    /// The start (Unix s) of the candle that contains `time_s`.
    pub const fn start_of(self, time_s: u64) -> u64 {
        time_s - time_s % self.seconds()
    }

    /// The index in [`Timeframe::ALL`], for tables by timeframe.
    pub const fn index(self) -> usize {
        self as usize
    }
}

fn no_timeframe(text: &str) -> InvalidId {
    InvalidId::new(text, "one of 30s, 1m, 5m, 15m, 1h, 4h, 1d")
}

/// The market's summary of an interval: a candle, or the part of one for which Velox recorded no
/// trades itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandlePart {
    /// The start (Unix s, inclusive), within one candle.
    pub from_s: u64,
    /// The end (Unix s, exclusive), at the latest the end of the candle.
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
    /// The traded volume in the base asset.
    #[serde(rename = "volumeInt")]
    pub volume: Qty,
    /// The number of trades.
    pub trades: u64,
}

/// Candles from before Velox recorded trades; an entry of `batch:uploader:stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandleHistory {
    /// The symbol.
    pub symbol: Symbol,
    /// The length of the candles.
    pub timeframe: Timeframe,
    /// The candles in order of time; at most a few hundred.
    pub parts: Vec<CandlePart>,
}

messages! {
    /// An entry of `batch:uploader:stream`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum MarketData: "market data" {
        payload {
            /// A trade of the live feed.
            Trade(Trade) = "TRADE",
            /// Candles of the past.
            History(CandleHistory) = "CANDLES",
            /// The rate of a funding.
            Funding(SettleFunding) = "FUNDING",
        }
    }
}

impl MarketData {
    /// The time of the latest trade in it, or of the funding, Unix ms.
    fn timestamp_ms(&self) -> u64 {
        match self {
            Self::Trade(trade) => trade.time_us / 1_000,
            Self::History(history) => {
                let end_s = history.parts.last().map_or(0, |part| part.until_s);
                end_s.saturating_mul(1_000)
            }
            Self::Funding(funding) => funding.funding_ms,
        }
    }
}

impl StreamMessage for MarketData {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.kind()).with("timestamp", self.timestamp_ms());
        self.encode_payload(fields)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let data = Self::decode_kind(fields)?;
        let invalid = |error: &dyn Display| DecodeError::new("payload", error.to_string());
        match &data {
            Self::Trade(trade) => _ = trade.checked().map_err(|error| invalid(&error))?,
            Self::Funding(funding) => _ = funding.checked().map_err(|error| invalid(&error))?,
            Self::History(_) => {}
        }
        Ok(data)
    }
}
