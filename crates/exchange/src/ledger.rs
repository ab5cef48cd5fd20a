//! The ledger: the totals that account for every unit of money.

use price::Usd;
use serde::{Deserialize, Serialize};

/// Totals over all accounts, updated with every movement of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Σ deposits, less the money that operators took out.
    pub deposits: Usd,
    /// Σ balances: free to trade with.
    pub balances: Usd,
    /// Σ margins of open positions.
    pub locked: Usd,
    /// Σ money reserved for resting orders.
    #[serde(default, skip_serializing_if = "Usd::is_zero")]
    pub reserved: Usd,
    /// The house's gain from the traders (negative for a loss).
    pub house: Usd,
    /// Σ losses beyond margins after price gaps, which no trader paid: part of the house's result.
    pub shortfall: Usd,
}

impl Ledger {
    /// The difference between the sum of the ledger and the deposits. Anything but zero is a bug.
    pub fn difference(&self) -> Usd {
        let total = add(add(add(self.balances, self.locked), self.reserved), self.house);
        sub(total, self.deposits)
    }

    /// Books a deposit, or a withdrawal if `amount` is negative.
    pub(crate) fn deposit(&mut self, amount: Usd) {
        self.deposits = add(self.deposits, amount);
        self.balances = add(self.balances, amount);
    }

    pub(crate) fn lock(&mut self, margin: Usd) {
        self.balances = sub(self.balances, margin);
        self.locked = add(self.locked, margin);
    }

    /// Moves money from the balances to the reserve, or back if `amount` is negative.
    pub(crate) fn reserve(&mut self, amount: Usd) {
        self.balances = sub(self.balances, amount);
        self.reserved = add(self.reserved, amount);
    }

    pub(crate) fn settle(&mut self, margin: Usd, final_pnl: Usd, shortfall: Usd) {
        self.locked = sub(self.locked, margin);
        self.balances = add(self.balances, add(margin, final_pnl));
        self.house = sub(self.house, final_pnl);
        self.shortfall = add(self.shortfall, shortfall);
    }
}

/// Adds amounts that each fit in 64 bits: the sum of 2^63 of them fits in an `i128`.
pub fn add(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).expect("sums of 64-bit amounts fit in 128 bits")
}

/// Subtracts such amounts.
pub fn sub(a: Usd, b: Usd) -> Usd {
    a.checked_sub(b).expect("differences of 64-bit amounts fit in 128 bits")
}
