//! The growth of an account, whatever money came in or went out.

use price::{OutOfRange, Rate, SCALE, Usd};

/// The growth of an account that is worth what it was worth at first.
const WHOLE: i128 = 10_i128.pow(12);

/// The largest growth that is told apart, a millionfold.
const GROWTH_MAX: i128 = WHOLE * 1_000_000;

/// A change of what an account is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The account is worth this much by what it holds.
    Equity(Usd),
    /// Money came in, or went out if it is negative.
    Flow(Usd),
    /// All was closed, and the balance replaced.
    Reset {
        /// The balance after the close.
        previous: Usd,
        /// The balance that replaced it.
        balance: Usd,
    },
}

/// A factor at scale 10^12, from 0 to [`GROWTH_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Growth(i128);

/// The worth of an account, and its growth since the beginning of a period.
#[derive(Clone, Debug)]
pub struct Curve {
    equity: Usd,
    began_with: Usd,
    net_flows: Usd,
    /// The worth of the account after the last flow, and its growth until then.
    base: (Usd, Growth),
    growth: Growth,
    peak: Growth,
    max_drawdown: Rate,
}

impl Growth {
    /// Returns the growth from an earlier one to this, less 1, rounded down. Nothing grows from zero.
    pub fn since(self, earlier: Self) -> Rate {
        let factor = (self.0 * SCALE).checked_div_euclid(earlier.0).unwrap_or(SCALE);
        Rate::from_scaled(factor - SCALE)
    }

    /// Returns the part of a peak that is lost, rounded to the nearest.
    fn below(self, peak: Self) -> Rate {
        let kept = (self.0 * SCALE + peak.0 / 2).checked_div_euclid(peak.0).unwrap_or(SCALE);
        Rate::from_scaled(SCALE - kept)
    }
}

impl Curve {
    /// Begins a curve with what an account is worth. An account that is about to be opened is worth
    /// nothing.
    pub const fn new(equity: Usd) -> Self {
        let growth = Growth(WHOLE);
        Self {
            equity,
            began_with: equity,
            net_flows: Usd::from_scaled(0),
            base: (equity, growth),
            growth,
            peak: growth,
            max_drawdown: Rate::from_scaled(0),
        }
    }

    /// Applies the next change.
    ///
    /// # Errors
    /// When an amount is out of range.
    pub fn apply(&mut self, change: Change) -> Result<(), OutOfRange> {
        match change {
            Change::Equity(equity) => self.value(equity),
            Change::Flow(amount) => self.flow(amount),
            Change::Reset { previous, balance } => {
                self.value(previous)?;
                self.flow(balance.checked_sub(previous)?)
            }
        }
    }

    fn value(&mut self, equity: Usd) -> Result<(), OutOfRange> {
        let (base, growth) = self.base;
        self.equity = equity;
        if base.is_positive() {
            let worth = equity.scaled().max(0);
            let grown = growth.0.checked_mul(worth).ok_or(OutOfRange)? / base.scaled();
            self.growth = Growth(grown.min(GROWTH_MAX));
        }
        self.peak = self.peak.max(self.growth);
        self.max_drawdown = self.max_drawdown.max(self.drawdown());
        Ok(())
    }

    fn flow(&mut self, amount: Usd) -> Result<(), OutOfRange> {
        self.equity = self.equity.checked_add(amount)?;
        self.net_flows = self.net_flows.checked_add(amount)?;
        self.base = (self.equity, self.growth);
        Ok(())
    }

    /// The worth of the account.
    pub const fn equity(&self) -> Usd {
        self.equity
    }

    /// The growth since the beginning.
    pub const fn growth(&self) -> Growth {
        self.growth
    }

    /// The return since the beginning.
    pub fn total_return(&self) -> Rate {
        self.growth.since(Growth(WHOLE))
    }

    /// The part of the highest growth that is lost.
    pub fn drawdown(&self) -> Rate {
        self.growth.below(self.peak)
    }

    /// The largest drawdown there was.
    pub const fn max_drawdown(&self) -> Rate {
        self.max_drawdown
    }

    /// The money that came in since the beginning, less what went out.
    pub const fn net_flows(&self) -> Usd {
        self.net_flows
    }

    /// The P&L since the beginning: the growth of the worth, without the flows.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn pnl(&self) -> Result<Usd, OutOfRange> {
        self.equity.checked_sub(self.began_with)?.checked_sub(self.net_flows)
    }
}
