//! Orders as version 5 stores them.

use super::plausible::require;
use super::{FrozenExchange, RestoreError};
use crate::exchange::Exchange;
use crate::order::{EndedOrder, PackedOrder};
use crate::slab::Slot;
use messages::{
    ExpiryReason, Order, OrderId, OrderKind, OrderSide, OrderStatus, RequestId, Side, Symbol,
    TimeInForce, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct RestingV5 {
    pub number: u64,
    pub fingerprint: u64,
    /// The peak of an active trailing stop, negated for sell orders, at scale 10^8.
    pub peak: Option<i64>,
    #[serde(with = "PlacedV5")]
    pub order: Order,
}

#[derive(Serialize, Deserialize)]
pub struct EndedV5 {
    pub fingerprint: u64,
    /// The order as it was before its end.
    #[serde(with = "PlacedV5")]
    pub order: Order,
    pub status: OrderStatus,
    pub reason: Option<ExpiryReason>,
    pub filled: Option<(Qty, Price)>,
    pub ended_at_ms: u64,
    pub ended_by: Option<RequestId>,
}

/// [`Order`] as stored, separate from the message so that a change of the message does not change
/// the encoding.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Order")]
struct PlacedV5 {
    order_id: OrderId,
    user_id: UserId,
    #[serde(skip)]
    sequence: u64,
    client_order_id: Option<String>,
    asset: Symbol,
    side: OrderSide,
    position_side: Option<Side>,
    position_id: Option<OrderId>,
    kind: OrderKind,
    time_in_force: TimeInForce,
    qty: Qty,
    price: Option<Price>,
    trigger_price: Option<Price>,
    callback_bps: Option<u16>,
    activated_at_ms: Option<u64>,
    reduce_only: bool,
    close_position: bool,
    leverage: u8,
    stop_loss: Option<Price>,
    take_profit: Option<Price>,
    #[serde(skip)]
    trailing_stop_bps: Option<u16>,
    price_limit: Option<Price>,
    max_slippage_bps: Option<u16>,
    expires_at_ms: Option<u64>,
    #[serde(skip)]
    awaits_quote: bool,
    reserved: Usd,
    status: OrderStatus,
    reason: Option<ExpiryReason>,
    filled_qty: Qty,
    average_price: Option<Price>,
    created_at_ms: u64,
    updated_at_ms: u64,
}

impl FrozenExchange {
    pub(super) fn resting(&self, order: &PackedOrder) -> RestingV5 {
        RestingV5 {
            number: order.number,
            fingerprint: order.fingerprint,
            peak: self.orders.peak(order),
            order: self.placed(order),
        }
    }

    pub(super) fn ended(&self, ended: &EndedOrder) -> EndedV5 {
        let EndedOrder { status, reason, filled, ended_at_ms, ended_by, .. } = *ended;
        EndedV5 {
            fingerprint: ended.order.fingerprint,
            order: self.placed(&ended.order),
            status,
            reason,
            filled,
            ended_at_ms,
            ended_by,
        }
    }

    fn placed(&self, order: &PackedOrder) -> Order {
        let symbol = self.instruments[order.instrument.get()].symbol;
        order.order(self.accounts.get(order.account).user_id, symbol)
    }
}

impl RestingV5 {
    pub(super) fn unpack(
        &self,
        exchange: &Exchange,
        owner: Option<Slot>,
    ) -> Result<PackedOrder, RestoreError> {
        let known = (self.number, self.fingerprint);
        let packed = unpack(&self.order, known, (exchange, owner))?;
        if exchange.instruments.get(packed.instrument).tick.is_none() {
            return Err(RestoreError::Orphan(packed.order_id));
        }
        let is_active = packed.kind == OrderKind::TrailingStopMarket && packed.is_active();
        require(self.peak.is_some() == is_active, "a trailing stop without its peak")?;
        Ok(packed)
    }
}

impl EndedV5 {
    pub(super) fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let order_id = self.order.order_id;
        let is_known =
            exchange.book.find_order(order_id).is_some() || exchange.ended.get(order_id).is_some();
        require(!is_known, "an order twice")?;
        // An ended order has no place.
        let owner = exchange.accounts.find(self.order.user_id);
        let order = unpack(&self.order, (0, self.fingerprint), (exchange, owner))?;
        let Self { status, reason, filled, ended_at_ms, ended_by, .. } = self;
        let ended = EndedOrder { order, status, reason, filled, ended_at_ms, ended_by };
        exchange.ended.restore(ended);
        Ok(())
    }
}

fn unpack(
    order: &Order,
    known: (u64, u64),
    (exchange, owner): (&Exchange, Option<Slot>),
) -> Result<PackedOrder, RestoreError> {
    let account = owner.ok_or(RestoreError::Orphan(order.order_id))?;
    let told = exchange.accounts.get(account).sequence;
    require(order.sequence <= told, "an order of the future")?;
    let instrument = exchange.instruments.find(order.asset);
    let instrument =
        instrument.ok_or(RestoreError::Impossible("an order in an unknown instrument"))?;
    PackedOrder::pack(order, known, (account, instrument))
        .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)
}
