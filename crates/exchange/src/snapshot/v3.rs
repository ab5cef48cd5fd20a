//! Version 3 adds disputed prices, the age of prices by the feed's clock, and the ids of orders that
//! are no longer in memory.

use super::v1::{LedgerV1, OrderV1};
use super::v4::{ListedV4, StateV4, TickV4};
use crate::instruments::before_listings;
use crate::ledger::Ledger;
use messages::{CloseReason, DisputeReason, EntryId, OrderId, RequestId, Rules, UserId};
use price::{Price, Usd};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

#[derive(Deserialize)]
pub struct StateV3 {
    #[serde(with = "RulesV3")]
    pub rules: Rules,
    /// The operator who paused trading, and the reason.
    pub pause: Option<(String, String)>,
    pub last_id: EntryId,
    pub ticks: Vec<TickV3>,
    pub disputes: Vec<(u32, DisputeReason)>,
    /// The accounts by user id.
    pub accounts: Vec<(UserId, Usd, u64)>,
    /// The positions by number, which is the order in which they were opened.
    pub positions: Vec<PositionV3>,
    /// The closed positions in the order in which they were closed.
    pub closed: Vec<ClosedV3>,
    /// The ids in the order of eviction.
    pub closed_ids: Vec<(OrderId, UserId, u64)>,
    #[serde(with = "LedgerV1")]
    pub ledger: Ledger,
    pub opened: u64,
}

/// [`Rules`] as stored, separate from the message so that a change of the message does not change
/// the encoding.
#[derive(Deserialize)]
#[serde(remote = "Rules")]
pub struct RulesV3 {
    max_open_positions: u32,
    stale_price_ms: u64,
    closed_retention_ms: u64,
    closed_retention_max: u32,
    order_id_retention_ms: Option<u64>,
    clock_lead_max_ms: Option<u64>,
    #[serde(skip)]
    max_open_orders: Option<u32>,
    #[serde(skip)]
    stale_mark_ms: Option<u64>,
    #[serde(skip)]
    mark_deviation_max_bps: Option<u32>,
}

#[derive(Deserialize)]
pub struct TickV3 {
    pub instrument: u32,
    pub bid: Price,
    pub ask: Price,
    pub id: EntryId,
    pub traded_at_ms: Option<u64>,
    pub valid_for_ms: Option<u64>,
}

#[derive(Deserialize)]
pub struct PositionV3 {
    pub number: u64,
    pub order: OrderV1,
    pub fingerprint: Option<NonZeroU64>,
}

#[derive(Serialize, Deserialize)]
pub struct ClosedV3 {
    pub order: OrderV1,
    pub fingerprint: Option<NonZeroU64>,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    pub closed_by: Option<RequestId>,
}

impl StateV3 {
    /// Converts the state: the three symbols of before become the first three instruments. Returns
    /// `None` if a price belongs to none of them.
    pub fn upgrade(self) -> Option<StateV4> {
        let mut instruments: Vec<ListedV4> = before_listings().map(ListedV4::new).into();
        for TickV3 { instrument, bid, ask, id, traded_at_ms, valid_for_ms } in self.ticks {
            let listed = instruments.get_mut(instrument as usize)?;
            listed.tick = Some(TickV4 { bid, ask, id, traded_at_ms, valid_for_ms });
        }
        for (instrument, reason) in self.disputes {
            instruments.get_mut(instrument as usize)?.dispute = Some(reason);
        }
        Some(StateV4 {
            rules: self.rules,
            pause: self.pause,
            last_id: self.last_id,
            instruments,
            accounts: self.accounts,
            positions: self.positions,
            closed: self.closed,
            closed_ids: self.closed_ids,
            ledger: self.ledger,
            opened: self.opened,
        })
    }
}
