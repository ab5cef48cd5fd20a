//! Liquidation prices, by the share of its margin that a position may lose or by its maintenance
//! margin, and their change with the instrument.

use crate::account::Event;
use crate::amount::{SCALE, ceil_div, ceil_mul_div, fits, floor_div, floor_mul_div};
use crate::entry::Id;
use crate::instrument::{Bracket, Instrument, MILLION};
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::{self, Position};
use crate::symbol::Symbol;

impl Bracket {
    /// The price p at which margin + P&L are as much as the maintenance margin of this bracket:
    /// margin + qty × (p − entry price) = qty × p × rate − amount for a long, with the P&L of a short
    /// for a short. That is
    /// ⌈(qty × entry price − margin − amount) / (qty × (1 − rate))⌉ for a long,
    /// ⌊(qty × entry price + margin + amount) / (qty × (1 + rate))⌋ for a short.
    fn liquidation_price(
        &self,
        is_long: bool,
        entry_price: i128,
        (margin, qty): (i128, i128),
    ) -> i128 {
        let held = (margin + self.maintenance_amount) * SCALE;
        // The value is divided by the quantity first, and then by the millionths of the price.
        if is_long {
            let value = qty * entry_price - held;
            ceil_div(ceil_mul_div(value, MILLION, qty), MILLION - self.maintenance_ppm)
        } else {
            // What does not fit is out of range, whatever it is.
            let value = (qty * entry_price).saturating_add(held);
            floor_div(floor_mul_div(value, MILLION, qty), MILLION + self.maintenance_ppm)
        }
    }
}

impl Instrument {
    /// The liquidation price of a position by the margin that it has. By maintenance, it is that of
    /// the bracket that is reached first.
    pub(crate) fn liquidation_price(
        &self,
        is_long: bool,
        entry_price: i128,
        held: (i128, i128),
    ) -> i128 {
        if !self.is_maintained() {
            let loss_bps = self.liquidation_loss_bps;
            return position::liquidation_price_by_margin(is_long, entry_price, held, loss_bps);
        }
        let brackets = self.brackets.iter();
        let prices = brackets.map(|bracket| bracket.liquidation_price(is_long, entry_price, held));
        let first = if is_long { prices.max() } else { prices.min() };
        let price = first.expect("a model of maintenance has brackets");
        if is_long { price.max(0) } else { price }
    }

    /// The liquidation price of a position when it is opened.
    pub(crate) fn first_liquidation_price(
        &self,
        is_long: bool,
        (qty, entry_price): (i128, i128),
        leverage: i128,
    ) -> i128 {
        if self.is_maintained() {
            let margin = position::margin(qty, entry_price, leverage);
            return self.liquidation_price(is_long, entry_price, (margin, qty));
        }
        position::liquidation_price(is_long, entry_price, leverage, self.liquidation_loss_bps)
    }
}

impl Position {
    /// Lets the liquidation price follow the margin held.
    pub(crate) fn set_liquidation_price(&mut self, instrument: &Instrument) {
        let held = (self.margin, self.qty);
        self.liquidation_price = instrument.liquidation_price(self.is_long, self.entry_price, held);
    }
}

impl Model {
    pub(crate) fn set_instrument(
        &mut self,
        now: Id,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let asset = payload.symbol("symbol")?;
        let instrument = Instrument::read(payload)?;
        let earlier = self.instruments.insert(asset, instrument.clone());
        let moves = earlier.is_some_and(|earlier| {
            let is_other = earlier.liquidation_model != instrument.liquidation_model
                || earlier.brackets != instrument.brackets;
            is_other && (earlier.is_maintained() || instrument.is_maintained())
        });
        let mut events = Vec::new();
        if moves {
            self.move_liquidations(asset, &instrument, &mut events);
            if self.may_fill(asset, now, clock_ms) {
                events.extend(self.serve(asset, now, clock_ms));
            }
        }
        Ok(Outcome { verdict: Verdict::Done, events })
    }

    /// Lets the liquidation prices of an instrument follow its parameters, the older positions first.
    fn move_liquidations(
        &mut self,
        asset: Symbol,
        instrument: &Instrument,
        events: &mut Vec<Event>,
    ) {
        let positions: Vec<_> =
            self.open.values().filter(|position| position.asset == asset).cloned().collect();
        for position in positions {
            let mut moved = position.clone();
            moved.set_liquidation_price(instrument);
            if moved != position && fits(moved.liquidation_price) {
                events.push(self.put_margin(moved, "INSTRUMENT", None));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::LiquidationModel;

    const LARGEST: i128 = i64::MAX as i128;

    fn instrument() -> Instrument {
        let bracket = |notional_cap, maintenance_ppm, maintenance_amount| Bracket {
            notional_cap,
            max_leverage: 1,
            maintenance_ppm,
            maintenance_amount,
        };
        let brackets =
            vec![bracket(1_000 * SCALE, 10_000, 0), bracket(LARGEST, 20_000, 10 * SCALE)];
        let liquidation_model = LiquidationModel::Maintenance;
        Instrument { brackets, liquidation_model, ..Instrument::default() }
    }

    #[test]
    fn the_margin_is_the_maintenance_margin_at_the_liquidation_price() {
        let it = instrument();
        // 1 at 100 with 10: 90 / 0.99 = 90.909…, 110 / 1.01 = 108.9108910891…
        let held = (10 * SCALE, SCALE);
        assert_eq!(it.liquidation_price(true, 100 * SCALE, held), 9_090_909_091);
        assert_eq!(it.liquidation_price(false, 100 * SCALE, held), 10_891_089_108);
        // 100 at 100 with 1,000: (9,000 − 10) / 98 = 91.734…, (11,000 + 10) / 102 = 107.941176…
        let held = (1_000 * SCALE, 100 * SCALE);
        assert_eq!(it.liquidation_price(true, 100 * SCALE, held), 9_173_469_388);
        assert_eq!(it.liquidation_price(false, 100 * SCALE, held), 10_794_117_647);
        // All of the price is held, and more.
        assert_eq!(it.liquidation_price(true, 100 * SCALE, (300 * SCALE, SCALE)), 0);
    }

    #[test]
    fn the_largest_amounts_can_be_computed_with() {
        let it = instrument();
        assert_eq!(
            it.liquidation_price(true, LARGEST, (LARGEST, LARGEST)),
            9_411_604_119_137_526_334
        );
        let short = it.liquidation_price(false, LARGEST, (LARGEST, LARGEST));
        assert_eq!(short, 9_042_521_604_857_623_340);
        let margin = position::margin(LARGEST, LARGEST, 1);
        assert!(!fits(it.liquidation_price(false, LARGEST, (margin, LARGEST))));
        assert!(!fits(it.liquidation_price(false, LARGEST, (LARGEST, 1))));
    }
}
