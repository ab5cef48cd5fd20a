//! The API's views of orders.

use crate::absent::OrAbsent;
use crate::part::views;
use crate::word::{Closed, Leverage, Open};
use messages::{CloseReason, EntryId, OrderId, PositionState, Side, Symbol};
use price::{Price, Qty, Usd};
use serde::Serialize;
use utoipa::ToSchema;

views! {
    /// The terms at which an order was filled.
    pub struct OrderTerms {
        /// The id of the order in every request about it.
        order_id: OrderId = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The side: `LONG` earns when the price rises, `SHORT` when it falls.
        side: Side = "orderType", "LONG";
        /// The ratio of the position's value to its margin.
        leverage: Leverage = "leverage", "10";
        /// The size of the position.
        qty: Qty = "qty", "0.01";
        /// The amount taken from the balance while the position is open: ⌈qty × execution price /
        /// leverage⌉, rounded up at the eighth decimal.
        margin: Usd = "margin", "92.33144265";
        /// The ask (long) or bid (short) at which the order was filled.
        entry_price: Price = "executionPrice", "92331.44265";
        /// The price at which the position is liquidated (`MARGIN_CALL`), when the bid (long) falls
        /// to it or the ask (short) rises to it.
        liquidation_price: Price = "liquidationPrice", "84021.6128115";
        /// The price that closes the position when the bid (long) falls to it or the ask (short)
        /// rises to it; null if not set.
        stop_loss: Option<Price> = "stopLoss", "90000";
        /// The price that closes the position when the bid (long) rises to it or the ask (short)
        /// falls to it; null if not set.
        take_profit: Option<Price> = "takeProfit", "95000.5";
        /// The time of the fill, in Unix milliseconds.
        created_at_ms: u64 = "createdAt", "1795493501491";
        /// The sum of the fees of its fills so far. Absent if there is none.
        commission: OrAbsent = "commission", "0.46165722";
        /// The sum of its fundings so far, negative for what was paid. Absent if there is none.
        funding: OrAbsent = "funding", "-0.09223915";
    }

    /// A position with its P&L at the current price.
    pub struct OpenOrder {
        /// The terms of the order.
        terms: OrderTerms = "", "";
        /// The status, `OPEN`.
        status: Open = "status", "OPEN";
        /// The price at which the position would be closed now: the bid (long) or the ask (short).
        mark_price: Price = "markPrice", "92239.15735";
        /// The profit of closing it now, rounded down; negative for a loss.
        unrealized_pnl: Usd = "unrealizedPnL", "-0.922853";
    }

    /// A position without its valuation, for messages that stay valid when the price changes.
    pub struct OpenedOrder {
        /// The terms of the order.
        terms: OrderTerms = "", "";
        /// The status, `OPEN`.
        status: Open = "status", "OPEN";
    }

    /// A closed position.
    pub struct ClosedOrder {
        /// The terms at the time of the close.
        terms: OrderTerms = "", "";
        /// The status, `CLOSED`.
        status: Closed = "status", "CLOSED";
        /// The reason: the trader closed it (`MANUAL`), or the price reached the liquidation price
        /// (`MARGIN_CALL`), the stop-loss (`STOP_LOSS`) or the take-profit (`TAKE_PROFIT`).
        close_reason: CloseReason = "closeReason", "MANUAL";
        /// The bid (long) or ask (short) at which it was closed: the tick's own price.
        close_price: Price = "closePrice", "92122.41575";
        /// The profit before fees and funding, rounded down; negative for a loss, and never below
        /// −margin.
        final_pnl: Usd = "finalPnL", "-2.090269";
        /// The loss beyond the margin after a price gap; the insurance fund bears it, and the house
        /// what exceeds the fund.
        shortfall: Usd = "shortfall", "0";
        /// The fee of a liquidation, beside that of the fill. Absent if there is none.
        liquidation_fee: OrAbsent = "liquidationFee", "11.52";
        /// The id of the price update at which it was closed, an entry of `request:stream`.
        tick_id: EntryId = "tickId", "1795493504403-0";
        /// The time of the close, in Unix milliseconds.
        closed_at_ms: u64 = "closedAt", "1795493504531";
    }
}

/// An order; its `status` says whether it is open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Order {
    /// An open position.
    Open(OpenOrder),
    /// The record of a closed position.
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
            commission: OrAbsent::unless_zero(order.commission),
            funding: OrAbsent::unless_zero(order.funding),
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
            liquidation_fee: OrAbsent::unless_zero(closed.liquidation_fee),
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
        }
    }
}
