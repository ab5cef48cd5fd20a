//! The order and the fill in an event.

use messages::{
    ClosedPosition, EntryId, Event, EventKind, FillRole, Order, OrderKind, OrderSide, OrderStatus,
    Position, TimeInForce,
};
use price::Usd;
use store::fills::AccountFill;
use store::orders::OrderState;

/// Returns the state that an event gives to an order.
pub fn order(id: EntryId, event: &Event) -> Option<OrderState> {
    let order = match (&event.execution, &event.kind) {
        (Some(execution), _) => execution.order.clone(),
        (None, EventKind::PositionOpened(position)) => market_order(position),
        (
            None,
            EventKind::OrderAccepted(order)
            | EventKind::OrderAmended(order)
            | EventKind::OrderActivated(order)
            | EventKind::OrderCanceled(order)
            | EventKind::OrderExpired(order),
        ) => (**order).clone(),
        (None, _) => return None,
    };
    Some(OrderState { event_id: id, order })
}

/// Returns the fill of an event.
pub fn fill(id: EntryId, event: &Event) -> Option<AccountFill> {
    match (&event.execution, &event.kind) {
        (Some(execution), _) => {
            let (order, fill) = (&execution.order, &execution.fill);
            Some(AccountFill {
                id,
                order_id: fill.order_id,
                position_id: fill.position_id,
                user_id: order.user_id,
                asset: order.asset,
                side: fill.side,
                qty: fill.qty,
                price: fill.price,
                realized_pnl: fill.realized_pnl,
                fee: Usd::ZERO,
                role: fill.role,
                reason: None,
                tick_id: Some(fill.tick_id),
            })
        }
        (None, EventKind::PositionOpened(position)) => Some(opening(id, position)),
        (None, EventKind::PositionClosed(closed)) => Some(closing(id, closed)),
        (None, _) => None,
    }
}

/// Returns the plain market order that opened a position: it has the position's id and is filled at
/// once. Its worst acceptable price is not known any more.
fn market_order(position: &Position) -> Order {
    Order {
        order_id: position.order_id,
        user_id: position.user_id,
        client_order_id: None,
        asset: position.asset,
        side: OrderSide::from(position.side),
        position_side: None,
        position_id: None,
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Gtc,
        qty: position.qty,
        price: None,
        trigger_price: None,
        callback_bps: None,
        activated_at_ms: None,
        reduce_only: false,
        close_position: false,
        leverage: position.leverage,
        stop_loss: position.stop_loss,
        take_profit: position.take_profit,
        price_limit: None,
        max_slippage_bps: None,
        expires_at_ms: None,
        reserved: Usd::ZERO,
        status: OrderStatus::Filled,
        reason: None,
        filled_qty: position.qty,
        average_price: Some(position.entry_price),
        created_at_ms: position.created_at_ms,
        updated_at_ms: position.created_at_ms,
    }
}

/// Returns the fill of a plain market order. The event does not name its tick.
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

/// Returns the fill that closed a position without an order: its trader, a liquidation, its
/// stop-loss or its take-profit. For a position that had other fills before it closed, the event
/// has the figures of all of them together, and so has this one.
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
