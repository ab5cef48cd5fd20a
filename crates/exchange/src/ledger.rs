//! The ledger: the totals that account for every unit of money.

use crate::position::{ClosedPart, Costs};
use price::{OutOfRange, Usd};
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
    /// Σ fees of fills.
    #[serde(default, skip_serializing_if = "Usd::is_zero")]
    pub fees: Usd,
    /// The insurance fund: Σ liquidation fees, less the shortfalls that it has borne.
    #[serde(default, skip_serializing_if = "Usd::is_zero")]
    pub insurance: Usd,
    /// Σ losses beyond margins after price gaps, which no trader paid: the insurance fund bears them,
    /// and the house what exceeds the fund.
    pub shortfall: Usd,
}

impl Ledger {
    /// Adds another ledger to this one: that of other accounts.
    ///
    /// # Errors
    /// When a sum is out of range.
    pub fn checked_add(&self, other: &Self) -> Result<Self, OutOfRange> {
        let sum = |of: fn(&Self) -> Usd| of(self).checked_add(of(other));
        Ok(Self {
            deposits: sum(|ledger| ledger.deposits)?,
            balances: sum(|ledger| ledger.balances)?,
            locked: sum(|ledger| ledger.locked)?,
            reserved: sum(|ledger| ledger.reserved)?,
            house: sum(|ledger| ledger.house)?,
            fees: sum(|ledger| ledger.fees)?,
            insurance: sum(|ledger| ledger.insurance)?,
            shortfall: sum(|ledger| ledger.shortfall)?,
        })
    }

    /// The difference between the sum of the ledger and the deposits. Anything but zero is a bug.
    pub fn difference(&self) -> Usd {
        let Self { balances, locked, reserved, house, fees, insurance, .. } = *self;
        let total = [balances, locked, reserved, house, fees, insurance].into_iter();
        sub(total.fold(Usd::ZERO, add), self.deposits)
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

    pub(crate) fn charge(&mut self, fee: Usd) {
        self.balances = sub(self.balances, fee);
        self.fees = add(self.fees, fee);
    }

    pub(crate) fn settle(&mut self, part: &ClosedPart) {
        self.locked = sub(self.locked, part.margin);
        self.balances = add(self.balances, part.payout());
        self.house = sub(self.house, part.final_pnl);
        if part.costs != Costs::default() {
            self.fees = add(self.fees, part.costs.fee);
            self.insurance = add(self.insurance, part.costs.liquidation_fee);
        }
        if part.shortfall.is_positive() {
            let covered = self.insurance.min(part.shortfall);
            self.insurance = sub(self.insurance, covered);
            self.house = add(self.house, covered);
            self.shortfall = add(self.shortfall, part.shortfall);
        }
    }

    /// Books a funding that an account receives, or pays if `to_balance` or `to_margin` is negative.
    pub(crate) fn fund(&mut self, to_balance: Usd, to_margin: Usd) {
        self.balances = add(self.balances, to_balance);
        self.locked = add(self.locked, to_margin);
        self.house = sub(self.house, add(to_balance, to_margin));
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
