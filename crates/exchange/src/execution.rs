//! The record of a fill.

use crate::position::ClosedPart;
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

/// The amounts of a fill of one position.
#[derive(Clone, Copy, Debug)]
pub struct FillAmounts {
    pub qty: Qty,
    pub realized_pnl: Usd,
    pub fee: Usd,
}

impl FillAmounts {
    /// The amounts of a fill that closes a part.
    pub const fn of(part: &ClosedPart) -> Self {
        Self { qty: part.qty, realized_pnl: part.final_pnl, fee: part.costs.fee }
    }
}

/// The record of an order's fill in the event of the position that it changed.
pub fn execution(
    order: &Order,
    position_id: OrderId,
    amounts: FillAmounts,
    deal: &Deal,
) -> Box<Execution> {
    let FillAmounts { qty, realized_pnl, fee } = amounts;
    let fill = Fill {
        order_id: order.order_id,
        position_id,
        side: order.side,
        qty,
        price: deal.price,
        realized_pnl,
        fee,
        role: deal.role,
        tick_id: deal.tick_id,
    };
    Box::new(Execution { order: Some(order.clone()), fill })
}

/// The record of a taker's fill of a position that tells of the order that opened it, or that no order
/// closes.
pub fn own_execution(
    position_id: OrderId,
    side: OrderSide,
    (price, amounts): (Price, FillAmounts),
    tick_id: EntryId,
) -> Box<Execution> {
    let FillAmounts { qty, realized_pnl, fee } = amounts;
    let (order_id, role) = (position_id, FillRole::Taker);
    let fill = Fill { order_id, position_id, side, qty, price, realized_pnl, fee, role, tick_id };
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
    order.awaits_quote = false;
    order.updated_at_ms = now_ms;
}
