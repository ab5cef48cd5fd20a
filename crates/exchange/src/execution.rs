//! The record of a fill.

use crate::position::{ClosedPart, PackedPosition};
use messages::{
    CloseReason, EntryId, Execution, Fill, FillRole, Order, OrderId, OrderKind, OrderSide,
    OrderStatus, RequestId,
};
use price::{Price, Qty, Usd};

/// The circumstances of a fill.
#[derive(Clone, Copy, Debug)]
pub struct Deal {
    pub price: Price,
    pub role: FillRole,
    pub tick_id: EntryId,
    pub request_id: Option<RequestId>,
}

/// The record of an order's fill in the event of the position that it changed.
pub fn execution(
    order: &Order,
    position_id: OrderId,
    (qty, realized_pnl): (Qty, Usd),
    deal: &Deal,
) -> Box<Execution> {
    let fill = Fill {
        order_id: order.order_id,
        position_id,
        side: order.side,
        qty,
        price: deal.price,
        realized_pnl,
        fee: Usd::ZERO,
        role: deal.role,
        tick_id: deal.tick_id,
    };
    Box::new(Execution { order: Some(order.clone()), fill })
}

/// The record of the last part of a position that is closed without an order.
pub fn last_part(position: &PackedPosition, part: &ClosedPart, tick_id: EntryId) -> Box<Execution> {
    let fill = Fill {
        order_id: position.order_id,
        position_id: position.order_id,
        side: OrderSide::closing(position.side),
        qty: part.qty,
        price: part.price,
        realized_pnl: part.final_pnl,
        fee: Usd::ZERO,
        role: FillRole::Taker,
        tick_id,
    };
    Box::new(Execution { order: None, fill })
}

/// The reason for closing a position by an order.
pub const fn close_reason(kind: OrderKind) -> CloseReason {
    match kind {
        OrderKind::StopMarket | OrderKind::Stop | OrderKind::TrailingStopMarket => {
            CloseReason::StopLoss
        }
        OrderKind::TakeProfitMarket | OrderKind::TakeProfit => CloseReason::TakeProfit,
        OrderKind::Market | OrderKind::Limit => CloseReason::Manual,
    }
}

/// Gives an order the state after its fill.
pub fn fill(order: &mut Order, qty: Qty, deal: &Deal, now_ms: u64) {
    (order.qty, order.filled_qty) = (qty, qty);
    order.average_price = Some(deal.price);
    order.status = OrderStatus::Filled;
    order.reserved = Usd::ZERO;
    order.updated_at_ms = now_ms;
}
