//! The books: where every unit of money is.

use price::Usd;
use serde::{Deserialize, Serialize};

/// Totals over all accounts, kept up with every movement of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// All that was ever paid in, less what operators took out.
    pub deposits: Usd,
    /// Σ balances: free to trade with.
    pub balances: Usd,
    /// Σ margins of open positions.
    pub locked: Usd,
    /// What the house has won from the traders (negative: lost to them).
    pub house: Usd,
    /// Σ of what gaps took beyond margins: the part of the house's result that nobody could pay.
    pub shortfall: Usd,
}

impl Ledger {
    /// What is in the books beyond what was paid in. Anything but zero is a bug.
    pub fn difference(&self) -> Usd {
        let total = add(add(self.balances, self.locked), self.house);
        sub(total, self.deposits)
    }

    /// Below zero, a withdrawal.
    pub(crate) fn deposit(&mut self, amount: Usd) {
        self.deposits = add(self.deposits, amount);
        self.balances = add(self.balances, amount);
    }

    pub(crate) fn lock(&mut self, margin: Usd) {
        self.balances = sub(self.balances, margin);
        self.locked = add(self.locked, margin);
    }

    pub(crate) fn settle(&mut self, margin: Usd, final_pnl: Usd, shortfall: Usd) {
        self.locked = sub(self.locked, margin);
        self.balances = add(self.balances, add(margin, final_pnl));
        self.house = sub(self.house, final_pnl);
        self.shortfall = add(self.shortfall, shortfall);
    }
}

/// Sums of amounts that each fit in 64 bits: 2^63 of them fit in an `i128`.
pub fn add(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).expect("sums of 64-bit amounts fit in 128 bits")
}

/// The same for differences.
pub fn sub(a: Usd, b: Usd) -> Usd {
    a.checked_sub(b).expect("differences of 64-bit amounts fit in 128 bits")
}
