//! The order and the fill that one event tells of.

use crate::event::{Event, EventKind};
use crate::ids::{EntryId, OrderId, UserId};
use crate::order::{Execution, Fill, FillRole, Order, OrderSide};
use crate::position::{CloseReason, ClosedPosition, Position};
use crate::symbol::Symbol;
use price::{Price, Qty, Usd};

/// A fill of an account, as one event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFill {
    /// The id of the event in `response:stream`; its first half is the time of the fill.
    pub id: EntryId,
    /// The order; the position, if no order closed it.
    pub order_id: OrderId,
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

impl Event {
    /// Returns the order in its state after the event, if the event is about one. The worst
    /// acceptable price of a plain market order is not known any more.
    pub fn order(&self) -> Option<Order> {
        match (self.execution.as_deref(), &self.kind) {
            (Some(Execution { order: Some(order), .. }), _) => Some(order.clone()),
            (_, EventKind::PositionOpened(position)) => Some(Order::filled_plainly(position)),
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
        match (self.execution.as_deref(), &self.kind) {
            (Some(Execution { order, fill }), kind) => {
                let (asset, reason) = match kind {
                    EventKind::PositionOpened(position) => (position.asset, None),
                    EventKind::PositionChanged(changed) => (changed.order.asset, None),
                    EventKind::PositionClosed(closed) => {
                        let reason = order.is_none().then_some(closed.close_reason);
                        (closed.order.asset, reason)
                    }
                    _ => return None,
                };
                Some(executed((id, self.user_id, asset), fill, reason))
            }
            (None, EventKind::PositionOpened(position)) => Some(opening(id, position)),
            (None, EventKind::PositionClosed(closed)) => Some(closing(id, closed)),
            (None, _) => None,
        }
    }
}

fn executed(
    (id, user_id, asset): (EntryId, UserId, Symbol),
    fill: &Fill,
    reason: Option<CloseReason>,
) -> AccountFill {
    AccountFill {
        id,
        order_id: fill.order_id,
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
fn opening(id: EntryId, position: &Position) -> AccountFill {
    AccountFill {
        id,
        order_id: position.order_id,
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
fn closing(id: EntryId, closed: &ClosedPosition) -> AccountFill {
    let position = &closed.order;
    AccountFill {
        id,
        order_id: position.order_id,
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
