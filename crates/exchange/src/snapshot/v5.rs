//! Version 5 adds orders, position modes and what changed a position.

use super::plausible::require;
use super::positions::{ChangesV5, PositionV5};
use super::v1::OrderV1;
use super::v3::ClosedV3;
use super::v4::TickV4;
use super::v7::ClosedV7;
use super::{FrozenExchange, RestoreError};
use crate::account::Account;
use crate::ended::{EndedId, PackedClosedPosition};
use crate::exchange::{Exchange, Tick};
use crate::instruments::{InstrumentIndex, Listed};
use crate::ledger::Ledger;
use crate::position::{PackedPosition, Terms};
use crate::slab::Slot;
use messages::{
    Attribution, Bracket, DisputeReason, EntryId, FillPolicy, Funding, Instrument,
    InstrumentStatus, LiquidationModel, OrderId, PositionMode, PriceSource, Rules, Simulation,
    Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

#[derive(Clone, Serialize, Deserialize)]
pub struct HeadV5 {
    #[serde(with = "RulesV5")]
    pub rules: Rules,
    /// The operator who paused trading, and the reason.
    pub pause: Option<(String, String)>,
    pub last_id: EntryId,
    /// The instruments in the order in which they were first listed.
    pub instruments: Vec<ListedV5>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct TotalsV5 {
    #[serde(with = "LedgerV5")]
    pub ledger: Ledger,
    pub opened: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ListedV5 {
    #[serde(with = "InstrumentV5")]
    pub instrument: Instrument,
    pub tick: Option<TickV4>,
    pub dispute: Option<DisputeReason>,
}

/// [`Instrument`] as stored, separate from the message so that a change of the message does not
/// change the encoding.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Instrument")]
struct InstrumentV5 {
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
    price_tick: Option<Price>,
    quantity_step: Option<Qty>,
    min_notional: Option<Usd>,
    #[serde(skip)]
    min_quantity: Option<Qty>,
    #[serde(skip)]
    brackets: Vec<Bracket>,
    #[serde(skip)]
    maker_fee_ppm: u32,
    #[serde(skip)]
    taker_fee_ppm: u32,
    #[serde(skip)]
    liquidation_fee_ppm: u32,
    #[serde(skip)]
    funding: Option<Funding>,
    #[serde(skip)]
    liquidation_model: LiquidationModel,
    #[serde(skip)]
    trigger_price: PriceSource,
    #[serde(skip)]
    fill: FillPolicy,
    #[serde(skip)]
    open_interest_cap: Option<Qty>,
    #[serde(skip)]
    status: InstrumentStatus,
    #[serde(with = "SimulationV5")]
    simulation: Simulation,
}

/// [`Simulation`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Simulation")]
struct SimulationV5 {
    first_price: Price,
    volatility_ppb: u32,
}

/// [`Rules`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Rules")]
struct RulesV5 {
    max_open_positions: u32,
    stale_price_ms: u64,
    closed_retention_ms: u64,
    closed_retention_max: u32,
    order_id_retention_ms: Option<u64>,
    clock_lead_max_ms: Option<u64>,
    max_open_orders: Option<u32>,
    #[serde(skip)]
    stale_mark_ms: Option<u64>,
    #[serde(skip)]
    mark_deviation_max_bps: Option<u32>,
}

/// [`Ledger`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Ledger")]
struct LedgerV5 {
    deposits: Usd,
    balances: Usd,
    locked: Usd,
    reserved: Usd,
    house: Usd,
    #[serde(skip)]
    fees: Usd,
    #[serde(skip)]
    insurance: Usd,
    shortfall: Usd,
}

#[derive(Serialize, Deserialize)]
pub struct AccountV5 {
    pub user_id: UserId,
    pub balance: Usd,
    pub sequence: u64,
    pub mode: PositionMode,
    /// The leverages that were set, by index of the instrument.
    pub leverages: Vec<(u32, u8)>,
}

impl FrozenExchange {
    pub(super) fn position(&self, position: &PackedPosition) -> PositionV5 {
        let PackedPosition { number, fingerprint, .. } = *position;
        let changes = position.changes().map(ChangesV5::from);
        PositionV5 { number, order: self.order(position), fingerprint, changes }
    }

    pub(super) fn ended_id(&self, id: &EndedId) -> (OrderId, UserId, u64) {
        (id.order_id, self.accounts.get(id.account).user_id, id.ended_at_ms)
    }

    pub(super) fn closed(&self, closed: &PackedClosedPosition) -> ClosedV3 {
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

impl HeadV5 {
    pub(super) fn restore(self) -> Result<Exchange, RestoreError> {
        self.check()?;
        let mut exchange = Exchange {
            rules: self.rules,
            pause: self.pause.map(|(by, reason)| Box::new(Attribution { by, reason })),
            last_id: self.last_id,
            ..Exchange::default()
        };
        for listed in self.instruments {
            listed.restore_into(&mut exchange)?;
        }
        Ok(exchange)
    }
}

impl AccountV5 {
    pub(super) fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let slot = exchange.accounts.restore(self.user_id, self.balance, self.sequence);
        exchange.accounts.set_mode(slot, self.mode);
        for (instrument, leverage) in self.leverages {
            if instrument as usize >= exchange.instruments.all().len() || leverage == 0 {
                return Err(RestoreError::Impossible("a leverage in an unknown instrument"));
            }
            exchange.accounts.set_leverage(slot, InstrumentIndex(instrument), leverage);
        }
        Ok(())
    }
}

impl From<&Account> for AccountV5 {
    fn from(account: &Account) -> Self {
        let leverages = account.leverages.as_deref().unwrap_or_default();
        Self {
            user_id: account.user_id,
            balance: account.balance,
            sequence: account.sequence,
            mode: account.mode,
            leverages: leverages.iter().map(|(index, leverage)| (index.0, *leverage)).collect(),
        }
    }
}

impl ListedV5 {
    fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let Self { instrument, tick, dispute } = self;
        let instrument = instrument.checked()?;
        if exchange.instrument(instrument.symbol).is_some() {
            return Err(RestoreError::Impossible("an instrument twice"));
        }
        let index = exchange.list(instrument);
        let listed = exchange.instruments.get_mut(index);
        (listed.tick, listed.dispute) = (tick.map(Tick::try_from).transpose()?, dispute);
        Ok(())
    }
}

impl From<&Listed> for ListedV5 {
    fn from(listed: &Listed) -> Self {
        Self {
            instrument: Instrument::clone(&listed.instrument),
            tick: listed.tick.map(TickV4::from),
            dispute: listed.dispute,
        }
    }
}

impl ClosedV7 {
    pub(super) fn restore_into(self, exchange: &mut Exchange) -> Result<(), RestoreError> {
        let Self { closed, commission, funding, liquidation_fee } = self;
        let order_id = closed.order.order_id;
        let is_known =
            exchange.book.find(order_id).is_some() || exchange.closed.get(order_id).is_some();
        require(!is_known, "an order twice")?;
        let owner = exchange.accounts.find(closed.order.user_id);
        // The open sequence number is not needed once closed.
        let mut position = closed.order.unpack(0, closed.fingerprint, (exchange, owner))?;
        position.note_costs(commission, funding);
        exchange.closed.restore(PackedClosedPosition {
            position,
            close_reason: closed.close_reason,
            close_price: closed.close_price,
            final_pnl: closed.final_pnl,
            shortfall: closed.shortfall,
            liquidation_fee,
            tick_id: closed.tick_id,
            closed_at_ms: closed.closed_at_ms,
            closed_by: closed.closed_by,
        });
        Ok(())
    }
}

impl OrderV1 {
    pub(super) fn unpack(
        &self,
        number: u64,
        fingerprint: Option<NonZeroU64>,
        (exchange, owner): (&Exchange, Option<Slot>),
    ) -> Result<PackedPosition, RestoreError> {
        let Self { order_id, instrument, side, leverage, .. } = *self;
        if instrument as usize >= exchange.instruments.all().len() {
            return Err(RestoreError::Impossible("a position in an unknown instrument"));
        }
        let account = owner.ok_or(RestoreError::Orphan(order_id))?;
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
