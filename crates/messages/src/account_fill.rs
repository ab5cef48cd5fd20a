//! The order and the fill that one event tells of.

use crate::event::{Event, EventKind};
use crate::ids::{EntryId, OrderId, UserId};
use crate::order::{Execution, Fill, FillRole, Order, OrderSide, order_number};
use crate::position::{CloseReason, ClosedPosition, Position};
use crate::symbol::Symbol;
use price::{Price, Qty, Usd};

/// A fill of an account, as one event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFill {
    /// The id of the event in `response:stream`; its first half is the time of the fill.
    pub id: EntryId,
    /// The [`AccountState::sequence`] of the event: the fill's number in its account. Zero if it was
    /// stored before fills had it, as are the numbers of their orders.
    ///
    /// [`AccountState::sequence`]: crate::AccountState::sequence
    pub sequence: u64,
    /// The order; the position, if no order closed it.
    pub order_id: OrderId,
    /// The [number](Order::number) of the order; that of the fill, if no order closed the position.
    pub order_sequence: u64,
    /// The position that was opened, increased, reduced or closed.
    pub position_id: OrderId,
    /// The owner.
    pub user_id: UserId,
    /// The symbol.
    pub asset: Symbol,
    /// Buy or sell.
    pub side: OrderSide,
    /// The quantity of the base asset.
    pub qty: Qty,
    /// The price.
    pub price: Price,
    /// The profit or loss that it realized.
    pub realized_pnl: Usd,
    /// The fee.
    pub fee: Usd,
    /// Maker or taker.
    pub role: FillRole,
    /// The reason for which the position was closed, if no order closed it.
    pub reason: Option<CloseReason>,
    /// The `PRICE_UPDATE` entry whose price was used; unknown for a plain market order.
    pub tick_id: Option<EntryId>,
}

impl AccountFill {
    /// The number by which its owner may name the fill.
    pub const fn number(&self) -> u64 {
        order_number(self.sequence, self.id.ms)
    }

    /// The number of its order.
    pub const fn order_number(&self) -> u64 {
        order_number(self.order_sequence, self.id.ms)
    }
}

impl Event {
    /// Returns the order in its state after the event, if the event is about one. The worst
    /// acceptable price of a plain market order is not known any more.
    pub fn order(&self) -> Option<Order> {
        match (self.execution.as_deref(), &self.kind) {
            (Some(Execution { order: Some(order), .. }), _) => Some(order.clone()),
            (_, EventKind::PositionOpened(position)) => {
                Some(Order::filled_plainly(position, self.account.sequence))
            }
            (
                None,
                EventKind::OrderAccepted(order)
                | EventKind::OrderAmended(order)
                | EventKind::OrderActivated(order)
                | EventKind::OrderCanceled(order)
                | EventKind::OrderExpired(order),
            ) => Some((**order).clone()),
            _ => None,
        }
    }

    /// Returns the fill that the event tells of, if it does. `id` is the event's.
    pub fn fill(&self, id: EntryId) -> Option<AccountFill> {
        let sequence = self.account.sequence;
        match (self.execution.as_deref(), &self.kind) {
            (Some(Execution { order, fill }), kind) => {
                let order_sequence = order.as_ref().map_or(sequence, Order::number);
                let (asset, reason) = match kind {
                    EventKind::PositionOpened(position) => (position.asset, None),
                    EventKind::PositionChanged(changed) => (changed.order.asset, None),
                    EventKind::PositionClosed(closed) => {
                        let reason = order.is_none().then_some(closed.close_reason);
                        (closed.order.asset, reason)
                    }
                    _ => return None,
                };
                let numbers = (sequence, order_sequence);
                Some(executed((id, self.user_id, asset), numbers, fill, reason))
            }
            (None, EventKind::PositionOpened(position)) => Some(opening((id, sequence), position)),
            (None, EventKind::PositionClosed(closed)) => Some(closing((id, sequence), closed)),
            (None, _) => None,
        }
    }
}

fn executed(
    (id, user_id, asset): (EntryId, UserId, Symbol),
    (sequence, order_sequence): (u64, u64),
    fill: &Fill,
    reason: Option<CloseReason>,
) -> AccountFill {
    AccountFill {
        id,
        sequence,
        order_id: fill.order_id,
        order_sequence,
        position_id: fill.position_id,
        user_id,
        asset,
        side: fill.side,
        qty: fill.qty,
        price: fill.price,
        realized_pnl: fill.realized_pnl,
        fee: fill.fee,
        role: fill.role,
        reason,
        tick_id: Some(fill.tick_id),
    }
}

/// Returns the fill of a plain market order. Its event does not name its tick.
fn opening((id, sequence): (EntryId, u64), position: &Position) -> AccountFill {
    AccountFill {
        id,
        sequence,
        order_id: position.order_id,
        order_sequence: sequence,
        position_id: position.order_id,
        user_id: position.user_id,
        asset: position.asset,
        side: OrderSide::from(position.side),
        qty: position.qty,
        price: position.entry_price,
        realized_pnl: Usd::ZERO,
        fee: Usd::ZERO,
        role: FillRole::Taker,
        reason: None,
        tick_id: None,
    }
}

/// Returns the fill that closed a whole position without an order: its trader, a liquidation, its
/// stop-loss or its take-profit.
fn closing((id, sequence): (EntryId, u64), closed: &ClosedPosition) -> AccountFill {
    let position = &closed.order;
    AccountFill {
        id,
        sequence,
        order_id: position.order_id,
        order_sequence: sequence,
        position_id: position.order_id,
        user_id: position.user_id,
        asset: position.asset,
        side: OrderSide::closing(position.side),
        qty: position.qty,
        price: closed.close_price,
        realized_pnl: closed.final_pnl,
        fee: Usd::ZERO,
        role: FillRole::Taker,
        reason: Some(closed.close_reason),
        tick_id: Some(closed.tick_id),
    }
}
