//! The parts of positions that are closed, and what they pay out.

use crate::exchange::Exchange;
use crate::fill::less;
use crate::ledger::sub;
use crate::position::{ClosedPart, Costs};
use crate::slab::Slot;
use crate::valuation;
use messages::{FillRole, LiquidationModel};
use price::{Price, Qty, Rounding, Usd};

impl Exchange {
    /// Takes a quantity that was closed from the open interest, and gives what stays of the position
    /// the liquidation price by its quantity, where that depends on it.
    pub(crate) fn reduce_interest(&mut self, slot: Slot, qty: Qty) {
        let position = self.book.get(slot);
        let (instrument, side, terms) = (position.instrument, position.side, position.terms());
        let listed = self.instruments.get_mut(instrument);
        listed.add_interest(side, less(Qty::ZERO, qty));
        if listed.instrument.liquidation_model == LiquidationModel::MarginLoss {
            return;
        }
        let held = (terms.entry_price, terms.margin, terms.qty);
        let mut changed = position.clone();
        if changed.set_held(&listed.instrument, held).is_ok() {
            self.book.replace(slot, changed);
        }
    }

    /// Adds the fee of a liquidation to the costs of a close.
    pub(crate) fn charge_liquidation(&self, slot: Slot, part: &mut ClosedPart) {
        let position = self.book.get(slot);
        let ppm = self.instruments.get(position.instrument).instrument.liquidation_fee_ppm;
        let left = part.payout();
        let fee = valuation::fee(part.qty, part.price, ppm);
        part.costs.liquidation_fee = fee.map_or(left, |fee| fee.min(left));
    }

    /// The result of closing a quantity of a position. The margin of a part is rounded down, so
    /// that what stays is never less than the leverage asks for. The fee is taken from what is paid
    /// out, as far as that goes.
    pub(crate) fn closed_part(
        &self,
        slot: Slot,
        qty: Qty,
        (price, role): (Price, FillRole),
    ) -> ClosedPart {
        let position = self.book.get(slot);
        let (whole, margin) = (position.qty(), position.margin());
        let margin = if qty == whole {
            margin
        } else {
            let portion = margin.portion(qty, whole, Rounding::Floor);
            portion.expect("a part of an amount of 64 bits fits")
        };
        let pnl = valuation::pnl(position.side, qty, position.entry_price(), price);
        let final_pnl = pnl.max(sub(Usd::ZERO, margin));
        let shortfall = sub(final_pnl, pnl);
        let costs = Costs::default();
        let mut part = ClosedPart { qty, price, margin, final_pnl, shortfall, costs };
        let ppm = self.instruments.get(position.instrument).instrument.fee_ppm(role);
        if ppm > 0 {
            let left = part.payout();
            part.costs.fee = valuation::fee(qty, price, ppm).map_or(left, |fee| fee.min(left));
        }
        part
    }
}
