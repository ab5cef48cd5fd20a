//! The API's view of fills.

use crate::part::views;
use messages::{AccountFill, CloseReason, EntryId, FillRole, OrderId, OrderSide, Symbol};
use price::{Price, Qty, Usd};

views! {
    /// A fill: what a trade did to one position.
    pub struct Fill {
        /// The id of the fill, an entry of `response:stream`.
        fill_id: EntryId = "fillId", "1795493501491-4294967296";
        /// The order; the position, if it was closed without an order.
        order_id: OrderId = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position that was opened, increased, reduced or closed.
        position_id: OrderId = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The side of the trade.
        side: OrderSide = "side", "BUY";
        /// The quantity.
        qty: Qty = "qty", "0.01";
        /// The price.
        price: Price = "price", "92331.44265";
        /// The profit or loss that was realized, at worst the margin that was released; zero if the
        /// fill opened or increased the position.
        realized_pnl: Usd = "realizedPnL", "-2.090269";
        /// The fee.
        fee: Usd = "fee", "0";
        /// The role: `MAKER` if the order rested and the price came to it.
        role: FillRole = "role", "TAKER";
        /// The reason for which the position was closed, if no order closed it; otherwise null.
        reason: Option<CloseReason> = "reason", "MARGIN_CALL";
        /// The id of the price update whose price was used, an entry of `request:stream`; null where
        /// it was not recorded.
        tick_id: Option<EntryId> = "tickId", "1795493501403-0";
        /// The time of the fill, in Unix milliseconds.
        executed_at_ms: u64 = "executedAt", "1795493501491";
    }
}

views! {
    /// Fills together.
    pub struct FillTotals {
        /// The number of fills.
        fills: u64 = "fills", "2";
        /// The sum of quantity × price, rounded down once.
        volume: Usd = "volume", "1844.5493";
        /// The sum of the fees.
        fees: Usd = "fees", "0.92227465";
        /// The sum of the realized profits and losses.
        realized_pnl: Usd = "realizedPnL", "-2.090269";
        /// Realized P&L − fees.
        net_pnl: Usd = "netPnL", "-3.01254365";
    }
}

impl From<&AccountFill> for Fill {
    fn from(fill: &AccountFill) -> Self {
        Self {
            fill_id: fill.id,
            order_id: fill.order_id,
            position_id: fill.position_id,
            asset: fill.asset,
            side: fill.side,
            qty: fill.qty,
            price: fill.price,
            realized_pnl: fill.realized_pnl,
            fee: fill.fee,
            role: fill.role,
            reason: fill.reason,
            tick_id: fill.tick_id,
            executed_at_ms: fill.id.ms,
        }
    }
}
