//! Open positions as version 5 stores them.

use super::RestoreError;
use super::v1::OrderV1;
use super::v7::PositionV7;
use crate::exchange::Exchange;
use crate::position::{Changes, Fills};
use crate::slab::Slot;
use messages::RequestId;
use price::{Notional, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

#[derive(Serialize, Deserialize)]
pub struct PositionV5 {
    pub number: u64,
    pub order: OrderV1,
    pub fingerprint: Option<NonZeroU64>,
    pub changes: Option<ChangesV5>,
}

#[derive(Serialize, Deserialize)]
pub struct ChangesV5 {
    pub fills: Option<FillsV5>,
    pub margin_changed_by: Option<RequestId>,
}

/// [`Fills`] as stored.
#[derive(Serialize, Deserialize)]
pub struct FillsV5 {
    pub opened_qty: Qty,
    /// At scale 10^16.
    pub opened: i128,
    pub closed_qty: Qty,
    /// At scale 10^16.
    pub closed: i128,
    pub margin: Usd,
    pub realized_pnl: Usd,
    pub shortfall: Usd,
}

impl From<&Changes> for ChangesV5 {
    fn from(changes: &Changes) -> Self {
        let fills = changes.fills.as_ref().map(|fills| FillsV5 {
            opened_qty: fills.opened_qty,
            opened: fills.opened.scaled(),
            closed_qty: fills.closed_qty,
            closed: fills.closed.scaled(),
            margin: fills.margin,
            realized_pnl: fills.realized_pnl,
            shortfall: fills.shortfall,
        });
        Self { fills, margin_changed_by: changes.margin_changed_by }
    }
}

impl From<ChangesV5> for Changes {
    fn from(changes: ChangesV5) -> Self {
        let fills = changes.fills.map(|fills| Fills {
            opened_qty: fills.opened_qty,
            opened: Notional::from_scaled(fills.opened),
            closed_qty: fills.closed_qty,
            closed: Notional::from_scaled(fills.closed),
            margin: fills.margin,
            realized_pnl: fills.realized_pnl,
            shortfall: fills.shortfall,
        });
        Self { fills, margin_changed_by: changes.margin_changed_by }
    }
}

impl PositionV7 {
    pub(super) fn restore_into(
        &mut self,
        exchange: &mut Exchange,
        owner: Option<Slot>,
    ) -> Result<(), RestoreError> {
        let PositionV5 { number, order, fingerprint, changes } = &mut self.position;
        let mut position = order.unpack(*number, *fingerprint, (exchange, owner))?;
        if let Some(changes) = changes.take() {
            position.set_changes(changes.into());
        }
        position.note_costs(self.commission, self.funding);
        let listed = exchange.instruments.get_mut(position.instrument);
        if listed.tick.is_none() {
            return Err(RestoreError::Orphan(position.order_id));
        }
        listed.add_interest(position.side, position.qty());
        let (account, margin) = (position.account, position.margin());
        let list = exchange.accounts.hold(account, margin);
        exchange.book.restore(position, list);
        Ok(())
    }
}
