//! Fees, and who gets what when a position is closed, whole or in part.

use crate::amount::{SCALE, ceil_mul_div};
use crate::instrument::{Instrument, MILLION};
use crate::model::Model;
use crate::position::{Position, released_margin};
use crate::symbol::Symbol;

/// ⌈quantity × price × rate⌉, with the rate in parts per million.
fn fee(qty: i128, price: i128, rate_ppm: i128) -> i128 {
    ceil_mul_div(qty * price, rate_ppm, SCALE * MILLION)
}

/// The amounts of a close.
#[derive(Clone, Copy)]
pub struct Payout {
    /// The margin that is released.
    pub margin: i128,
    /// The P&L, never below −margin.
    pub final_pnl: i128,
    /// The loss beyond the margin.
    pub shortfall: i128,
    /// The fee of the fill, as far as there is money left.
    pub fee: i128,
    /// The fee of a liquidation, as far as there is money left then.
    pub liquidation_fee: i128,
}

impl Payout {
    /// The amount that the owner gets.
    pub const fn due(&self) -> i128 {
        self.margin + self.final_pnl - self.fee - self.liquidation_fee
    }
}

impl Instrument {
    /// The fee of a fill that is made as `MAKER` or as `TAKER`.
    pub(crate) fn fee(&self, role: &str, qty: i128, price: i128) -> i128 {
        let rate_ppm = if role == "MAKER" { self.maker_fee_ppm } else { self.taker_fee_ppm };
        fee(qty, price, rate_ppm)
    }
}

impl Model {
    /// The fee of a fill in an instrument.
    pub(crate) fn fee(&self, asset: Symbol, role: &str, qty: i128, price: i128) -> i128 {
        self.instruments[&asset].fee(role, qty, price)
    }

    /// The amounts of closing a quantity of a position at a price.
    pub(crate) fn payout(
        &self,
        position: &Position,
        qty: i128,
        (price, role): (i128, &str),
        is_liquidation: bool,
    ) -> Payout {
        let instrument = &self.instruments[&position.asset];
        let margin = released_margin(position.margin, qty, position.qty);
        let pnl = position.pnl_of(qty, price);
        let final_pnl = pnl.max(-margin);
        let mut left = margin + final_pnl;
        let taken = instrument.fee(role, qty, price).min(left);
        left -= taken;
        let rate_ppm = if is_liquidation { instrument.liquidation_fee_ppm } else { 0 };
        let liquidation_fee = fee(qty, price, rate_ppm).min(left);
        Payout { margin, final_pnl, shortfall: final_pnl - pnl, fee: taken, liquidation_fee }
    }

    /// Pays a close out: to the owner, to the ledger's fees and to the insurance fund. The house has
    /// the other side of the P&L, and the insurance fund makes good what it lacks, as far as it goes.
    pub(crate) fn pay(&mut self, user_id: &str, payout: &Payout) {
        let account = self.accounts.get_mut(user_id).expect("positions have owners");
        account.balance += payout.due();
        account.used_margin -= payout.margin;
        self.house -= payout.final_pnl;
        self.fees += payout.fee;
        self.insurance += payout.liquidation_fee;
        self.shortfall += payout.shortfall;
        let cover = self.insurance.min(payout.shortfall);
        self.insurance -= cover;
        self.house += cover;
    }
}
