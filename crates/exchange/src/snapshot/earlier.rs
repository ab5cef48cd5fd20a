//! Encodings of earlier versions, which are read but no longer written.

use super::encoding::{ClosedV3, OrderV1, PositionV3, StateV3, TickV3};
use crate::ledger::Ledger;
use messages::{CloseReason, EntryId, RequestId, Rules, Symbol, UserId};
use price::{Price, Usd};
use serde::Deserialize;

/// Version 1: the state without a pause of trading.
#[derive(Deserialize)]
pub struct StateV1 {
    rules: RulesV1,
    last_id: EntryId,
    ticks: Vec<(Symbol, Price, Price, EntryId)>,
    accounts: Vec<(UserId, Usd, u64)>,
    positions: Vec<PositionV1>,
    closed: Vec<ClosedV1>,
    ledger: Ledger,
    opened: u64,
}

/// Version 2: the same with the pause of trading and its attribution.
#[derive(Deserialize)]
pub struct StateV2 {
    state: StateV1,
    by: String,
    reason: String,
}

#[derive(Deserialize)]
struct RulesV1 {
    max_open_positions: u32,
    stale_price_ms: u64,
    closed_retention_ms: u64,
    closed_retention_max: u32,
}

#[derive(Deserialize)]
struct PositionV1 {
    number: u64,
    order: OrderV1,
}

#[derive(Deserialize)]
struct ClosedV1 {
    order: OrderV1,
    close_reason: CloseReason,
    close_price: Price,
    final_pnl: Usd,
    shortfall: Usd,
    tick_id: EntryId,
    closed_at_ms: u64,
    closed_by: Option<RequestId>,
}

impl From<StateV2> for StateV3 {
    fn from(StateV2 { state, by, reason }: StateV2) -> Self {
        Self { pause: Some((by, reason)), ..Self::from(state) }
    }
}

impl From<StateV1> for StateV3 {
    fn from(state: StateV1) -> Self {
        let ticks = state.ticks.into_iter().map(|(symbol, bid, ask, id)| TickV3 {
            symbol,
            bid,
            ask,
            id,
            traded_at_ms: None,
            valid_for_ms: None,
        });
        let positions = state.positions.into_iter().map(|position| PositionV3 {
            number: position.number,
            order: position.order,
            fingerprint: None,
        });
        Self {
            rules: state.rules.into(),
            pause: None,
            last_id: state.last_id,
            ticks: ticks.collect(),
            disputes: Vec::new(),
            accounts: state.accounts,
            positions: positions.collect(),
            closed: state.closed.into_iter().map(ClosedV3::from).collect(),
            closed_ids: Vec::new(),
            ledger: state.ledger,
            opened: state.opened,
        }
    }
}

impl From<ClosedV1> for ClosedV3 {
    fn from(closed: ClosedV1) -> Self {
        Self {
            order: closed.order,
            fingerprint: None,
            close_reason: closed.close_reason,
            close_price: closed.close_price,
            final_pnl: closed.final_pnl,
            shortfall: closed.shortfall,
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
            closed_by: closed.closed_by,
        }
    }
}

impl From<RulesV1> for Rules {
    fn from(rules: RulesV1) -> Self {
        Self {
            max_open_positions: rules.max_open_positions,
            stale_price_ms: rules.stale_price_ms,
            closed_retention_ms: rules.closed_retention_ms,
            closed_retention_max: rules.closed_retention_max,
            order_id_retention_ms: None,
            clock_lead_max_ms: None,
        }
    }
}
