//! Version 4, the current one, adds the instruments.

use super::v1::OrderV1;
use super::v3::{ClosedV3, PositionV3, RulesV3};
use super::{FrozenExchange, RestoreError};
use crate::account::Accounts;
use crate::closed::{ClosedId, PackedClosedPosition};
use crate::exchange::{Exchange, Tick};
use crate::instruments::{InstrumentIndex, Listed};
use crate::ledger::Ledger;
use crate::position::{PackedPosition, Terms};
use crate::valuation::Quote;
use messages::{
    Attribution, DisputeReason, EntryId, Instrument, OrderId, Rules, Simulation, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

#[derive(Serialize, Deserialize)]
pub struct StateV4 {
    #[serde(with = "RulesV3")]
    pub rules: Rules,
    /// The operator who paused trading, and the reason.
    pub pause: Option<(String, String)>,
    pub last_id: EntryId,
    /// The instruments in the order in which they were first listed.
    pub instruments: Vec<ListedV4>,
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

#[derive(Serialize, Deserialize)]
pub struct ListedV4 {
    #[serde(with = "InstrumentV4")]
    pub instrument: Instrument,
    pub tick: Option<TickV4>,
    pub dispute: Option<DisputeReason>,
}

/// [`Instrument`] as stored, separate from the message so that a change of the message does not
/// change the encoding.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Instrument")]
struct InstrumentV4 {
    symbol: Symbol,
    name: String,
    base_asset: String,
    quote_asset: String,
    feed_symbol: Symbol,
    price_decimals: u8,
    quantity_decimals: u8,
    max_leverage: u8,
    spread_bps: u32,
    liquidation_loss_bps: u32,
    stale_price_ms: Option<u64>,
    #[serde(skip)]
    price_tick: Option<Price>,
    #[serde(skip)]
    quantity_step: Option<Qty>,
    #[serde(skip)]
    min_notional: Option<Usd>,
    #[serde(with = "SimulationV4")]
    simulation: Simulation,
}

/// [`Simulation`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Simulation")]
struct SimulationV4 {
    first_price: Price,
    volatility_ppb: u32,
}

#[derive(Serialize, Deserialize)]
pub struct TickV4 {
    pub bid: Price,
    pub ask: Price,
    pub id: EntryId,
    pub traded_at_ms: Option<u64>,
    pub valid_for_ms: Option<u64>,
}

impl FrozenExchange {
    /// Returns the values to store, in an order that depends on the state alone, not on slots.
    pub(super) fn state(&self) -> StateV4 {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_unstable_by_key(|account| account.user_id);
        let mut positions: Vec<_> = self.positions.iter().collect();
        positions.sort_unstable_by_key(|position| position.number);
        let pause = self.pause.as_deref().map(|by| (by.by.clone(), by.reason.clone()));
        StateV4 {
            rules: self.rules,
            pause,
            last_id: self.last_id,
            instruments: self.instruments.iter().map(ListedV4::from).collect(),
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
        OrderV1 {
            order_id: position.order_id,
            user_id: self.accounts.get(position.account).user_id,
            instrument: position.instrument.0,
            side: position.side,
            leverage: position.leverage,
            qty: position.qty(),
            margin: position.margin(),
            entry_price: position.entry_price(),
            liquidation_price: position.liquidation_price(),
            stop_loss: position.stop_loss(),
            take_profit: position.take_profit(),
            created_at_ms: position.created_at_ms,
        }
    }
}

impl StateV4 {
    pub fn build(self) -> Result<Exchange, RestoreError> {
        let mut exchange = Exchange {
            rules: self.rules,
            pause: self.pause.map(|(by, reason)| Box::new(Attribution { by, reason })),
            last_id: self.last_id,
            accounts: Accounts::with_ledger(self.ledger),
            opened: self.opened,
            ..Exchange::default()
        };
        for listed in self.instruments {
            listed.restore_into(&mut exchange)?;
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

impl ListedV4 {
    /// An instrument without a price.
    pub const fn new(instrument: Instrument) -> Self {
        Self { instrument, tick: None, dispute: None }
    }

    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let Self { instrument, tick, dispute } = self;
        let instrument = instrument.checked()?;
        if exchange.instrument(instrument.symbol).is_some() {
            return Err(RestoreError::Impossible("an instrument twice"));
        }
        let index = exchange.list(instrument);
        let listed = exchange.instruments.get_mut(index);
        (listed.tick, listed.dispute) = (tick.map(Tick::from), dispute);
        Ok(())
    }
}

impl From<&Listed> for ListedV4 {
    fn from(listed: &Listed) -> Self {
        Self {
            instrument: Instrument::clone(&listed.instrument),
            tick: listed.tick.map(TickV4::from),
            dispute: listed.dispute,
        }
    }
}

impl From<Tick> for TickV4 {
    fn from(Tick { quote, id, traded_at_ms, valid_for_ms }: Tick) -> Self {
        Self { bid: quote.bid, ask: quote.ask, id, traded_at_ms, valid_for_ms }
    }
}

impl From<TickV4> for Tick {
    fn from(TickV4 { bid, ask, id, traded_at_ms, valid_for_ms }: TickV4) -> Self {
        Self { quote: Quote { bid, ask }, id, traded_at_ms, valid_for_ms }
    }
}

impl PositionV3 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let position = self.order.unpack(self.number, self.fingerprint, exchange)?;
        if exchange.instruments.get(position.instrument).tick.is_none() {
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
        let Self { order_id, user_id, instrument, side, leverage, .. } = self;
        if instrument as usize >= exchange.instruments.all().len() {
            return Err(RestoreError::Impossible("a position in an unknown instrument"));
        }
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
        let (who, what) =
            ((order_id, number, account), (InstrumentIndex(instrument), side, leverage));
        let mut position = PackedPosition::new(who, what, terms, self.created_at_ms)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        position
            .set_exits(self.stop_loss, self.take_profit)
            .map_err(|price::OutOfRange| RestoreError::AmountOutOfRange)?;
        position.fingerprint = fingerprint;
        Ok(position)
    }
}
