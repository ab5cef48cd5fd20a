//! Accounts as callers see them.

use crate::part::views;
use messages::{AccountState, BalanceSheet as Valuation};
use price::Usd;

views! {
    /// An account after a change.
    pub struct Account {
        /// Counts the account's changes from 1: what has a lower number is older, and a gap between
        /// two means that one was missed.
        sequence: u64 = "sequence", "2";
        /// Free to trade with; margins of open positions are not in it.
        balance: Usd = "balance", "907.66855735";
        /// Locked as margin in open positions.
        used_margin: Usd = "usedMargin", "92.33144265";
    }

    /// An account valued at the current prices.
    pub struct BalanceSheet {
        /// Free to trade with; margins of open positions are not in it.
        balance: Usd = "balance", "907.66855735";
        /// Locked as margin in open positions.
        used_margin: Usd = "usedMargin", "92.33144265";
        /// What closing all positions now would give beyond their margins; negative for a loss.
        unrealized_pnl: Usd = "unrealizedPnL", "-2.090269";
        /// Balance + used margin + unrealized P&L.
        equity: Usd = "equity", "997.909731";
    }

    /// What closed orders have gained and lost together.
    pub struct RealizedPnl {
        /// The sum of their final P&L; negative for a loss.
        realized_pnl: Usd = "realizedPnL", "-2.090269";
        /// How many orders that is.
        orders: u64 = "orders", "1";
    }
}

impl From<&AccountState> for Account {
    fn from(account: &AccountState) -> Self {
        let AccountState { balance, used_margin, sequence } = *account;
        Self { sequence, balance, used_margin }
    }
}

impl From<&Valuation> for BalanceSheet {
    fn from(sheet: &Valuation) -> Self {
        let Valuation { balance, used_margin, unrealized_pnl, equity } = *sheet;
        Self { balance, used_margin, unrealized_pnl, equity }
    }
}
