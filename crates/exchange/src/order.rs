//! Orders in a compact form: a million of them rest in memory at once.

use crate::instruments::InstrumentIndex;
use crate::position::pack;
use crate::slab::Slot;
use messages::{
    ExpiryReason, Order, OrderId, OrderKind, OrderSide, OrderStatus, RequestId, Side, Symbol,
    TimeInForce, UserId, order_number,
};
use price::{OutOfRange, Price, Qty, Usd};
use std::num::NonZeroI64;

/// A resting order. Its amounts fit `BIGINT` columns, which is checked when it is packed.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent, and one byte each")]
pub struct PackedOrder {
    pub order_id: OrderId,
    /// The order's place: its number among all positions and orders. An amended order gets a new
    /// one.
    pub number: u64,
    /// A hash of the request that placed it, to tell a repeated order from a different one.
    pub fingerprint: u64,
    /// The [`Order::sequence`].
    pub sequence: u64,
    pub created_at_ms: u64,
    pub account: Slot,
    pub instrument: InstrumentIndex,
    pub side: OrderSide,
    pub kind: OrderKind,
    pub time_in_force: TimeInForce,
    pub leverage: u8,
    pub position_side: Option<Side>,
    pub reduce_only: bool,
    pub close_position: bool,
    /// Whether the order waits for the first quote after it.
    pub awaits_quote: bool,
    /// Whether a tick has reached the order and is about to fill it: it no longer waits for prices.
    pub is_due: bool,
    qty: i64,
    reserved: i64,
    price: Option<NonZeroI64>,
    trigger_price: Option<NonZeroI64>,
    rare: Option<Box<Rare>>,
}

/// The fields that most orders don't have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    client_order_id: Option<Box<str>>,
    position_id: Option<OrderId>,
    callback_bps: Option<u16>,
    max_slippage_bps: Option<u16>,
    stop_loss: Option<NonZeroI64>,
    take_profit: Option<NonZeroI64>,
    trailing_stop_bps: Option<u16>,
    price_limit: Option<NonZeroI64>,
    activated_at_ms: Option<u64>,
    expires_at_ms: Option<u64>,
    updated_at_ms: Option<u64>,
    /// The number of its activation among those of the trailing stops of its side and instrument.
    activation: u64,
}

impl Rare {
    /// Packs the fields, if the order has one of them.
    fn of(order: &Order) -> Result<Option<Self>, OutOfRange> {
        let updated_at_ms = Some(order.updated_at_ms).filter(|at| *at != order.created_at_ms);
        if let Order {
            client_order_id: None,
            position_id: None,
            callback_bps: None,
            max_slippage_bps: None,
            stop_loss: None,
            take_profit: None,
            trailing_stop_bps: None,
            price_limit: None,
            activated_at_ms: None,
            expires_at_ms: None,
            ..
        } = order
            && updated_at_ms.is_none()
        {
            return Ok(None);
        }
        Ok(Some(Self {
            client_order_id: order.client_order_id.as_deref().map(Box::from),
            position_id: order.position_id,
            callback_bps: order.callback_bps,
            max_slippage_bps: order.max_slippage_bps,
            stop_loss: pack(order.stop_loss)?,
            take_profit: pack(order.take_profit)?,
            trailing_stop_bps: order.trailing_stop_bps,
            price_limit: pack(order.price_limit)?,
            activated_at_ms: order.activated_at_ms,
            expires_at_ms: order.expires_at_ms,
            updated_at_ms,
            activation: 0,
        }))
    }
}

impl PackedOrder {
    /// Packs a resting order.
    ///
    /// # Errors
    /// [`OutOfRange`] when an amount does not fit.
    pub fn pack(
        order: &Order,
        (number, fingerprint): (u64, u64),
        (account, instrument): (Slot, InstrumentIndex),
    ) -> Result<Self, OutOfRange> {
        Ok(Self {
            order_id: order.order_id,
            number,
            fingerprint,
            sequence: order.sequence,
            created_at_ms: order.created_at_ms,
            account,
            instrument,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            leverage: order.leverage,
            position_side: order.position_side,
            reduce_only: order.reduce_only,
            close_position: order.close_position,
            awaits_quote: order.awaits_quote,
            is_due: false,
            qty: order.qty.to_i64()?,
            reserved: order.reserved.to_i64()?,
            price: pack(order.price)?,
            trigger_price: pack(order.trigger_price)?,
            rare: Rare::of(order)?.map(Box::new),
        })
    }

    /// Packs a new state of the order, which keeps its place.
    ///
    /// # Errors
    /// [`OutOfRange`] when an amount does not fit.
    pub fn changed(&self, order: &Order) -> Result<Self, OutOfRange> {
        let known = (self.number, self.fingerprint);
        let mut changed = Self::pack(order, known, (self.account, self.instrument))?;
        changed.is_due = self.is_due;
        if let (Some(before), Some(rare)) = (&self.rare, &mut changed.rare) {
            rare.activation = before.activation;
        }
        Ok(changed)
    }

