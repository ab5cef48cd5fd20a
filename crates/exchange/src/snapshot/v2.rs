//! Version 2 adds the pause of trading.

use super::v1::{ClosedV1, RulesV1, StateV1};
use super::v3::{ClosedV3, PositionV3, StateV3, TickV3};
use messages::Rules;
use serde::{Deserialize, Deserializer};

pub struct StateV2 {
    pub state: StateV1,
    /// The operator who paused trading, and the reason; none in a state of version 1.
    pub pause: Option<(String, String)>,
}

impl<'de> Deserialize<'de> for StateV2 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (state, by, reason) = Deserialize::deserialize(deserializer)?;
        Ok(Self { state, pause: Some((by, reason)) })
    }
}

impl From<StateV2> for StateV3 {
    fn from(StateV2 { state, pause }: StateV2) -> Self {
        let ticks = state.ticks.into_iter().map(|(instrument, bid, ask, id)| TickV3 {
            instrument,
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
            pause,
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
            max_open_orders: None,
            stale_mark_ms: None,
            mark_deviation_max_bps: None,
        }
    }
}
