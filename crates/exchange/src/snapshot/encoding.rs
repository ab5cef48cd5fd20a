//! The current encoding of a state: conversion to the stored values and back.

use super::{FrozenExchange, RestoreError};
use crate::account::Accounts;
use crate::closed::{ClosedId, PackedClosedPosition};
use crate::exchange::{Exchange, Tick};
use crate::ledger::Ledger;
use crate::position::{PackedPosition, Terms};
use crate::valuation::Quote;
use messages::{
    Attribution, CloseReason, DisputeReason, EntryId, OrderId, Position, RequestId, Rules, Side,
    Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

#[derive(Serialize, Deserialize)]
pub struct StateV3 {
    #[serde(with = "RulesV3")]
    pub rules: Rules,
    /// The operator who paused trading, and the reason.
    pub pause: Option<(String, String)>,
    pub last_id: EntryId,
    pub ticks: Vec<TickV3>,
    pub disputes: Vec<(Symbol, DisputeReason)>,
    /// The accounts by user id.
    pub accounts: Vec<(UserId, Usd, u64)>,
    /// The positions by number, which is the order in which they were opened.
    pub positions: Vec<PositionV3>,
    /// The closed positions in the order in which they were closed.
    pub closed: Vec<ClosedV3>,
    /// The ids in the order of eviction.
    pub closed_ids: Vec<(OrderId, UserId, u64)>,
    pub ledger: Ledger,
    pub opened: u64,
}

/// [`Rules`] as stored, separate from the message so that a change of the message does not change
/// the encoding.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Rules")]
struct RulesV3 {
    max_open_positions: u32,
    stale_price_ms: u64,
    closed_retention_ms: u64,
    closed_retention_max: u32,
    order_id_retention_ms: Option<u64>,
    clock_lead_max_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub struct TickV3 {
    pub symbol: Symbol,
    pub bid: Price,
    pub ask: Price,
    pub id: EntryId,
    pub traded_at_ms: Option<u64>,
    pub valid_for_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub struct PositionV3 {
    pub number: u64,
    pub order: OrderV1,
    pub fingerprint: Option<NonZeroU64>,
}

#[derive(Serialize, Deserialize)]
pub struct ClosedV3 {
    pub order: OrderV1,
    pub fingerprint: Option<NonZeroU64>,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    pub closed_by: Option<RequestId>,
}

/// [`Position`] as stored, separate from the message so that a change of the message does not
/// change the encoding.
#[derive(Serialize, Deserialize)]
pub struct OrderV1 {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub asset: Symbol,
    pub side: Side,
    pub leverage: u8,
    pub qty: Qty,
    pub margin: Usd,
    pub entry_price: Price,
    pub liquidation_price: Price,
    pub stop_loss: Option<Price>,
    pub take_profit: Option<Price>,
    pub created_at_ms: u64,
}

impl FrozenExchange {
    /// Returns the values to store, in an order that depends on the state alone, not on slots.
    pub(super) fn state(&self) -> StateV3 {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_unstable_by_key(|account| account.user_id);
        let mut positions: Vec<_> = self.positions.iter().collect();
        positions.sort_unstable_by_key(|position| position.number);
        let ticks = Symbol::ALL.into_iter().zip(self.ticks);
        let ticks = ticks.filter_map(|(symbol, tick)| Some(TickV3::new(symbol, tick?)));
        let disputes = Symbol::ALL.into_iter().zip(self.disputes);
        let pause = self.pause.as_deref().map(|by| (by.by.clone(), by.reason.clone()));
        StateV3 {
            rules: self.rules,
            pause,
            last_id: self.last_id,
            ticks: ticks.collect(),
            disputes: disputes.filter_map(|(symbol, reason)| Some((symbol, reason?))).collect(),
            accounts: accounts.iter().map(|a| (a.user_id, a.balance, a.sequence)).collect(),
            positions: positions.into_iter().map(|position| self.position(position)).collect(),
            closed: self.closed.sorted().into_iter().map(|closed| self.closed(closed)).collect(),
            closed_ids: self.closed.sorted_ids().into_iter().map(|id| self.closed_id(id)).collect(),
            ledger: self.ledger,
            opened: self.opened,
        }
    }

    fn position(&self, position: &PackedPosition) -> PositionV3 {
        let PackedPosition { number, fingerprint, .. } = *position;
        PositionV3 { number, order: self.order(position), fingerprint }
    }

    fn closed_id(&self, id: &ClosedId) -> (OrderId, UserId, u64) {
        (id.order_id, self.accounts.get(id.account).user_id, id.closed_at_ms)
    }

    fn closed(&self, closed: &PackedClosedPosition) -> ClosedV3 {
        ClosedV3 {
            order: self.order(&closed.position),
            fingerprint: closed.position.fingerprint,
            close_reason: closed.close_reason,
            close_price: closed.close_price,
            final_pnl: closed.final_pnl,
            shortfall: closed.shortfall,
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
            closed_by: closed.closed_by,
        }
    }

    fn order(&self, position: &PackedPosition) -> OrderV1 {
        OrderV1::from(&position.order(self.accounts.get(position.account).user_id))
    }
}

impl StateV3 {
    pub fn build(self) -> Result<Exchange, RestoreError> {
        let mut exchange = Exchange {
            rules: self.rules,
            pause: self.pause.map(|(by, reason)| Box::new(Attribution { by, reason })),
            last_id: self.last_id,
            accounts: Accounts::with_ledger(self.ledger),
            opened: self.opened,
            ..Exchange::default()
        };
        for tick in self.ticks {
            let symbol = tick.symbol;
            exchange.ticks[symbol.index()] = Some(tick.build());
        }
        for (symbol, reason) in self.disputes {
            exchange.disputes[symbol.index()] = Some(reason);
        }
        for (user_id, balance, sequence) in self.accounts {
            exchange.accounts.restore(user_id, balance, sequence);
        }
        for position in self.positions {
            position.restore_into(&mut exchange)?;
        }
        for closed in self.closed {
            closed.restore_into(&mut exchange)?;
        }
        for (order_id, user_id, closed_at_ms) in self.closed_ids {
            let account = exchange.accounts.find(user_id).ok_or(RestoreError::Orphan(order_id))?;
            if exchange.book.find(order_id).is_some() || exchange.closed.knows(order_id) {
                return Err(RestoreError::Impossible("an order twice"));
            }
            exchange.closed.restore_id(ClosedId { order_id, account, closed_at_ms });
        }
        Ok(exchange)
    }
}

impl TickV3 {
    fn new(symbol: Symbol, Tick { quote, id, traded_at_ms, valid_for_ms }: Tick) -> Self {
        Self { symbol, bid: quote.bid, ask: quote.ask, id, traded_at_ms, valid_for_ms }
    }

    fn build(self) -> Tick {
        let Self { bid, ask, id, traded_at_ms, valid_for_ms, .. } = self;
        Tick { quote: Quote { bid, ask }, id, traded_at_ms, valid_for_ms }
    }
}

impl PositionV3 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let position = self.order.unpack(self.number, self.fingerprint, exchange)?;
        if exchange.ticks[position.asset.index()].is_none() {
            return Err(RestoreError::Orphan(position.order_id));
        }
        let (account, margin) = (position.account, position.margin());
        exchange.book.insert(position, exchange.accounts.hold(account, margin));
        Ok(())
    }
}

impl ClosedV3 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let closed = PackedClosedPosition {
            // The open sequence number is not needed once closed.
            position: self.order.unpack(0, self.fingerprint, exchange)?,
            close_reason: self.close_reason,
            close_price: self.close_price,
            final_pnl: self.final_pnl,
            shortfall: self.shortfall,
            tick_id: self.tick_id,
            closed_at_ms: self.closed_at_ms,
            closed_by: self.closed_by,
        };
        exchange.closed.restore(closed);
        Ok(())
    }
}

impl OrderV1 {
    fn unpack(
        self,
        number: u64,
        fingerprint: Option<NonZeroU64>,
        exchange: &Exchange,
    ) -> Result<PackedPosition, RestoreError> {
        let Self { order_id, user_id, asset, side, leverage, .. } = self;
        if exchange.book.find(order_id).is_some() || exchange.closed.get(order_id).is_some() {
            return Err(RestoreError::Impossible("an order twice"));
        }
        let account = exchange.accounts.find(user_id).ok_or(RestoreError::Orphan(order_id))?;
        let terms = Terms {
            qty: self.qty,
            margin: self.margin,
            entry_price: self.entry_price,
            liquidation_price: self.liquidation_price,
        };
        let (who, what) = ((order_id, number, account), (asset, side, leverage));
        let mut position = PackedPosition::new(who, what, terms, self.created_at_ms)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        position
            .set_exits(self.stop_loss, self.take_profit)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        position.fingerprint = fingerprint;
        Ok(position)
    }
}

impl From<&Position> for OrderV1 {
    fn from(order: &Position) -> Self {
        Self {
            order_id: order.order_id,
            user_id: order.user_id,
            asset: order.asset,
            side: order.side,
            leverage: order.leverage,
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