    /// The order as other services see it, while it rests.
    pub fn order(&self, user_id: UserId, symbol: Symbol) -> Order {
        let rare = self.rare.as_deref();
        let price = |packed: Option<NonZeroI64>| packed.map(|price| Price::from(price.get()));
        Order {
            order_id: self.order_id,
            user_id,
            sequence: self.sequence,
            client_order_id: rare
                .and_then(|rare| rare.client_order_id.as_deref())
                .map(String::from),
            asset: symbol,
            side: self.side,
            position_side: self.position_side,
            position_id: rare.and_then(|rare| rare.position_id),
            kind: self.kind,
            time_in_force: self.time_in_force,
            qty: self.qty(),
            price: price(self.price),
            trigger_price: price(self.trigger_price),
            callback_bps: rare.and_then(|rare| rare.callback_bps),
            activated_at_ms: rare.and_then(|rare| rare.activated_at_ms),
            reduce_only: self.reduce_only,
            close_position: self.close_position,
            leverage: self.leverage,
            stop_loss: price(rare.and_then(|rare| rare.stop_loss)),
            take_profit: price(rare.and_then(|rare| rare.take_profit)),
            trailing_stop_bps: rare.and_then(|rare| rare.trailing_stop_bps),
            price_limit: price(rare.and_then(|rare| rare.price_limit)),
            max_slippage_bps: rare.and_then(|rare| rare.max_slippage_bps),
            expires_at_ms: self.expires_at_ms(),
            awaits_quote: self.awaits_quote,
            reserved: self.reserved(),
            status: OrderStatus::New,
            reason: None,
            filled_qty: Qty::ZERO,
            average_price: None,
            created_at_ms: self.created_at_ms,
            updated_at_ms: self.updated_at_ms(),
        }
    }

    /// The [`Order::number`].
    pub const fn number_of_owner(&self) -> u64 {
        order_number(self.sequence, self.created_at_ms)
    }

    pub fn qty(&self) -> Qty {
        Qty::from(self.qty)
    }

    pub fn reserved(&self) -> Usd {
        Usd::from(self.reserved)
    }

    pub fn client_order_id(&self) -> Option<&str> {
        self.rare.as_deref()?.client_order_id.as_deref()
    }

    /// The position that the order reduces, if it names one; in mode `separate` it does.
    pub fn position_id(&self) -> Option<OrderId> {
        self.rare.as_deref()?.position_id
    }

    pub fn updated_at_ms(&self) -> u64 {
        let updated_at_ms = self.rare.as_deref().and_then(|rare| rare.updated_at_ms);
        updated_at_ms.unwrap_or(self.created_at_ms)
    }

    pub fn expires_at_ms(&self) -> Option<u64> {
        self.rare.as_deref()?.expires_at_ms
    }

    /// The callback of the trailing stop that is placed for what the order opens.
    pub fn trailing_stop_bps(&self) -> Option<u16> {
        self.rare.as_deref()?.trailing_stop_bps
    }

    pub fn is_active(&self) -> bool {
        self.rare.as_deref().is_some_and(|rare| rare.activated_at_ms.is_some())
    }

    /// The callback and the number of the activation of an active trailing stop.
    pub fn trailing(&self) -> Option<(u16, u64)> {
        let rare = self.rare.as_deref()?;
        rare.activated_at_ms?;
        Some((rare.callback_bps?, rare.activation))
    }

    pub fn set_activation(&mut self, activation: u64) {
        self.rare.get_or_insert_default().activation = activation;
    }

    /// The limit price at scale 10^8.
    pub fn price(&self) -> Option<i64> {
        self.price.map(NonZeroI64::get)
    }

    /// The trigger or activation price at scale 10^8.
    pub fn trigger_price(&self) -> Option<i64> {
        self.trigger_price.map(NonZeroI64::get)
    }

    /// The side of the position that the order concerns: the one that it reduces, or opens.
    pub const fn concerned_side(&self) -> Side {
        let opens = self.side.opens();
        if self.reduce_only { opens.opposite() } else { opens }
    }
}

/// An order that has ended, and the way in which it did.
#[derive(Clone, Debug)]
pub struct EndedOrder {
    pub order: PackedOrder,
    pub status: OrderStatus,
    pub reason: Option<ExpiryReason>,
    /// The quantity and the price of its fill.
    pub filled: Option<(Qty, Price)>,
    pub ended_at_ms: u64,
    /// The request that canceled it, so that the same request sent again gets the same response.
    pub ended_by: Option<RequestId>,
}

impl EndedOrder {
    /// The order as other services see it.
    pub fn order(&self, user_id: UserId, symbol: Symbol) -> Order {
        let mut order = self.order.order(user_id, symbol);
        if let Some((qty, price)) = self.filled {
            (order.qty, order.filled_qty) = (qty, qty);
            order.average_price = Some(price);
        }
        order.reserved = Usd::ZERO;
        order.awaits_quote = false;
        (order.status, order.reason) = (self.status, self.reason);
        order.updated_at_ms = self.ended_at_ms;
        order
    }
}
