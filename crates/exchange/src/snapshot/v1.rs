//! Version 1: accounts, positions and prices.

use super::v2::StateV2;
use crate::ledger::Ledger;
use messages::{CloseReason, EntryId, OrderId, RequestId, Side, UserId};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct StateV1 {
    pub rules: RulesV1,
    pub last_id: EntryId,
    /// The index of the instrument, bid, ask, and the entry of each price.
    pub ticks: Vec<(u32, Price, Price, EntryId)>,
    pub accounts: Vec<(UserId, Usd, u64)>,
    pub positions: Vec<PositionV1>,
    pub closed: Vec<ClosedV1>,
    #[serde(with = "LedgerV1")]
    pub ledger: Ledger,
    pub opened: u64,
}

#[derive(Deserialize)]
pub struct RulesV1 {
    pub max_open_positions: u32,
    pub stale_price_ms: u64,
    pub closed_retention_ms: u64,
    pub closed_retention_max: u32,
}

/// [`Ledger`] as stored before version 5.
#[derive(Deserialize)]
#[serde(remote = "Ledger")]
pub struct LedgerV1 {
    deposits: Usd,
    balances: Usd,
    locked: Usd,
    #[serde(skip)]
    reserved: Usd,
    house: Usd,
    #[serde(skip)]
    fees: Usd,
    #[serde(skip)]
    insurance: Usd,
    shortfall: Usd,
}

#[derive(Deserialize)]
pub struct PositionV1 {
    pub number: u64,
    pub order: OrderV1,
}

#[derive(Deserialize)]
pub struct ClosedV1 {
    pub order: OrderV1,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    pub closed_by: Option<RequestId>,
}

/// The terms of a position, the same in every version.
#[derive(Serialize, Deserialize)]
pub struct OrderV1 {
    pub order_id: OrderId,
    pub user_id: UserId,
    /// The index of the instrument. Before version 4, an enum of three symbols, which is encoded
    /// like their indexes.
    pub instrument: u32,
    pub side: Side,
    pub leverage: u8,
    pub qty: Qty,
    pub margin: Usd,
    pub entry_price: Price,
    pub liquidation_price: Price,
    pub stop_loss: Option<Price>,
    pub take_profit: Option<Price>,
    pub created_at_ms: u64,
}

impl From<StateV1> for StateV2 {
    fn from(state: StateV1) -> Self {
        Self { state, pause: None }
    }
}
