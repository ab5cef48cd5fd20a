//! Orders as callers see them.

use crate::part::views;
use crate::word::{Closed, Leverage, Open};
use messages::{CloseReason, EntryId, OrderId, PositionState, Side, Symbol};
use price::{Price, Qty, Usd};
use serde::Serialize;
use utoipa::ToSchema;

views! {
    /// What was agreed when an order was filled.
    pub struct OrderTerms {
        /// Names the order in every request about it.
        order_id: OrderId = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// What is traded.
        asset: Symbol = "asset", "BTCUSDT";
        /// `LONG` earns when the price rises, `SHORT` when it falls.
        side: Side = "orderType", "LONG";
        /// How many times the margin the position is worth.
        leverage: Leverage = "leverage", "10";
        /// The size of the position.
        qty: Qty = "qty", "0.01";
        /// Taken from the balance while the position is open: ⌈qty × execution price / leverage⌉,
        /// rounded up at the eighth decimal.
        margin: Usd = "margin", "92.33144265";
        /// The ask (long) or bid (short) at which the order was filled.
        entry_price: Price = "executionPrice", "92331.44265";
        /// A margin call closes the position when the bid (long) falls to it or the ask (short)
        /// rises to it.
        liquidation_price: Price = "liquidationPrice", "84021.6128115";
        /// Closes the position when the bid (long) falls to it or the ask (short) rises to it;
        /// null without one.
        stop_loss: Option<Price> = "stopLoss", "90000";
        /// Closes the position when the bid (long) rises to it or the ask (short) falls to it;
        /// null without one.
        take_profit: Option<Price> = "takeProfit", "95000.5";
        /// When the order was filled, in Unix milliseconds.
        created_at_ms: u64 = "createdAt", "1795493501491";
    }

    /// A position with its P&L at the current price.
    pub struct OpenOrder {
        /// What was agreed.
        terms: OrderTerms = "", "";
        /// `OPEN`.
        status: Open = "status", "OPEN";
        /// Where the position would be closed now: the bid (long) or the ask (short).
        mark_price: Price = "markPrice", "92239.15735";
        /// What closing it now would give beyond the margin, rounded down; negative for a loss.
        unrealized_pnl: Usd = "unrealizedPnL", "-0.922853";
    }

    /// A position without its valuation, for a message that is right for longer than a tick.
    pub struct OpenedOrder {
        /// What was agreed.
        terms: OrderTerms = "", "";
        /// `OPEN`.
        status: Open = "status", "OPEN";
    }

    /// What became of a position.
    pub struct ClosedOrder {
        /// What was agreed, as it stood when the position was closed.
        terms: OrderTerms = "", "";
        /// `CLOSED`.
        status: Closed = "status", "CLOSED";
        /// Why: the trader asked for it (`MANUAL`), or the price reached the liquidation price
        /// (`MARGIN_CALL`), the stop-loss (`STOP_LOSS`) or the take-profit (`TAKE_PROFIT`).
        close_reason: CloseReason = "closeReason", "MANUAL";
        /// The bid (long) or ask (short) at which it was closed: the tick's own price.
        close_price: Price = "closePrice", "92122.41575";
        /// What the position gave beyond its margin, rounded down; negative for a loss, and never
        /// below −margin.
        final_pnl: Usd = "finalPnL", "-2.090269";
        /// What a gap took beyond the margin; the house bears it.
        shortfall: Usd = "shortfall", "0";
        /// Names the price update at which it was closed: the id of its entry in `request:stream`.
        tick_id: EntryId = "tickId", "1795493504403-0";
        /// When it was closed, in Unix milliseconds.
        closed_at_ms: u64 = "closedAt", "1795493504531";
    }
}

/// An order; its `status` says whether it is open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Order {
    /// A position.
    Open(OpenOrder),
    /// The record of one.
    Closed(ClosedOrder),
}

impl From<&PositionState> for Order {
    fn from(state: &PositionState) -> Self {
        match state {
            PositionState::Open(open) => Self::Open(open.into()),
            PositionState::Closed(closed) => Self::Closed(closed.into()),
        }
    }
}

impl From<&messages::Position> for OrderTerms {
    fn from(order: &messages::Position) -> Self {
        Self {
            order_id: order.order_id,
            asset: order.asset,
            side: order.side,
            leverage: Leverage(order.leverage),
            qty: order.qty,
            margin: order.margin,
            entry_price: order.entry_price,
            liquidation_price: order.liquidation_price,
            stop_loss: order.stop_loss,
            take_profit: order.take_profit,
            created_at_ms: order.created_at_ms,
        }
    }
}

impl From<&messages::OpenPosition> for OpenOrder {
    fn from(open: &messages::OpenPosition) -> Self {
        Self {
            terms: (&open.order).into(),
            status: Open,
            mark_price: open.mark_price,
            unrealized_pnl: open.unrealized_pnl,
        }
    }
}

impl From<&messages::Position> for OpenedOrder {
    fn from(order: &messages::Position) -> Self {
        Self { terms: order.into(), status: Open }
    }
}

impl From<&messages::ClosedPosition> for ClosedOrder {
    fn from(closed: &messages::ClosedPosition) -> Self {
        Self {
            terms: (&closed.order).into(),
            status: Closed,
            close_reason: closed.close_reason,
            close_price: closed.close_price,
            final_pnl: closed.final_pnl,
            shortfall: closed.shortfall,
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
        }
    }
}
