//! The API's view of orders as instructions.

use crate::part::views;
use crate::word::Leverage;
use messages::{
    ExpiryReason, OrderId, OrderKind, OrderSide, OrderStatus, RestingOrder, Side, Symbol,
    TimeInForce,
};
use price::{Price, Qty, Usd};

views! {
    /// An order: an instruction and its state.
    pub struct PlacedOrder {
        /// The id of the order in every request about it.
        order_id: OrderId = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The owner's own id, unique among the account's resting orders; null if there is none.
        client_order_id: Option<String> = "clientOrderId", "grid-7";
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The side. `BUY` opens or increases a long, and reduces or closes a short.
        side: OrderSide = "side", "BUY";
        /// The kind of the order.
        kind: OrderKind = "type", "LIMIT";
        /// The time in force.
        time_in_force: TimeInForce = "timeInForce", "GTC";
        /// The state: `NEW` while the order rests.
        status: OrderStatus = "status", "NEW";
        /// The reason for which the order expired; null if it did not.
        reason: Option<ExpiryReason> = "reason", "TIME";
        /// The quantity. Zero for a resting order that closes its whole position.
        qty: Qty = "qty", "0.01";
        /// The limit price; null if the order has none.
        price: Option<Price> = "price", "92000";
        /// The trigger price, of a trailing stop the activation price; null if the order has none.
        trigger_price: Option<Price> = "triggerPrice", "91000";
        /// The distance of a trailing stop from its peak, in basis points; null for other orders.
        callback_bps: Option<u16> = "callbackBps", "100";
        /// The price at which an active trailing stop trades, where it is known; otherwise null.
        stop_price: Option<Price> = "stopPrice", "91080";
        /// The time at which the trigger of a limit order, or the activation price of a trailing
        /// stop, was reached, in Unix milliseconds; null before.
        activated_at_ms: Option<u64> = "activatedAt", "1795493502491";
        /// Whether the order may only reduce a position.
        reduce_only: bool = "reduceOnly", "false";
        /// Whether the order closes the whole position, whatever its quantity.
        close_position: bool = "closePosition", "false";
        /// The side of the position that the order works for, in position mode `hedge`; otherwise
        /// null.
        position_side: Option<Side> = "positionSide", "LONG";
        /// The position that the order reduces, in position mode `separate`; otherwise null.
        position_id: Option<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The leverage; null for an order of position mode `separate` that reduces a position.
        leverage: Option<Leverage> = "leverage", "10";
        /// The stop-loss of the position that the order opens; null if not set.
        stop_loss: Option<Price> = "stopLoss", "90000";
        /// The take-profit of the position that the order opens; null if not set.
        take_profit: Option<Price> = "takeProfit", "95000.5";
        /// The distance from its peak, in basis points, of the trailing stop that is placed for what
        /// the order opens; null if none is.
        trailing_stop_bps: Option<u16> = "trailingStopBps", "100";
        /// The id of that trailing stop, which is an order of its own from the fill on; null if none is
        /// placed.
        trailing_stop_id: Option<OrderId> = "trailingStopId", "f2351bdb-246d-5b43-9a36-d81fd9f9e126";
        /// The worst price at which the order may trade; null if there is no limit.
        price_limit: Option<Price> = "priceLimit", "92400";
        /// The greatest distance of the fill from the trigger price, or from the quote at the order's
        /// arrival, in basis points; null if there is no limit.
        max_slippage_bps: Option<u16> = "maxSlippageBps", "50";
        /// The time at which the order expires, in Unix milliseconds; null if it does not.
        expires_at_ms: Option<u64> = "expiresAt", "1795579901491";
        /// Whether the order waits for the first price after it, in assets that fill at it.
        awaits_quote: bool = "awaitsQuote", "false";
        /// The money that the order has taken from the balance while it rests.
        reserved: Usd = "reserved", "92";
        /// The quantity that the order has traded: all or nothing.
        filled_qty: Qty = "filledQty", "0";
        /// The price at which it has traded; null if it has not.
        average_price: Option<Price> = "averagePrice", "92000";
        /// The time at which the order was accepted, in Unix milliseconds.
        created_at_ms: u64 = "createdAt", "1795493501491";
        /// The time of the order's last change, in Unix milliseconds.
        updated_at_ms: u64 = "updatedAt", "1795493501491";
    }
}

views! {
    /// Orders that have ended, together.
    pub struct OrderTotals {
        /// The number of orders.
        orders: u64 = "orders", "4";
        /// The number of those that were filled.
        filled: u64 = "filled", "2";
        /// The number of those that were canceled.
        canceled: u64 = "canceled", "1";
        /// The number of those that expired.
        expired: u64 = "expired", "1";
        /// The sum of quantity × price of what was filled, rounded down once.
        volume: Usd = "volume", "1844.5493";
    }
}

impl From<&messages::Order> for PlacedOrder {
    fn from(order: &messages::Order) -> Self {
        Self {
            order_id: order.order_id,
            client_order_id: order.client_order_id.clone(),
            asset: order.asset,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            status: order.status,
            reason: order.reason,
            qty: order.qty,
            price: order.price,
            trigger_price: order.trigger_price,
            callback_bps: order.callback_bps,
            stop_price: None,
            activated_at_ms: order.activated_at_ms,
            reduce_only: order.reduce_only,
            close_position: order.close_position,
            position_side: order.position_side,
            position_id: order.position_id,
            leverage: (order.leverage > 0).then_some(Leverage(order.leverage)),
            stop_loss: order.stop_loss,
            take_profit: order.take_profit,
            trailing_stop_bps: order.trailing_stop_bps,
            trailing_stop_id: order.trailing_stop_bps.map(|_| order.order_id.trailing_stop()),
            price_limit: order.price_limit,
            max_slippage_bps: order.max_slippage_bps,
            expires_at_ms: order.expires_at_ms,
            awaits_quote: order.awaits_quote,
            reserved: order.reserved,
            filled_qty: order.filled_qty,
            average_price: order.average_price,
            created_at_ms: order.created_at_ms,
            updated_at_ms: order.updated_at_ms,
        }
    }
}

impl From<&RestingOrder> for PlacedOrder {
    fn from(RestingOrder { order, stop_price }: &RestingOrder) -> Self {
        Self { stop_price: *stop_price, ..order.into() }
    }
}
