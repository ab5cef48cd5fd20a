//! What services say of themselves in keys that expire.

use crate::ids::Symbol;
use crate::market::DisputeReason;
use price::Price;
use serde::{Deserialize, Serialize};

/// The value of [`crate::ENGINE_STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineStatus {
    /// What the engine is doing.
    pub status: EngineState,
    /// When it said so, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// A sentence for operators.
    pub message: String,
}

/// What the engine is doing. Only `READY` takes orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EngineState {
    /// Looking for a snapshot.
    Starting,
    /// Applying what came after it.
    Replaying,
    /// Taking orders.
    Ready,
    /// Stopped on purpose: asked to, or because it refuses to trade; the message says which.
    Shutdown,
}

/// The value of [`crate::FEED_STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedStatus {
    /// Where the prices come from now.
    pub feed: Feed,
    /// Whether it delivers.
    pub connected: bool,
    /// When the poller said so, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// A sentence for people.
    pub message: String,
    /// The symbols whose last price can't be relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<DisputedPrice>,
    /// What was wrong with the files of a recording, where something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
}

/// A symbol whose last price can't be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedPrice {
    /// The symbol.
    pub symbol: Symbol,
    /// Why its price is disputed.
    pub reason: DisputeReason,
    /// Since when, Unix ms.
    #[serde(rename = "since")]
    pub since_ms: u64,
    /// The price that waits for confirmation, or for an operator.
    #[serde(rename = "heldPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Price>,
}

/// A source of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feed {
    /// Binance's live trades.
    Binance,
    /// A recording.
    Replay,
    /// A seeded random walk.
    Sim,
}

impl Feed {
    /// As in settings and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Replay => "replay",
            Self::Sim => "sim",
        }
    }
}

/// The value of [`crate::service_key`]: one process of a service, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Which service: the name of its binary.
    pub name: String,
    /// Which of its processes; no other one has the same.
    pub instance: String,
    /// Of Velox.
    pub version: String,
    /// When the process began, Unix ms.
    #[serde(rename = "startedAt")]
    pub started_at_ms: u64,
    /// Its number on its host.
    pub pid: u32,
    /// The machine or container it runs on.
    pub host: String,
    /// Where it serves `/metrics`, `/healthz` and `/readyz`.
    #[serde(rename = "metrics")]
    pub metrics_address: String,
    /// Whether it can do its work.
    pub ready: bool,
    /// Why not; or what it is ready for, where that is not the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it said so, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
}
