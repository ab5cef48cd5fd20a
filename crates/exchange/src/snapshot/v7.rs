//! Version 7 adds costs, mark prices and fundings.

use super::RestoreError;
use super::fields::Output;
use super::orders::{EndedV5, RestingV5};
use super::positions::PositionV5;
use super::v3::ClosedV3;
use super::v4::TickV4;
use super::v5::{AccountV5, HeadV5, ListedV5, TotalsV5};
use super::{FrozenExchange, Sorted};
use crate::ended::PackedClosedPosition;
use crate::exchange::Exchange;
use crate::instruments::{Listed, Mark};
use crate::ledger::Ledger;
use crate::order::{EndedOrder, PackedOrder};
use crate::position::PackedPosition;
use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, LiquidationModel,
    PriceSource,
};
use price::{Price, Qty, Rate, Usd};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct HeadV7 {
    /// The head with its instruments as version 5 knows them.
    pub head: HeadV5,
    pub stale_mark_ms: Option<u64>,
    pub mark_deviation_max_bps: Option<u32>,
    /// The instruments' parameters that version 5 does not know, in the order of the instruments.
    pub instruments: Vec<CostsV7>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct CostsV7 {
    min_quantity: Option<Qty>,
    brackets: Vec<(Usd, u8, u32, Usd)>,
    /// Maker, taker and liquidation.
    fees_ppm: [u32; 3],
    funding: Option<(FundingSource, u8, u32)>,
    liquidation_model: LiquidationModel,
    trigger_price: PriceSource,
    fill: FillPolicy,
    pub open_interest_cap: Option<Qty>,
    status: InstrumentStatus,
    pub is_behind: bool,
    pub mark: Option<MarkV7>,
    funded_ms: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct MarkV7 {
    tick: TickV4,
    index: Option<Price>,
    funding_rate: Option<Rate>,
    next_funding_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub struct PositionV7 {
    pub position: PositionV5,
    pub commission: Usd,
    pub funding: Usd,
}

#[derive(Serialize, Deserialize)]
pub struct ClosedV7 {
    pub closed: ClosedV3,
    pub commission: Usd,
    pub funding: Usd,
    pub liquidation_fee: Usd,
}

/// A resting or an ended order.
#[derive(Serialize, Deserialize)]
pub struct OrderV7<T> {
    pub order: T,
    /// The callback of the trailing stop that it attaches, in basis points.
    pub trailing_stop_bps: Option<u16>,
    pub awaits_quote: bool,
}

/// A resting or an ended order of version 9.
#[derive(Serialize, Deserialize)]
pub struct OrderV9<T> {
    pub order: OrderV7<T>,
    pub sequence: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct TotalsV7 {
    pub totals: TotalsV5,
    pub fees: Usd,
    pub insurance: Usd,
}

impl FrozenExchange {
    /// Writes the state. [`Restoring`] reads the fields in the same order.
    ///
    /// [`Restoring`]: super::restoring::Restoring
    pub(super) fn write(&self, sorted: &Sorted, output: &mut Output) {
        let pause = self.pause.as_deref().map(|by| (by.by.clone(), by.reason.clone()));
        output.put(&HeadV7 {
            head: HeadV5 {
                rules: self.rules,
                pause,
                last_id: self.last_id,
                instruments: self.instruments.iter().map(ListedV5::from).collect(),
            },
            stale_mark_ms: self.rules.stale_mark_ms,
            mark_deviation_max_bps: self.rules.mark_deviation_max_bps,
            instruments: self.instruments.iter().map(CostsV7::from).collect(),
        });
        output.put_all(sorted.accounts.iter().map(|(_, account)| AccountV5::from(*account)));
        output.put_all(sorted.positions.iter().map(|(_, position)| self.position_v7(position)));
        output.put_all(sorted.closed.iter().map(|closed| self.closed_v7(closed)));
        output.put_all(self.closed.sorted_ids().into_iter().map(|id| self.ended_id(id)));
        output.put_all(sorted.resting.iter().map(|(_, order)| self.resting_v9(order)));
        output.put_all(sorted.ended.iter().map(|ended| self.ended_v9(ended)));
        output.put_all(self.ended.sorted_ids().into_iter().map(|id| self.ended_id(id)));
        output.put(&TotalsV7::new(self.ledger, self.opened));
    }

    fn position_v7(&self, position: &PackedPosition) -> PositionV7 {
        PositionV7 {
            position: self.position(position),
            commission: position.commission(),
            funding: position.funding(),
        }
    }

    fn closed_v7(&self, closed: &PackedClosedPosition) -> ClosedV7 {
        ClosedV7 {
            closed: self.closed(closed),
            commission: closed.position.commission(),
            funding: closed.position.funding(),
            liquidation_fee: closed.liquidation_fee,
        }
    }

    fn resting_v9(&self, order: &PackedOrder) -> OrderV9<RestingV5> {
        OrderV9 {
            order: OrderV7 {
                order: self.resting(order),
                trailing_stop_bps: order.trailing_stop_bps(),
                awaits_quote: order.awaits_quote,
            },
            sequence: order.sequence,
        }
    }

    fn ended_v9(&self, ended: &EndedOrder) -> OrderV9<EndedV5> {
        OrderV9 {
            order: OrderV7 {
                order: self.ended(ended),
                trailing_stop_bps: ended.order.trailing_stop_bps(),
                awaits_quote: ended.order.awaits_quote,
            },
            sequence: ended.order.sequence,
        }
    }
}

impl TotalsV7 {
    pub const fn new(ledger: Ledger, opened: u64) -> Self {
        let (fees, insurance) = (ledger.fees, ledger.insurance);
        Self { totals: TotalsV5 { ledger, opened }, fees, insurance }
    }

    pub fn into_totals(self) -> TotalsV5 {
        let Self { mut totals, fees, insurance } = self;
        (totals.ledger.fees, totals.ledger.insurance) = (fees, insurance);
        totals
    }
}

impl HeadV7 {
    pub(super) fn restore(self) -> Result<Exchange, RestoreError> {
        let Self { mut head, stale_mark_ms, mark_deviation_max_bps, instruments } = self;
        if head.instruments.len() != instruments.len() {
            return Err(RestoreError::Impossible("instruments without their costs"));
        }
        head.rules.stale_mark_ms = stale_mark_ms;
        head.rules.mark_deviation_max_bps = mark_deviation_max_bps;
        for (listed, costs) in head.instruments.iter_mut().zip(&instruments) {
            costs.add_to(&mut listed.instrument);
        }
        let mut exchange = head.restore()?;
        let listed = exchange.instruments.all_mut();
        for (listed, costs) in listed.iter_mut().zip(instruments) {
            costs.restore_into(listed)?;
        }
        Ok(exchange)
    }
}

impl CostsV7 {
    fn add_to(&self, instrument: &mut Instrument) {
        let brackets = self.brackets.iter().map(
            |&(notional_cap, max_leverage, maintenance_ppm, maintenance_amount)| Bracket {
                notional_cap,
                max_leverage,
                maintenance_ppm,
                maintenance_amount,
            },
        );
        let funding = self.funding.map(|(source, interval_hours, cap_ppm)| Funding {
            source,
            interval_hours,
            cap_ppm,
        });
        instrument.min_quantity = self.min_quantity;
        instrument.brackets = brackets.collect();
        [instrument.maker_fee_ppm, instrument.taker_fee_ppm, instrument.liquidation_fee_ppm] =
            self.fees_ppm;
        instrument.funding = funding;
        instrument.liquidation_model = self.liquidation_model;
        instrument.trigger_price = self.trigger_price;
        instrument.fill = self.fill;
        instrument.open_interest_cap = self.open_interest_cap;
        instrument.status = self.status;
    }

    fn restore_into(self, listed: &mut Listed) -> Result<(), RestoreError> {
        listed.is_behind = self.is_behind;
        listed.funded_ms = self.funded_ms;
        let mark = self.mark.map(|MarkV7 { tick, index, funding_rate, next_funding_ms }| {
            let tick = tick.try_into()?;
            Ok::<_, RestoreError>(Mark { tick, index, funding_rate, next_funding_ms })
        });
        listed.mark = mark.transpose()?;
        listed.is_plain &= listed.mark.is_none();
        Ok(())
    }
}

impl From<&Listed> for CostsV7 {
    fn from(listed: &Listed) -> Self {
        let instrument = &listed.instrument;
        let brackets = instrument.brackets.iter().map(|bracket| {
            let Bracket { notional_cap, max_leverage, maintenance_ppm, maintenance_amount } =
                *bracket;
            (notional_cap, max_leverage, maintenance_ppm, maintenance_amount)
        });
        let mark = listed.mark.map(|mark| MarkV7 {
            tick: mark.tick.into(),
            index: mark.index,
            funding_rate: mark.funding_rate,
            next_funding_ms: mark.next_funding_ms,
        });
        Self {
            min_quantity: instrument.min_quantity,
            brackets: brackets.collect(),
            fees_ppm: [
                instrument.maker_fee_ppm,
                instrument.taker_fee_ppm,
                instrument.liquidation_fee_ppm,
            ],
            funding: instrument
                .funding
                .map(|funding| (funding.source, funding.interval_hours, funding.cap_ppm)),
            liquidation_model: instrument.liquidation_model,
            trigger_price: instrument.trigger_price,
            fill: instrument.fill,
            open_interest_cap: instrument.open_interest_cap,
            status: instrument.status,
            is_behind: listed.is_behind,
            mark,
            funded_ms: listed.funded_ms,
        }
    }
}
