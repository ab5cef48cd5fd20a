//! The status that services report in keys that expire.

use crate::market::{DisputeReason, MarkProblem};
use crate::symbol::Symbol;
use price::{Price, Qty};
use serde::{Deserialize, Serialize};

/// The value of [`crate::ENGINE_STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineStatus {
    /// The state of the engine.
    pub status: EngineState,
    /// The time of this report, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// A sentence for operators.
    pub message: String,
    /// The number of shards of the deployment. A service that counts another number would send
    /// requests to the wrong ones.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub shards: u16,
    /// The symbols whose mark price closes no position and triggers no order at the moment.
    #[serde(rename = "untrustedMarks", default, skip_serializing_if = "Vec::is_empty")]
    pub untrusted_marks: Vec<UntrustedMark>,
}

const fn one() -> u16 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_one(shards: &u16) -> bool {
    *shards == 1
}

/// A symbol whose mark price closes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntrustedMark {
    /// The symbol.
    pub symbol: Symbol,
    /// The reason.
    pub reason: MarkProblem,
}

/// The quantities of all open positions in an instrument; an element of the list at
/// [`crate::OPEN_INTEREST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInterest {
    /// The symbol.
    pub symbol: Symbol,
    /// That of the longs.
    #[serde(rename = "longQtyInt")]
    pub long: Qty,
    /// That of the shorts.
    #[serde(rename = "shortQtyInt")]
    pub short: Qty,
}

/// The state of the engine. Only `READY` takes orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EngineState {
    /// Looking for a snapshot.
    Starting,
    /// Applying the entries after the snapshot.
    Replaying,
    /// Taking orders.
    Ready,
    /// Stopped deliberately, on request or because the engine refuses to trade; the message says
    /// which.
    Shutdown,
}

/// The value of [`crate::FEED_STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedStatus {
    /// The current source of prices.
    pub feed: Feed,
    /// Whether the source delivers prices.
    pub connected: bool,
    /// The time of this report, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
    /// A sentence for operators and users.
    pub message: String,
    /// The symbols whose last price is unreliable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<DisputedPrice>,
    /// The problem with the files of a recording, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
}

/// A symbol whose last price is unreliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedPrice {
    /// The symbol.
    pub symbol: Symbol,
    /// The reason of the dispute.
    pub reason: DisputeReason,
    /// The time at which the dispute began, Unix ms.
    #[serde(rename = "since")]
    pub since_ms: u64,
    /// The price that awaits confirmation or an operator.
    #[serde(rename = "heldPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Price>,
}

/// A source of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
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
    /// The name in settings and messages.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The value of [`crate::service_key`]: one process of a service, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// The name of the service's binary.
    pub name: String,
    /// The unique id of the process.
    pub instance: String,
    /// The version of Velox.
    pub version: String,
    /// The time at which the process started, Unix ms.
    #[serde(rename = "startedAt")]
    pub started_at_ms: u64,
    /// The process id on its host.
    pub pid: u32,
    /// The machine or container that the process runs on.
    pub host: String,
    /// The address of `/metrics`, `/healthz` and `/readyz`.
    #[serde(rename = "metrics")]
    pub metrics_address: String,
    /// Whether the service is ready.
    pub ready: bool,
    /// The reason why it is not ready, or a limitation of its readiness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time of this report, Unix ms.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: u64,
}
