//! The fills of a position over its life, from which the figures at its close are computed.

use crate::amount::{ceil_div, floor_div};
use crate::fees::Payout;

/// The sums of the parts opened and closed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Σ quantity opened.
    pub opened_qty: i128,
    /// Σ quantity opened × price.
    opened_value: i128,
    /// Σ quantity closed.
    pub(crate) closed_qty: i128,
    /// Σ quantity closed × price.
    closed_value: i128,
    /// The margins of all parts closed.
    pub margin: i128,
    /// The P&L of all parts closed.
    pub final_pnl: i128,
    /// The loss beyond the margin of all parts closed.
    pub shortfall: i128,
}

impl Life {
    pub fn open(&mut self, qty: i128, price: i128) {
        self.opened_qty += qty;
        self.opened_value += qty * price;
    }

    /// Notes a part that was closed: its quantity and price, and what was paid out.
    pub fn close(&mut self, (qty, price): (i128, i128), payout: &Payout) {
        self.closed_qty += qty;
        self.closed_value += qty * price;
        self.margin += payout.margin;
        self.final_pnl += payout.final_pnl;
        self.shortfall += payout.shortfall;
    }

    /// Σ (quantity opened × price) / Σ quantity, up for a long and down for a short.
    pub fn entry_price(&self, is_long: bool) -> i128 {
        mean(is_long, self.opened_value, self.opened_qty)
    }

    /// Σ (quantity closed × price) / Σ quantity, down for a long and up for a short.
    pub fn close_price(&self, is_long: bool) -> i128 {
        mean(!is_long, self.closed_value, self.closed_qty)
    }
}

fn mean(is_up: bool, value: i128, qty: i128) -> i128 {
    if is_up { ceil_div(value, qty) } else { floor_div(value, qty) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payout(margin: i128, final_pnl: i128, shortfall: i128) -> Payout {
        Payout { margin, final_pnl, shortfall, fee: 0, liquidation_fee: 0 }
    }

    #[test]
    fn figures_are_weighted_by_quantity() {
        // 2 at 100, then 1 at 101; 2 closed at 110, 1 at 105.
        let mut life = Life::default();
        life.open(2, 100);
        life.open(1, 101);
        life.close((2, 110), &payout(20, 18, 0));
        life.close((1, 105), &payout(20, -20, 3));
        assert_eq!((life.entry_price(true), life.entry_price(false)), (101, 100));
        assert_eq!((life.close_price(true), life.close_price(false)), (108, 109));
        assert_eq!((life.margin, life.final_pnl, life.shortfall), (40, -2, 3));
    }

    #[test]
    fn one_fill_each_way_keeps_its_prices() {
        let mut life = Life::default();
        life.open(7, 1_234_567);
        life.close((7, 1_234_001), &payout(9, -5, 0));
        for is_long in [true, false] {
            assert_eq!(
                (life.entry_price(is_long), life.close_price(is_long)),
                (1_234_567, 1_234_001)
            );
        }
    }
}
