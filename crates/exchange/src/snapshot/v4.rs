//! Version 4 adds the instruments.

use super::RestoreError;
use super::fields::{Fields, Output};
use super::positions::PositionV5;
use super::restoring::{Layout, Restoring};
use super::v1::LedgerV1;
use super::v3::{ClosedV3, PositionV3, RulesV3};
use super::v5::{AccountV5, HeadV5, ListedV5, TotalsV5};
use crate::exchange::{Exchange, Tick};
use crate::ledger::Ledger;
use crate::valuation::Quote;
use messages::{
    Bracket, DisputeReason, EntryId, FillPolicy, Funding, Instrument, InstrumentStatus,
    LiquidationModel, OrderId, PositionMode, PriceSource, Rules, Simulation, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
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
    #[serde(with = "LedgerV1")]
    pub ledger: Ledger,
    pub opened: u64,
}

#[derive(Deserialize)]
pub struct ListedV4 {
    #[serde(with = "InstrumentV4")]
    pub instrument: Instrument,
    pub tick: Option<TickV4>,
    pub dispute: Option<DisputeReason>,
}

/// [`Instrument`] as stored, separate from the message so that a change of the message does not
/// change the encoding.
#[derive(Deserialize)]
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
    #[serde(with = "SimulationV4")]
    simulation: Simulation,
}

/// [`Simulation`] as stored.
#[derive(Deserialize)]
#[serde(remote = "Simulation")]
struct SimulationV4 {
    first_price: Price,
    volatility_ppb: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct TickV4 {
    pub bid: Price,
    pub ask: Price,
    pub id: EntryId,
    pub traded_at_ms: Option<u64>,
    pub valid_for_ms: Option<u64>,
}

impl StateV4 {
    /// Restores the state like one that was written as version 5.
    pub fn restore(self) -> Result<Exchange, RestoreError> {
        let mut output = Output::new();
        self.write_v5(&mut output);
        Restoring::restore(Fields::of(&output.into_bytes()), Layout::V5, Vec::new())
    }

    fn write_v5(self, output: &mut Output) {
        let listed =
            |ListedV4 { instrument, tick, dispute }| ListedV5 { instrument, tick, dispute };
        let account = |(user_id, balance, sequence)| AccountV5 {
            user_id,
            balance,
            sequence,
            mode: PositionMode::Separate,
            leverages: Vec::new(),
        };
        let position = |PositionV3 { number, order, fingerprint }: PositionV3| PositionV5 {
            number,
            order,
            fingerprint,
            changes: None,
        };
        output.put(&HeadV5 {
            rules: self.rules,
            pause: self.pause,
            last_id: self.last_id,
            instruments: self.instruments.into_iter().map(listed).collect(),
        });
        output.put_all(self.accounts.into_iter().map(account));
        output.put_all(self.positions.into_iter().map(position));
        output.put(&self.closed);
        output.put(&self.closed_ids);
        // No orders rested or ended, so there are no ids of them either.
        let orders: [Vec<()>; 3] = Default::default();
        output.put(&orders);
        output.put(&TotalsV5 { ledger: self.ledger, opened: self.opened });
    }
}

impl ListedV4 {
    /// An instrument without a price.
    pub const fn new(instrument: Instrument) -> Self {
        Self { instrument, tick: None, dispute: None }
    }
}

impl From<Tick> for TickV4 {
    fn from(Tick { quote, id, traded_at_ms, valid_for_ms }: Tick) -> Self {
        let (bid, ask) = quote.prices();
        Self { bid, ask, id, traded_at_ms, valid_for_ms }
    }
}

impl TryFrom<TickV4> for Tick {
    type Error = RestoreError;

    fn try_from(tick: TickV4) -> Result<Self, RestoreError> {
        let TickV4 { bid, ask, id, traded_at_ms, valid_for_ms } = tick;
        let quote =
            Quote::new(bid, ask).ok_or(RestoreError::Impossible("a price that no feed gives"))?;
        Ok(Self { quote, id, traded_at_ms, valid_for_ms })
    }
}
