//! The limits that the engine enforces, which are part of the history.

use serde::{Deserialize, Serialize};

/// The default of [`Rules::stale_mark_ms`].
pub const STALE_MARK_MS: u64 = 10_000;

/// The default of [`Rules::mark_deviation_max_bps`].
pub const MARK_DEVIATION_MAX_BPS: u32 = 500;

/// The limits that the engine enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// The maximum number of open positions of one account.
    pub max_open_positions: u32,
    /// The age from which on a price fills nothing (ms of stream time).
    pub stale_price_ms: u64,
    /// The time for which a closed order stays in memory (ms of stream time).
    pub closed_retention_ms: u64,
    /// The maximum number of closed orders in memory, whatever their age.
    pub closed_retention_max: u32,
    /// The minimum time for which the id of a closed order is known (ms of stream time), whatever
    /// their number. Absent in histories from before the rule, where ids are known as long as their
    /// orders are in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id_retention_ms: Option<u64>,
    /// The lead of ids over their sender's clock beyond which new orders are refused (ms).
    /// Absent in histories from before the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_lead_max_ms: Option<u64>,
    /// The maximum number of resting orders of one account. Absent in histories from before the
    /// rule, where it is [`crate::MAX_OPEN_ORDERS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_open_orders: Option<u32>,
    /// The age from which on a mark price closes nothing (ms of stream time). Absent in histories
    /// from before the rule, where it is [`STALE_MARK_MS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_mark_ms: Option<u64>,
    /// The distance from the middle of bid and ask beyond which a mark price closes nothing, in
    /// basis points. Absent in histories from before the rule, where it is
    /// [`MARK_DEVIATION_MAX_BPS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark_deviation_max_bps: Option<u32>,
}
